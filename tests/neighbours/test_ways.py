"""Every program, and those servers that no how-to of the documentation runs; all of them: `python -m tests.neighbours`."""

import pytest

from neighbours.ways import PROGRAMS, WAYS, problem_of, problem_of_program

pytestmark = pytest.mark.once

SERVERS = {"gunicorn -k gevent", "gunicorn -k eventlet", "gunicorn --max-requests 1", "hypercorn -k trio", "uvicorn --loop uvloop"}


@pytest.mark.parametrize("way", [way for way in WAYS if way.name in SERVERS], ids=lambda way: way.name)
def test_a_server_and_its_workers(way):
    if way.server.missing():
        pytest.skip(f"{', '.join(way.server.missing())} is not installed")
    assert problem_of(way) is None


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: " ".join([program.name, *program.options]))
def test_a_process_or_loop(program):
    if program.missing():
        pytest.skip(f"{', '.join(program.missing())} is not installed")
    assert problem_of_program(program) is None
