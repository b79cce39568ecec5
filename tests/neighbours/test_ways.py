import pytest

from neighbours.ways import PROGRAMS, WAYS, missing, problem_of, problem_of_program


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_server_and_its_workers(way):
    if missing(way.server.needs):
        pytest.skip(f"{', '.join(missing(way.server.needs))} is not installed")
    assert problem_of(way) is None


@pytest.mark.parametrize(("options", "way", "needs"), PROGRAMS, ids=lambda value: " ".join(value) if isinstance(value, tuple) else value)
def test_a_process_or_loop(options, way, needs):
    if missing(needs):
        pytest.skip(f"{', '.join(needs)} is not installed")
    assert problem_of_program(options, way) is None
