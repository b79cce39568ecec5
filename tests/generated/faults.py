"""What comes too late, and how its code is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generated.parts import fill

if TYPE_CHECKING:
    from generated.frameworks import Framework


@dataclass(frozen=True)
class Fault:
    """One late statement. `kind` is what endpoints allow by, `raises` whether an exception leaves by it."""

    kind: str = "nothing"

    raises = False
    waits = False  # whether the statement itself has to be awaited

    def source(self, framework: Framework) -> str:
        """The statement; the line that is the late writer carries the marker."""
        return ""

    def rules(self, framework: Framework, stage: str, place: Place) -> tuple[str, ...]:
        """The rules of which one has to be told, by the stage in which the statement runs."""
        return ()


NOTHING = Fault()


@dataclass(frozen=True)
class Write(Fault):
    """A write to the response object."""

    kind: str = "header"

    def source(self, framework):
        return framework.writes[self.kind] + "  # <$name:late>"

    def rules(self, framework, stage, place):
        return ({"status": "RS102", "cookie": "RS103"}.get(self.kind, "RS101"),)


@dataclass(frozen=True)
class Session(Fault):
    """A write to the session."""

    kind: str = "session"

    def source(self, framework):
        return framework.session + "  # <$name:late>"

    def rules(self, framework, stage, place):
        return ("RS104",)


@dataclass(frozen=True)
class Raise(Fault):
    """An exception: of no meaning to anybody, an HTTP error, or one that the application has a handler for."""

    kind: str = "error"

    raises = True

    def source(self, framework):
        return framework.raises[self.kind] + "  # <$name:late>"

    def rules(self, framework, stage, place):
        if stage in ("after", "close"):
            return ("RS404",)
        if self.kind not in framework.handled:
            return ("RS401",)
        return ("RS401", "RS402") if place.groups else ("RS402",)  # a group has no handler, unless somebody takes it apart


@dataclass(frozen=True)
class SecondStart(Fault):
    """Another start."""

    kind: str = "start"

    raises = True

    @property
    def waits(self):
        return True

    def source(self, framework):
        return framework.start.replace("200", "500") + "  # <$name:late>"

    def rules(self, framework, stage, place):
        return ("RS203",) if place.racing else ("RS201",)


@dataclass(frozen=True)
class BodyAfterEnd(Fault):
    """Bytes after the last ones."""

    kind: str = "body"

    raises = True
    waits = True

    def source(self, framework):
        return framework.chunk + "  # <$name:late>"

    def rules(self, framework, stage, place):
        return ("RS301",)


FAULTS = (
    NOTHING, *(Write(kind) for kind in ("header", "removal", "status", "cookie")), Session(),
    *(Raise(kind) for kind in ("error", "handled error", "http error")), SecondStart(), BodyAfterEnd(),
)  # fmt: skip


# ---------------------------------------------------------------------- places
@dataclass(frozen=True)
class Place:
    """How late code is reached from where it has to run."""

    asynchronous = (False, True)  # the kinds of functions that it can stand in
    racing = False
    groups = False
    sends = True  # whether code that has to be awaited can run there

    def source(self, statement: str, *, waits: bool) -> str:
        """The statement, in its place; `waits`: it stands in a coroutine function, and has to be awaited."""
        return statement


@dataclass(frozen=True)
class InHelper(Place):
    """In a function of its own."""

    def source(self, statement, *, waits):
        words = {"async_": "async ", "await_": "await "} if waits else {"async_": "", "await_": ""}
        return fill("""
            ${async_}def change():
                $statement
            ${await_}change()
        """, statement=statement, **words)


@dataclass(frozen=True)
class InThread(Place):
    """In another thread, which is waited for."""

    asynchronous = (False,)
    racing = True

    def source(self, statement, *, waits):
        return fill("""
            def change():
                $statement
            with ThreadPoolExecutor(1) as pool:
                pool.submit(change).result()
        """, statement=statement)


@dataclass(frozen=True)
class InExecutor(Place):
    """In a worker thread of the event loop."""

    asynchronous = (True,)
    sends = False

    def source(self, statement, *, waits):
        return fill("""
            def change():
                $statement
            await asyncio.to_thread(change)
        """, statement=statement)


@dataclass(frozen=True)
class InTask(Place):
    """In a task of its own."""

    asynchronous = (True,)
    racing = True

    def source(self, statement, *, waits):
        return fill("""
            async def change():
                $statement
            await asyncio.create_task(change())
        """, statement=statement)


@dataclass(frozen=True)
class InGroup(Place):
    """In a task of a group, whose exception comes in a group of its own."""

    asynchronous = (True,)
    racing = True
    groups = True

    def source(self, statement, *, waits):
        return fill("""
            async def change():
                $statement
            async with asyncio.TaskGroup() as group:
                group.create_task(change())
        """, statement=statement)


HERE = Place()
PLACES = (HERE, InHelper(), InThread(), InExecutor(), InTask(), InGroup())
