"""Every value type of respstart: frozen, slotted, standard library only.

A finding is flat and versioned: reporters, the report page and other people's tools read it and nothing else.
The words are those of `docs/explanation/architecture.md`: record, head, snapshot, attempt, outcome, first writer, late writer.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA_VERSION = 1

Level = Literal["error", "warning", "info"]


class Outcome(enum.StrEnum):
    """What became of a write that came too late."""

    LOST = "lost"
    RAISED = "raised"
    DROPPED = "dropped"
    CORRUPTED = "corrupted"
    TRUNCATED = "truncated"
    HARMLESS = "harmless"


class Basis(enum.StrEnum):
    """The rung of the ladder on which a writer was found, best first."""

    EXPLICIT = "explicit"
    RAISED = "raised"
    BUILT = "built"
    RETURNED = "returned"
    GENERATOR = "generator"
    ENDPOINT = "endpoint"
    THIRD_PARTY = "third-party"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of code: absolute path, 1-based line, qualified function name."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Writer:
    """The code that started a response, or came too late; without a file when nobody can be named, and then `reason` says why.

    `source` is the text of the line, `package` the distribution and version when the code is third-party.
    """

    file: str | None
    line: int | None
    function: str | None
    source: str | None
    basis: str
    reason: str
    package: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a finished stack; the names are structlog's, so that its renderers show it."""

    filename: str
    lineno: int
    name: str
    line: str
    in_app: bool


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """The request of the response that was started. `path` has no query string; `id` is the X-Request-ID or generated."""

    protocol: str
    method: str
    path: str
    route: str | None
    id: str
    server: str | None
    framework: str | None


@dataclass(frozen=True, slots=True)
class ResponseInfo:
    """The response as the client saw it. `headers` are names, never values; `complete` may be "looks complete"."""

    status: int | None
    headers: tuple[str, ...]
    body_bytes: int
    chunks: int
    complete: bool | str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The thread and task that ran a piece of code, and where that task was created if it is known."""

    thread: str | None
    task: str | None
    created_at: Place | None = None


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One step of the request's timeline, in milliseconds since the application was called."""

    at_ms: float
    event: str
    place: Place | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ExceptionInfo:
    """The exception that took part."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Stacks:
    """The stacks behind the names, most recent frame last."""

    start: tuple[Frame, ...] = ()
    built: tuple[Frame, ...] = ()
    late: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One late mutation, diagnosed. Schema 1: additions keep the version (`respstart schema` prints the JSON Schema)."""

    rule: str
    name: str
    level: Level
    outcome: str
    message: str
    operation: str
    subject: str | None
    request: RequestInfo
    response: ResponseInfo
    first_writer: Writer
    late_writer: Writer | None
    fix: str
    fingerprint: str
    elapsed_ms: float | None = None
    late_window: str | None = None
    built_at: Place | None = None
    returned_at: Place | None = None
    body_at: Place | None = None
    ended_at: Place | None = None
    endpoint: Place | None = None
    raised_at: Place | None = None
    flushed_at: Place | None = None
    started_in: Whereabouts | None = None
    late_in: dict[str, Any] | None = None
    trail: tuple[TrailEntry, ...] = ()
    stacks: Stacks = field(default_factory=Stacks)
    exception: ExceptionInfo | None = None
    seen: int = 1
    trace_id: str | None = None
    span_id: str | None = None
    passed_over: tuple[str, ...] = ()
    test: str | None = None
    timestamp: str | None = None
    schema: int = SCHEMA_VERSION

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready data: dicts, lists, strings, numbers, booleans and None."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Finding:
        """The finding that `to_dict` made this of, also when it went through JSON. What this version does not know is left out.

        Raises ValueError when it is no finding.
        """
        if not isinstance(data, Mapping) or not str(data.get("rule", "")).startswith("RS"):
            raise ValueError("this is no finding of respstart")
        try:
            finding: Finding = _restored(cls, data)
            late_in = finding.late_in
            if late_in and late_in.get("created_at"):
                return dataclasses.replace(finding, late_in={**late_in, "created_at": _restored(Place, late_in["created_at"])})
        except (TypeError, AttributeError) as error:
            raise ValueError(f"this is no finding of respstart: {error}") from None
        return finding

    @property
    def verdict(self) -> str:
        """Rule and both places in one line, no colour."""
        late = f"; changed {_where(self.late_writer)}" if self.late_writer else ""
        return f"{self.rule} {self.name}: started {_where(self.first_writer)}{late}"

    @property
    def summary(self) -> str:
        """The last line of every text output: greppable."""
        return f"SUMMARY: respstart {self.verdict}"


@functools.cache
def _types_of(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _restored(kind: Any, value: Any) -> Any:
    """A value of the annotated kind, made of what JSON keeps of it."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        types = _types_of(kind)
        return kind(**{name: _restored(types[name], item) for name, item in value.items() if name in types})
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is tuple:
        return tuple(_restored(arguments[0], item) for item in value)
    classes = [one for one in arguments if dataclasses.is_dataclass(one)]
    return _restored(classes[0], value) if classes and value is not None else value


def _where(writer: Writer) -> str:
    return f"{writer.file}:{writer.line} {writer.function}" if writer.file else "by nobody that could be named"


@dataclass(frozen=True, slots=True)
class Habits:
    """What a server does with a head that was started and not yet sent, where that is not the same everywhere.

    `open_until` tells when the head is out of reach: with the first chunk, as soon as the application has returned, or at the end. Until
    then `keeps_list` (WSGI: the header list itself is kept, an edit takes effect) and `replaces` (WSGI: a second start silently takes the
    place of the first). When the body raises before its first chunk, `answers` (ASGI) sends an error page, which is the rule under WSGI,
    and `sends_anyway` (WSGI) the head that was started. `hides_cuts`: a body without a length that was cut by an exception looks complete.
    """

    open_until: Literal["chunk", "return", "end"] = "chunk"
    keeps_list: bool = False
    replaces: bool = False
    answers: bool = False
    sends_anyway: bool = False
    hides_cuts: bool = False


USUAL = Habits()  # of most servers, and what is supposed of ASGI servers that we do not know


@dataclass(frozen=True, slots=True)
class Defect:
    """What is remembered of a finding, to count the next ones of the same defect."""

    rule: str
    outcome: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a finding cannot carry because it must not outlive the request: live objects, for the reporters' hands only.

    `span` is the OpenTelemetry span of the request (or None), `exception` the victim's own exception (or None). `record` is the
    `ResponseRecord` of the response that was started, by which its other findings can be told.
    """

    span: Any = None
    exception: BaseException | None = None
    record: Any = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. The number and the slug are stable for ever."""

    code: str
    slug: str
    level: Level
    summary: str
    fix: str


@dataclass(frozen=True, slots=True)
class ProbeStatus:
    """What became of one hook point: applied, waiting (its module is not imported), absent, failed or disarmed, and why."""

    integration: str
    kind: str
    site: str
    state: Literal["applied", "waiting", "absent", "failed", "disarmed", "removed"]
    reason: str = ""
