"""A note (PEP 678) on the victim's own exception: every traceback printer then names the first writer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from respstart.reporters.escape import clean

if TYPE_CHECKING:
    from respstart.model import Defect, Evidence, Finding

_MARK = "respstart: "
_FAMILY_LIMIT = 32


class Note(str):
    """The text of a note, which knows its finding.

    A pickled note is plain text: whoever reads the exception in another process needs no respstart for it.
    """

    __slots__ = ("finding",)

    finding: Finding

    def __new__(cls, finding: Finding) -> Self:
        note = super().__new__(cls, "\n".join(_lines(finding)))
        note.finding = finding
        return note

    def __reduce__(self) -> tuple[Callable[[str], str], tuple[str]]:
        return str, (str(self),)


class Notes:
    """Adds one note of three lines, once to an exception."""

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Note who started the response."""
        if evidence.exception is not None:
            with suppress(Exception):  # a frozen dataclass takes no notes
                _note(evidence.exception, finding)

    def repeat(self, defect: Defect, evidence: Evidence) -> bool:  # noqa: ARG002 the signature of a reporter
        """Whether there is no exception to put a note on."""
        return evidence.exception is None

    def close(self) -> None:
        """Nothing is held."""


def noted_finding(exception: BaseException) -> Finding | None:
    """The finding in which an exception took part: by itself, by what it was raised from, or by a member of its group.

    What was merely being handled when it was raised does not count: a failure of the handler is a story of its own.
    """
    family = [exception]
    for error in family:
        for note in getattr(error, "__notes__", None) or ():
            if isinstance(note, Note):
                return note.finding
        relatives = (error.__cause__, *(error.exceptions if isinstance(error, BaseExceptionGroup) else ()))
        family += (other for other in relatives if other is not None and len(family) < _FAMILY_LIMIT)
    return None


def _note(exception: BaseException, finding: Finding) -> None:
    notes = getattr(exception, "__notes__", [])
    known = next((note for note in notes if isinstance(note, str) and note.startswith(_MARK)), None)
    if known is None:
        exception.add_note(Note(finding))
    elif isinstance(known, Note) and known.finding.request.id != finding.request.id:
        # One object that is raised again and again must not name the first writer of an earlier request.
        notes[notes.index(known)] = Note(finding)


def _lines(finding: Finding) -> tuple[str, ...]:
    writer = finding.first_writer
    starter = f"{writer.file}:{writer.line} in {writer.function}" if writer.file else f"nobody that could be named ({writer.reason})"
    return (
        clean(f"{_MARK}the response was started by {starter}"),
        clean(f"  {finding.rule} {finding.name}: {finding.message}"),
        f"  respstart explain {finding.rule}",
    )
