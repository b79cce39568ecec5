"""The quick slice: some thousand sequences, the same ones on every run. Many more: `python -m tests.fuzz --sequences 100000 --seed 1`."""

from collections import Counter

import pytest

from fuzz.comparing import Runner, differences, drawn, installed
from fuzz.mutants import MUTANTS
from respstart.hooks import guard

SLICE = range(3000)


def test_nobody_can_tell_that_respstart_is_there():
    counts = Counter()
    found = differences(SLICE, counts)
    assert not found, "\n\n".join(map(str, found[:3]))
    assert counts["findings"] > len(SLICE) / 10  # else the sequences were too tame to prove anything


@pytest.fixture(scope="module")
def bare():
    """What is seen of the first sequences of each protocol without any respstart."""
    runner = Runner()
    seen = {protocol: [(plan, runner.run(protocol, plan, lambda app: app)) for _, protocol, plan in drawn(SLICE, [protocol])] for protocol in ("wsgi", "asgi")}
    yield runner, seen
    runner.close()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.protocol} {mutant.name}")
def test_a_planted_fault_is_seen(bare, mutant):
    runner, seen = bare
    traced = mutant.traced()
    with installed(Counter()):
        # The first difference will do; a mutant that is seen by none of the sequences shows what the fuzzer is blind to.
        assert any(runner.watched(mutant.protocol, plan, traced) != expected for plan, expected in seen[mutant.protocol])
    guard.faults.clear()
