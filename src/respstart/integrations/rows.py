"""The row kinds: one named tuple for each thing that a hook point can tell. A table of rows is an integration.

A site is `"module:Class.method"` or `"module:function"`; a tuple of sites means "the first that exists". `.<locals>.` names a
nested function, for rows that only name code. Patch a method on the class that defines it, never a class or a re-exported name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal, NamedTuple, Protocol

from respstart.model import USUAL, Habits

Site = str | tuple[str, ...]
Args = tuple[Any, ...]


# The first entry of what `Watch.store` reads: (STORE, name of the cookie, anything that changes when it would be written). Where the name
# is dear to find, it may be a function that returns it.
STORE = "store"


def itself(owner: Any) -> Args:
    """An object that is its own only part."""
    return (owner,)


@dataclass(frozen=True, slots=True)
class ResponseKind:
    """How to look at one kind of watched object: its head (for a session its contents), and the parts whose writes are writes to it.

    Where the object cannot be referenced weakly, its last part is watched alone when the request is over: `rest` is how to look at that.
    `chunks` gives the whole body of a WSGI response where it is bytes that exist already, None where code of the application makes them.
    """

    head: Callable[[Any], Any]
    parts: Callable[[Any], Args] = itself
    rest: ResponseKind | None = None
    chunks: Callable[[Any], tuple[bytes, ...] | None] | None = None


class Serves(NamedTuple):
    """A server is given, or keeps, the application: it gets a traced one instead.

    Either `argument` (position of the application in the call, `self` counted) or `attribute` (where it is kept after the call). With
    `each_call` the site is called for each request, always with the same application: the attribute is looked at before the call, for
    servers that loaded the application before us. With `on_copy` the method runs on a copy of its object, so that the attribute, which
    is public there, stays what it was.
    A `bridge` is given the application for one request, inside of another application's: the response outside is the one inside.
    """

    site: Site
    protocol: Literal["asgi", "wsgi"]
    argument: int | None = None
    attribute: str | None = None
    each_call: bool = False
    on_copy: bool = False
    bridge: bool = False
    habits: Habits = USUAL


class Handles(NamedTuple):
    """A framework with a server of its own (neither WSGI nor ASGI) handles a request: a record is born, and closed at the return.

    `request` finds the object that stands for the request in the arguments, `facts` gives its method, path without query, X-Request-ID
    and route, `endpoint` the user function that is to answer. `handler` is the position of a callable that is the application: what it
    raises, unless it is an answer by itself, came from there. With `attribute`, not the site's call is meant but those of the callable
    that is kept there after it. `response` is given where the request's object is its response as well. `left` tells whether bytes of the
    head have left: until then it can be replaced.
    """

    site: Site
    request: Callable[[Args], Any]
    facts: Callable[[Any], tuple[str, str, str | None, str | None]]
    endpoint: Callable[[Any], Any] = lambda request: None
    handler: int | None = None
    attribute: str | None = None
    response: ResponseKind | None = None
    left: Callable[[Any], bool] | None = None


class Starts(NamedTuple):
    """Such a framework writes the head of a response (`self`), for the request that `request` finds in it.

    The head is read when a coroutine function is called, or when a plain function or property has returned. `when` tells whether this
    call is the one that writes it, `sent` reads what is written where a response can hold more than that (a cookie that comes too
    late for the headers), `corrupts` tells whether a second head goes out as well: into the body of the first response, or
    after it.
    """

    site: Site
    kind: ResponseKind
    request: Callable[[Any], Any]
    when: Callable[[Any], bool] = lambda response: True
    sent: Callable[[Any], Any] | None = None
    corrupts: Callable[[Any], bool] = lambda response: False


class Writes(NamedTuple):
    """Such a framework is given body bytes for a response: `size` tells how many (None: not to be counted), `last` whether they end it.

    `request` finds the request in the arguments where they are not given to the response itself.
    """

    site: Site
    size: Callable[[Args], int | None] = lambda args: None
    last: Callable[[Args, dict[str, Any]], bool] = lambda args, kwargs: False
    request: Callable[[Args], Any] = lambda args: args[0]


class Refuses(NamedTuple):
    """A method that raises when it is called too late: `operation` is what it would have done, `rule` the one that tells it best.

    `length` tells from the exception that the body was too long or too short. With `silent`, the method returns without a word.
    """

    site: Site
    operation: Literal["set_status", "start", "body", "error"]
    rule: str | None = None
    length: Callable[[Exception], bool] = lambda error: False
    silent: bool = False


class Enters(NamedTuple):
    """A framework's application object is called: a record is born unless the server did it, and a second entry is noticed.

    `endpoint` finds the user function that is to answer, from the application and scope or environ. `identity` is what two
    entries of the same application have in common, where its object is made anew for each. An `inner` application is one within that
    object, behind its middleware: only the second entry counts. With `made`, the WSGI application is what the call returns.
    """

    site: Site
    protocol: Literal["asgi", "wsgi"]
    endpoint: Callable[[Any, Any], Any] | None = None
    identity: Callable[[Any], Any] = lambda app: app
    inner: bool = False
    made: bool = False


class Keeps(NamedTuple):
    """A session lies under a key of scope or environ, and its cookie goes out with the start.

    A framework with a server of its own keeps it in its request object: `protocol` is then its name. `savable` tells, from session
    and request, whether a save after the start still keeps what was written.
    """

    key: str
    protocol: str
    kind: ResponseKind = ResponseKind(dict)
    savable: Callable[[Any, Any], bool] = lambda session, request: False


class Relays(NamedTuple):
    """ASGI code that sends a start on from another task, or later: starts are to be captured on the inner side of it."""

    site: Site


class Receives(NamedTuple):
    """ASGI code on the inner side of a relay, called as `(self, scope, receive, send)`."""

    site: Site


class Builds(NamedTuple):
    """A response object is constructed (`__init__`)."""

    site: Site
    kind: ResponseKind


class Provides(NamedTuple):
    """The one response object of a request, which the framework made for user code to fill: its head goes out with the next start.

    `owner` finds the object in the arguments of the call. It must be the request's own: where the framework keeps one object for
    all requests (a thread-local), the table makes one that holds the request's parts.
    """

    site: Site
    kind: ResponseKind
    owner: Callable[[Args], Any] = lambda args: args[0]


class Fills(NamedTuple):
    """An attribute (or a method) of a provided response by which the body is attached: who uses it is the author.

    `owner` finds the response in the arguments of a method.
    """

    site: str
    owner: Callable[[Args], Any] = lambda args: args[0]


class Injects(NamedTuple):
    """Framework code that makes a response object for user code to change, and merges it into the one that it builds itself.

    Code only: an object that it builds is watched from its construction on, in the way that its own `Builds` row says.
    """

    site: str


class Asks(NamedTuple):
    """The function of an `Injects` row is called for a request: `asks` tells from its keyword arguments whether anybody wants the response.

    One that nobody wants need not be watched. The site is the name by which it is called.
    """

    site: Site
    asks: Callable[[dict[str, Any]], bool]


class Copies(NamedTuple):
    """The head of a response object (`self`) is copied into another one, the result, which is sent in its place."""

    site: Site
    kind: ResponseKind


class Renders(NamedTuple):
    """A response object is asked to send itself: `(self, scope, receive, send)` or `(self, environ, start_response)`.

    In a framework with a server of its own: its head has been put together, for the request that `request` finds in it.
    """

    site: Site
    protocol: Literal["asgi", "wsgi", "native"]
    kind: ResponseKind
    request: Callable[[Any], Any] = lambda response: None


class Returns(NamedTuple):
    """A response leaves framework code as a return value, and its head is copied next; `request` finds scope or environ."""

    site: Site
    request: Callable[[Args], Any]
    kind: ResponseKind
    endpoint: Callable[[Args], Any] = lambda args: None


class Endpoint(NamedTuple):
    """User functions are registered to answer: their return line is to be known. `existing` finds those that are registered already.

    `function` gives one function, a list of them, or None.
    """

    site: Site
    function: Callable[[Args, dict[str, Any]], Any]
    existing: tuple[str, Callable[[Any], list[Any]]] | None = None


class Dispatches(NamedTuple):
    """Framework code that calls user code: a border. `handled` tells from its locals that an error handler answered in vain."""

    sites: tuple[Site, ...]
    handled: Callable[[dict[str, Any]], bool] | None = None


class Sends(NamedTuple):
    """A response object's own sending code: whoever called it is the author."""

    sites: tuple[Site, ...]


class Crosses(NamedTuple):
    """Code that has a function called in another thread or task and waits for it: who called this code called the function."""

    site: Site


class Mutates(NamedTuple):
    """Methods that write to a response (or session): `part` finds the watched object in `self`."""

    site: str
    methods: tuple[str, ...]
    part: Callable[[Any], Any] | None = None


class Mutators(NamedTuple):
    """A decorator that makes methods which write to a session, for classes that come into being while the program runs."""

    site: Site
    part: Callable[[Any], Any] | None = None


class Sets(NamedTuple):
    """A plain attribute, a slot or a property whose assignment is a write to the response: `part` finds the watched object in `self`."""

    site: str
    part: Callable[[Any], Any] | None = None


class Discards(NamedTuple):
    """An attribute of a framework's request that framework code reads before it throws a second answer away.

    `response` finds that answer, from the request and the frame that reads; None where there is no such.
    """

    site: str
    response: Callable[[Any, FrameType], Any]


class HandsOut(NamedTuple):
    """A property or slot that hands out a part of a response whose own writes cannot be seen: a plain dict, a type in C.

    Who took it last wrote what has changed since. `part` finds the watched object in `self`.
    """

    site: Site
    part: Callable[[Any], Any] | None = None


class Rescues(NamedTuple):
    """Framework code that turns an exception into a response; `exception` is its position in the call (None: the one being handled).

    With `late`, it is called after the start as well, where it can no longer answer: `handled` tells from its result whether there was
    an error handler, `fails` that an exception is a failure at all, `terminates` that the framework's own server ends the body all the
    same, so that a cut answer looks complete.
    """

    site: Site
    exception: int | None = None
    late: bool = False
    handled: Callable[[Any], bool] | None = None
    fails: Callable[[BaseException], bool] = lambda error: True
    terminates: bool = False


class Drops(NamedTuple):
    """A coroutine function that sends the body, and whose caller may drop its exception: told if nobody ends the body either."""

    site: Site


class Answers(NamedTuple):
    """An exception class that is an answer by itself, and how to read its status."""

    name: str
    status: Callable[[Any], int | None]


class After(NamedTuple):
    """Something is to be done with the arguments and the result of a call, once it has returned."""

    site: Site
    call: Callable[[Args, Any, Watch], None]


class Watch(Protocol):
    """What a table may ask of the tracer, for the request that is being answered (or the one of `request`, a scope or environ)."""

    def session(
        self, session: Any, read: Callable[[Any], dict[Any, Any] | None], token: Any = None, request: Any = None,
        parts: Callable[[Any], Args] = itself,
    ) -> None:
        """A session (or the scope or environ that holds it) whose cookie has been decided: writes are late from now on.

        `read` gives None while it is not loaded. With a `token` (the id that the client knows) they may still be saved on the server side.
        """

    def loaded(self, session: Any, contents: dict[Any, Any]) -> None:
        """A session has been loaded: what it held in its store has not been written now."""

    def saved(self, session: Any, token: Any) -> None:
        """A session has been saved (or deleted) on the server side, under an id.

        None where the one who saves does not know the session.
        """

    def store(self, owner: Any, read: Callable[[Any], tuple[Any, ...]], request: Any = None) -> None:
        """Something else whose cookie has been decided (messages, a token): `read` gives `(STORE, name of the cookie, ...)`."""

    def wrote(self, owner: Any) -> None:
        """A store has been written to, by a function that is no method of it."""

    def body(self, body: Any) -> None:
        """The user's iterable, into which the framework looks before it starts the response: the yield is what starts it."""

    def rendered(self, owner: Any, kind: ResponseKind, merged: Any = None, *, authored: bool = True) -> None:
        """The head of the request's response has just been copied.

        `merged` is a response of the user's that went into it: who constructed it is the author, if it is `authored` at all.
        """

    def injected(self, response: Any) -> None:
        """A response was made just now for user code to change: what is written to it is lost where another one is sent."""

    def endpoint(self, function: Any) -> None:
        """The function that has been chosen to answer."""

    def answered_early(self, answer: Any) -> None:
        """What has come of the functions that may answer in the place of the endpoint: None if it is to be asked."""

    def registered(self, callback: Any, request: Any = None) -> None:
        """A callback for the response has been registered: it will never run if the response has been started."""

    def callbacks(self, callbacks: list[Any]) -> list[Any]:
        """A list that reports what is appended to it: those callbacks would never run."""

    def logged(self, request: Any, status: int | None) -> None:
        """An access log has been told of the response to a framework's own request; None if it says no status."""

    def span(self, span: Any) -> None:
        """A span has been started: the request's own, if it is a server's."""


class Emulates(NamedTuple):
    """A test client's handler, called with scope or environ alone, that returns the response object itself."""

    site: Site
    protocol: Literal["asgi", "wsgi"]


class Iterates(NamedTuple):
    """A function of a test client that is given the body (its first argument) and passes it on to the test."""

    site: Site


class Closes(NamedTuple):
    """A response object is closed (`self`)."""

    site: Site


class Spawns(NamedTuple):
    """Something that will run later or elsewhere is made: who made it is remembered when asked for.

    It is the result of the call or, with `before`, its first argument. `runs` names the code that runs it, in which it is the local
    variable `runs_as` (or its `future`); without, it is known as the running task or thread.
    """

    site: Site
    before: bool = False
    runs: str | None = None
    runs_as: str = "self"


class Brings(NamedTuple):
    """User code adds a middleware or extension, which `what` finds in the call: where its code is a writer, that line is named beside."""

    site: Site
    what: Callable[[Args, dict[str, Any]], Any]


class Custom(NamedTuple):
    """The escape: a function that is given the original and returns its replacement. A test counts its uses."""

    site: Site
    make: Callable[[Any], Any]


Row = (
    Serves | Handles | Starts | Writes | Refuses | Enters | Keeps | Relays | Receives
    | Builds | Provides | Fills | Injects | Asks | Copies | Renders | Returns | Endpoint
    | Dispatches | Sends | Crosses | Mutates | Mutators | Sets | Discards | HandsOut | Rescues | Drops | Answers
    | After | Emulates | Iterates | Closes | Spawns | Brings | Custom
)


@dataclass(frozen=True, slots=True)
class Integration:
    """One framework or server: its packages, and its table. `includes` names other tables that it stands on.

    `limits` says, a short sentence each, what cannot be detected there and why.
    """

    name: str
    kind: Literal["framework", "server"]
    packages: tuple[str, ...]
    rows: tuple[Row, ...]
    includes: tuple[str, ...] = ()
    distribution: str = ""
    limits: tuple[str, ...] = ()
