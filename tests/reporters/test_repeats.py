from __future__ import annotations

import threading

from reporters.kept import Kept
from respstart.model import Defect
from respstart.reporters.repeats import Repeats


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_first_in_full_then_one_each_interval_with_a_count(make_finding, evidence):
    memory, clock = Kept(), Clock()
    repeats = Repeats(memory, 60, clock)
    for now in (100, 100, 159.9, 160, 161, 219.9, 220, 500):
        clock.now = now
        repeats.report(make_finding(), evidence)
    assert [finding.seen for finding in memory.findings] == [1, 4, 7, 8]


def test_fingerprints_are_counted_apart(make_finding, evidence):
    memory = Kept()
    repeats = Repeats(memory, 60, Clock())
    for fingerprint in ("a", "b", "a", "b", "c"):
        repeats.report(make_finding(fingerprint=fingerprint), evidence)
    assert [(finding.fingerprint, finding.seen) for finding in memory.findings] == [("a", 1), ("b", 1), ("c", 1)]


def test_zero_seconds_reports_every_one(make_finding, evidence):
    memory = Kept()
    repeats = Repeats(memory, 0, Clock())
    for _ in range(3):
        repeats.report(make_finding(), evidence)
    assert [finding.seen for finding in memory.findings] == [1, 2, 3]


def test_the_table_is_bounded_and_forgets_the_least_recently_seen(make_finding, evidence):
    memory = Kept()
    repeats = Repeats(memory, 60, Clock())
    for number in range(1024):
        repeats.report(make_finding(fingerprint=f"{number}"), evidence)
    repeats.report(make_finding(fingerprint="0"), evidence)
    repeats.report(make_finding(fingerprint="new"), evidence)
    memory.findings.clear()
    for fingerprint in ("0", "new", "1"):
        repeats.report(make_finding(fingerprint=fingerprint), evidence)
    assert [(finding.fingerprint, finding.seen) for finding in memory.findings] == [("1", 1)]
    assert len(repeats._table) == 1024


def test_threads_get_one_first_report(make_finding, evidence):
    memory, finding, together = Kept(), make_finding(), threading.Barrier(8)
    repeats = Repeats(memory, 60, Clock())

    def work():
        together.wait()
        for _ in range(200):
            repeats.report(finding, evidence)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found.seen for found in memory.findings] == [1]
    assert next(repeats._table[finding.fingerprint].counter) == 1601


def test_closes_its_reporter():
    class Closing(Kept):
        closed = False

        def close(self):
            self.closed = True

    reporter = Closing()
    Repeats(reporter, 60).close()
    assert reporter.closed


def test_what_was_only_counted_is_in_the_number(make_finding, evidence):
    memory, clock = Kept(), Clock()
    repeats = Repeats(memory, 60, clock)
    defect = Defect("RS101", "lost", make_finding().fingerprint)
    assert not repeats.repeat(defect, evidence), "it has never been reported here"
    repeats.report(make_finding(), evidence)
    assert [repeats.repeat(defect, evidence) for _ in range(3)] == [True] * 3
    clock.now = 160
    assert not repeats.repeat(defect, evidence), "it is due"
    repeats.report(make_finding(), evidence)
    assert [finding.seen for finding in memory.findings] == [1, 5]
