"""A note (PEP 678) on the victim's own exception: every traceback printer then names the first writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from respstart.reporters.escape import clean

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding

_MARK = "respstart: "


class Notes:
    """Adds one note of three lines, once to an exception."""

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Note who started the response."""
        exception = evidence.exception
        if exception is not None and not _is_noted(exception):
            exception.add_note("\n".join(_lines(finding)))

    def close(self) -> None:
        """Nothing is held."""


def _is_noted(exception: BaseException) -> bool:
    notes = getattr(exception, "__notes__", ())
    return any(isinstance(note, str) and note.startswith(_MARK) for note in notes)


def _lines(finding: Finding) -> tuple[str, ...]:
    writer = finding.first_writer
    starter = f"{writer.file}:{writer.line} in {writer.function}" if writer.file else f"nobody that could be named ({writer.reason})"
    return (
        clean(f"{_MARK}the response was started by {starter}"),
        clean(f"  {finding.rule} {finding.name}: {finding.message}"),
        f"  respstart explain {finding.rule}",
    )
