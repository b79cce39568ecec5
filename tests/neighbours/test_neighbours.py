"""Each neighbour in both orders, and whoever came first goes first; every order of going: `python -m tests.neighbours`."""

import pytest

from neighbours.running import problem, version
from neighbours.table import NEIGHBOURS, ORDERS

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("order", "undo"), list(zip(ORDERS, ("neighbour", "respstart"), strict=True)))
@pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=lambda neighbour: neighbour.name)
def test_both_do_their_work_and_both_can_go(neighbour, order, undo):
    if version(neighbour) is None:
        pytest.skip(f"{neighbour.distribution} is not installed")
    assert problem(neighbour, order, undo) is None
