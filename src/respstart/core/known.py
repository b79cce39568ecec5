"""Defects that were diagnosed before: a late mutation with the same evidence is recognised, and need not be diagnosed once more."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import CodeType
from typing import Any

from respstart.core.attribution import functions_of
from respstart.core.record import Clues, LateMutation
from respstart.core.stack import EMPTY, Snapshot
from respstart.model import Defect, Finding

_TABLE_SIZE = 1024

Signature = tuple[Any, ...]  # everything that the rule and the writers of a finding depend on, code objects by their id


@dataclass(frozen=True, slots=True)
class _Entry:
    defect: Defect | None  # None of what is no finding, or is not wanted
    codes: tuple[CodeType, ...]  # kept alive, so that no other code gets their ids


class Known:
    """The latest defects by their signature.

    No lock: each step on the table is atomic, and two threads at the same instant can at worst diagnose one finding too often.
    """

    def __init__(self) -> None:
        self._table: OrderedDict[Signature, _Entry] = OrderedDict()

    def find(self, signature: Signature) -> tuple[bool, Defect | None]:
        """Whether this was seen before, and what it was: None of what is not told."""
        entry = self._table.get(signature)
        return entry is not None, entry.defect if entry is not None else None

    def remember(self, signature: Signature, mutation: LateMutation, finding: Finding | None) -> None:
        """Know it from now on; with no finding as what is not told."""
        if len(self._table) >= _TABLE_SIZE:
            with suppress(KeyError):  # other threads have emptied it
                self._table.popitem(last=False)
        defect = None if finding is None else Defect(finding.rule, finding.outcome, finding.fingerprint)
        self._table[signature] = _Entry(defect, tuple(_codes(mutation)))


def signature_of(mutation: LateMutation) -> Signature:
    """What a late mutation is recognised by. To be asked before it is diagnosed, which may find out more."""
    start = mutation.record.start
    return (
        mutation.operation, mutation.subject, mutation.hint, mutation.outcome, mutation.wants, mutation.handler, mutation.in_background,
        tuple([(id(line.code), line.lineno) for line in mutation.lines]),
        *_by_id(start),
        *_by_id(mutation.clues),
    )  # fmt: skip


def _by_id(clues: Clues | None) -> Iterator[Any]:
    if clues is None:
        yield None
        return
    for snapshot in _snapshots(clues):
        yield tuple([part if type(part) is int else id(part) for part in snapshot])
    yield clues.resent, tuple(map(id, functions_of(clues.endpoint)))


def _codes(mutation: LateMutation) -> Iterator[CodeType]:
    start = mutation.record.start
    yield from (line.code for line in mutation.lines)
    for clues in (start, mutation.clues):
        if clues is not None:
            for snapshot in _snapshots(clues):
                yield from (part for part in snapshot if isinstance(part, CodeType))
            yield from functions_of(clues.endpoint)


def _snapshots(clues: Clues) -> tuple[Snapshot, ...]:
    return clues.made, clues.built, clues.raised, clues.yielded, clues.returned or EMPTY
