from __future__ import annotations

import gc
import weakref

from respstart.model import Evidence
from respstart.reporters.memory import Memory


def test_keeps_findings_in_order(make_finding, evidence):
    memory = Memory()
    for number in (1, 2):
        memory.report(make_finding(seen=number), evidence)
    assert [finding.seen for finding in memory.findings] == [1, 2]
    memory.close()
    assert len(memory.findings) == 2
    memory.clear()
    assert memory.findings == ()


def test_is_bounded(make_finding, evidence):
    memory = Memory(limit=3)
    for number in range(10):
        memory.report(make_finding(seen=number), evidence)
    assert [finding.seen for finding in memory.findings] == [7, 8, 9]


def test_keeps_nothing_of_the_evidence(make_finding):
    class Victim(Exception):
        pass

    error, memory = Victim(), Memory()
    memory.report(make_finding(), Evidence(exception=error))
    gone = weakref.ref(error)
    del error
    gc.collect()
    assert gone() is None
