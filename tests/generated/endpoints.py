"""What answers. An endpoint writes its own source around the late code that it is given, and says who the author is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from generated.faults import NOTHING, Fault, Place
from generated.frameworks import Framework
from generated.parts import HOLDER, KNOWS_RETURNS, NOBODY, Fate, Finding, fill

WRITES = frozenset(("header", "removal", "status", "cookie"))
ERRORS = frozenset(("error", "handled error", "http error"))
RESPONDING = ("starlette", "fastapi", "flask", "django", "django-asgi")
ON_STARLETTE = ("starlette", "fastapi")


# ---------------------------------------------------------------------- how a response object is made
@dataclass(frozen=True)
class Maker:
    """Where a response object is constructed: `$make` of an endpoint, and the line that is the author."""

    definitions = ""
    make = "$kind"
    here = True  # whether the line that calls `$make` is the author

    def filled(self, name: str, kind: str) -> dict[str, str]:
        """What a template of an endpoint needs: `definitions`, `make` and the marker of the calling line."""
        words = {"name": name, "kind": kind}
        mark = f"  # <{name}:first>" if self.here else ""
        return {"definitions": fill(self.definitions, **words), "make": fill(self.make, **words), "mark": mark}


class ByHelper(Maker):
    definitions = """
        def ${name}_make(content):
            return $kind(content)  # <$name:first>
    """
    make = "${name}_make"
    here = False


class OwnClass(Maker):
    definitions = """
        class ${name}_Own($kind):
            def __init__(self, content):
                super().__init__(content)
    """
    make = "${name}_Own"


class ByFactory(Maker):
    definitions = """
        class ${name}_Own($kind):
            def __init__(self, content, title=""):
                self.title = title
                super().__init__(content)

            @classmethod
            def of(cls, content):
                made = cls(content, title="made")  # <$name:first>
                return made
    """
    make = "${name}_Own.of"
    here = False


class ByHelpers(Maker):
    definitions = """
        def ${name}_inner(*arguments):
            return $kind(*arguments)  # <$name:first>
        ${name}_make = functools.partial(lambda make, content: make(content), ${name}_inner)
    """
    make = "${name}_make"
    here = False


MAKERS = (Maker(), ByHelper(), OwnClass(), ByFactory(), ByHelpers())

DECORATED = {
    "": "",
    "wraps": "@decorated",
    "bare": "@decorated_bare",
}


# ---------------------------------------------------------------------- endpoints
@dataclass(frozen=True)
class Endpoint:
    """A function (or class) that answers. `stages` are where late code can run in it, with the kinds of faults that can happen there."""

    frameworks = RESPONDING
    stages = {"": frozenset()}  # noqa: RUF012 a constant
    waits = False  # whether late code runs in a coroutine function; None: as the framework's own functions do
    has_response = False  # whether in-time changes can be made to a response object
    by_hand = False  # whether it is an application itself

    def path(self, name: str, framework: Framework) -> str:
        """Where it is found: Starlette sends everybody to the slash of what is mounted."""
        return f"/{name}/" if self.by_hand and framework.name in ON_STARLETTE else f"/{name}"

    def source(self, name: str, framework: Framework, stage: str, late: str, early: str) -> str:
        """The definitions and the registration of the route; `late` and `early` are statements to be put in their places."""
        raise NotImplementedError

    def fate(self, name: str, framework: Framework, stage: str, fault: Fault, place: Place) -> Fate:
        """Who is the author of the head, and what has to be found, as long as nothing lies around it."""
        fate = Fate(first=(f"{name}:first",), kept=(f"{name}:first",), live=framework.live)
        if fault == NOTHING:
            return fate
        found = Finding(fault.rules(framework, stage, place), (f"{name}:late",), fault.kind)
        return replace(fate, findings=(found,), raises=self.leaves(framework, stage) if fault.raises else "")

    def leaves(self, framework: Framework, stage: str) -> str:
        """Where an exception of a stage leaves the application."""
        return stage if framework.protocol == "wsgi" else "stream"

    def coroutine(self, framework: Framework, stage: str) -> bool:
        """Whether late code of a stage stands in a coroutine function."""
        return framework.asynchronous


def function(name: str, framework: Framework, body: str, *, decorator: str = "", sync: bool = False, method: bool = False) -> str:
    """A view with its registration."""
    asynchronous = framework.asynchronous and not sync
    view = fill(
        """
            $decorator
            ${async_}def ${name}($parameters):
                $body
        """,
        name=name, async_="async " if asynchronous else "", parameters=framework.parameters, body=body,
        decorator=DECORATED[decorator].replace("decorated", "decorated_async") if asynchronous else DECORATED[decorator],
    )  # fmt: skip
    return view + "\n" + registration(name, framework)


def registration(name: str, framework: Framework) -> str:
    """How a view gets its route."""
    return {
        "starlette": f'app.routes.append(Route("/{name}", {name}))',
        "fastapi": f'app.get("/{name}")({name})',
        "flask": f'app.add_url_rule("/{name}", "{name}", {name})',
        "django": f'urls.append(path("{name}", {name}))',
        "django-asgi": f'urls.append(path("{name}", {name}))',
    }[framework.name]


@dataclass(frozen=True)
class Plain(Endpoint):
    """A response object, returned."""

    maker: Maker = Maker()
    decorator: str = ""
    sync: bool = False

    has_response = True

    def source(self, name, framework, stage, late, early):
        words = self.maker.filled(name, framework.plain)
        body = fill("""
            response = $make("text")$mark
            $early
            return response
        """, early=early, **words)
        return words["definitions"] + "\n" + function(name, framework, body, decorator=self.decorator, sync=self.sync)


@dataclass(frozen=True)
class Stream(Endpoint):
    """A stream, whose generator comes too late after its first chunk."""

    maker: Maker = Maker()
    wrapped: bool = False
    decorator: str = ""
    sync: bool = False

    stages = {"stream": WRITES | ERRORS | {"session", "nothing"}}  # noqa: RUF012 a constant
    has_response = True

    def coroutine(self, framework, stage):
        return framework.asynchronous and not self.sync

    def source(self, name, framework, stage, late, early):
        words = self.maker.filled(name, framework.stream)
        waits = self.coroutine(framework, stage)
        content = "counted_async(body())" if self.wrapped and waits else "counted(body())" if self.wrapped else "body()"
        body = fill(
            """
                ${async_}def body():
                    yield "one"
                    $late
                    yield "two"
                response = $make($content)$mark
                $early
                return response
            """,
            late=late, early=early, async_="async " if waits else "",
            content=f"stream_with_context({content})" if framework.name == "flask" else content, **words,
        )  # fmt: skip
        # The view itself is a coroutine function wherever it can be: a generator function of either kind may stand in one.
        return words["definitions"] + "\n" + function(name, framework, body, decorator=self.decorator)


@dataclass(frozen=True)
class InBackground(Endpoint):
    """A response with a background task that comes too late."""

    maker: Maker = Maker()
    sync: bool = False

    frameworks = ON_STARLETTE
    stages = {"after": WRITES | ERRORS | {"session", "nothing"}}  # noqa: RUF012 a constant
    has_response = True

    def coroutine(self, framework, stage):
        return not self.sync

    def source(self, name, framework, stage, late, early):
        words = self.maker.filled(name, framework.plain)
        body = fill("""
            ${async_}def job():
                $late
                return None
            response = $make("text")$mark
            response.background = BackgroundTask(job)
            $early
            return response
        """, late=late, early=early, async_="" if self.sync else "async ", **words)
        return words["definitions"] + "\n" + function(name, framework, body)


@dataclass(frozen=True)
class InClose(Endpoint):
    """A body that comes too late when it is closed."""

    maker: Maker = Maker()

    frameworks = ("flask", "django")
    stages = {"close": WRITES | ERRORS | {"nothing"}}  # noqa: RUF012 a constant
    has_response = True

    def source(self, name, framework, stage, late, early):
        words = self.maker.filled(name, framework.stream)
        body = fill("""
            class Body:
                def __iter__(self):
                    yield b"one"
                    yield b"two"
                def close(self):
                    $late
                    return None
            response = $make(Body())$mark
            $early
            return response
        """, late=late, early=early, **words)
        return words["definitions"] + "\n" + function(name, framework, body)

    def fate(self, name, framework, stage, fault, place):
        fate = super().fate(name, framework, stage, fault, place)
        swallowed = framework.name == "django" and fault.raises
        return replace(fate, findings=(), raises="") if swallowed else fate


@dataclass(frozen=True)
class Value(Endpoint):
    """A plain value, turned into the response by the framework."""

    value: str = '"text"'
    branches: bool = False
    decorator: str = ""
    sync: bool = False

    frameworks = ("flask", "fastapi")

    def source(self, name, framework, stage, late, early):
        branch = fill("""
            if "none" in os.environ.get("NEVER_SET", ""):
                return "never"
        """) if self.branches else ""  # fmt: skip
        body = fill("""
            $branch
            value = $value
            return value  # <$name:first>
        """, branch=branch, value=self.value, name=name)
        text = function(name, framework, body, decorator=self.decorator, sync=self.sync)
        return text.replace("):\n", f"):  # <{name}:def>\n", 1)

    def fate(self, name, framework, stage, fault, place):
        first = (f"{name}:first",) if KNOWS_RETURNS or not self.branches else (f"{name}:def",)
        return Fate(first, kept=first, live=framework.live)


@dataclass(frozen=True)
class ReturnedStream(Endpoint):
    """A generator, returned as it is."""

    frameworks = ("flask",)
    stages = {"stream": ERRORS | {"session", "nothing"}}  # noqa: RUF012 a constant

    def source(self, name, framework, stage, late, early):
        body = fill("""
            def body():
                yield "one"
                $late
                yield "two"
            return stream_with_context(body()), 203, {"X-Kind": "stream"}  # <$name:first>
        """, late=late, name=name)
        return function(name, framework, body)


@dataclass(frozen=True)
class InClass(Endpoint):
    """A class-based view, which makes the response in one method and streams it from another."""

    maker: Maker = Maker()
    stages = {"": frozenset(), "stream": WRITES | ERRORS}  # noqa: RUF012 a constant
    has_response = True

    def source(self, name, framework, stage, late, early):
        words = self.maker.filled(name, framework.stream)
        kind = {"flask": "MethodView", "django": "View", "django-asgi": "View"}.get(framework.name, "HTTPEndpoint")
        register = {
            "flask": f'app.add_url_rule("/{name}", view_func={name}.as_view("{name}"))',
            "django": f'urls.append(path("{name}", {name}.as_view()))',
            "django-asgi": f'urls.append(path("{name}", {name}.as_view()))',
        }.get(framework.name, f'app.routes.append(Route("/{name}", {name}))')
        return fill(
            """
                $definitions
                class $name($base):
                    ${async_}def get(self$request):
                        self.response = self.answer()
                        return self.response
                    def answer(self):
                        response = $make(self.lines())$mark
                        $early
                        return response
                    ${async_}def lines(self):
                        yield "one"
                        response = self.response
                        $late
                        yield "two"
                $register
            """,
            name=name, base=kind, register=register, late=late, early=early,
            async_="async " if framework.asynchronous else "", request=", request" if framework.parameters else "", **words,
        )  # fmt: skip


@dataclass(frozen=True)
class Injected(Endpoint):
    """A plain value, with in-time changes to the response that FastAPI injects."""

    sync: bool = False

    frameworks = ("fastapi",)

    def source(self, name, framework, stage, late, early):
        return fill("""
            ${async_}def $name(response: Response):
                response.headers["X-Draft"] = "1"
                response.set_cookie("early", "1")
                return {"stock": 1}  # <$name:first>
            app.get("/$name")($name)
        """, name=name, async_="" if self.sync else "async ")


@dataclass(frozen=True)
class MadeByFramework(Endpoint):
    """A response object made by the framework's own helper, called in a line of the user's."""

    frameworks = ("flask",)
    stages = {"": frozenset(), "stream": WRITES}  # noqa: RUF012 a constant
    has_response = True

    def source(self, name, framework, stage, late, early):
        body = fill("""
            def body():
                yield "one"
                $late
                yield "two"
            response = make_response(body())  # <$name:first>
            $early
            return response
        """, late=late, early=early, name=name)
        return function(name, framework, body)


@dataclass(frozen=True)
class Refuses(Endpoint):
    """An exception that the framework answers, or a handler of the application's."""

    kind: str = "http error"
    helper: bool = False

    def source(self, name, framework, stage, late, early):
        statement = framework.raises[self.kind] + f"  # <{name}:first>"
        if not self.helper:
            return function(name, framework, statement)
        helper = fill("""
            def ${name}_check(stock):
                if not stock:
                    $statement
                return stock
        """, name=name, statement=statement)
        return helper + "\n" + function(name, framework, f"return {name}_check(0)")

    def fate(self, name, framework, stage, fault, place):
        raised = f"{name}:first"
        if self.kind == "error" or (self.kind == "handled error" and "django" in framework.name):
            crash = Fate((), raises="call", cause=raised, live=framework.live)
            return crash if framework.answers_outside else replace(framework.answers(crash), raised=True)
        first = (raised,)
        if self.kind == "handled error":
            first = ("handler:first",)
            if framework.name == "flask" and not KNOWS_RETURNS:
                first = ("handler:first", raised, NOBODY)
        return Fate(first, kept=first, live=framework.live, raised=True)


# ---------------------------------------------------------------------- by hand
_STARTS = {
    "here": ("", "$start  # <$name:first>"),
    "helper": (
        """
        ${async_}def ${name}_begin($given):
            $start  # <$name:first>
        """,
        "${await_}${name}_begin($given)",
    ),
    "forwarding": (
        """
        ${async_}def ${name}_forward(call, *arguments):
            return ${await_}call(*arguments)
        """,
        "${await_}${name}_forward($call)  # <$name:first>",
    ),
}


def _started(how: str, name: str, framework: Framework) -> tuple[str, str]:
    """The definitions and the statement that start a response by hand."""
    asynchronous = framework.asynchronous
    given = "send" if asynchronous else "start_response"
    definitions, statement = _STARTS[how]
    arguments = framework.start.partition("(")[2].removesuffix(")")
    words = {
        "name": name, "given": given, "start": framework.start, "call": f"{given}, {arguments}",
        "async_": "async " if asynchronous else "", "await_": "await " if asynchronous else "",
    }  # fmt: skip
    return fill(definitions, **words), fill(statement, **words)


def _mounted(name: str, framework: Framework) -> str:
    if framework.name in ON_STARLETTE:
        return f'app.routes.append(Mount("/{name}", app={name}))'
    return f'ROUTES["/{name}"] = {name}'


@dataclass(frozen=True)
class Sends(Endpoint):
    """An ASGI application that speaks the protocol by hand."""

    how: str = "here"
    decorator: str = ""

    frameworks = ("asgi", *ON_STARLETTE)
    by_hand = True
    stages = {"": frozenset(), "stream": ERRORS | {"start"}, "after": ERRORS | {"start", "body"}}  # noqa: RUF012 a constant

    def source(self, name, framework, stage, late, early):
        definitions, start = _started("here" if self.how in ("task", "wrapped") else self.how, name, framework)
        if self.how == "task":
            start = fill("""
                async def answer():
                    $start
                await asyncio.create_task(answer())
            """, start=start)
        elif self.how == "wrapped":
            start = fill("""
                async def count(message):
                    await send(message)
                $start
            """, start=start.replace("await send(", "await count("))
        body = fill(
            """
                $start
                await send({"type": "http.response.body", "body": b"one", "more_body": True})
                $stream
                await send({"type": "http.response.body", "body": b"two"})
                $after
            """,
            start=start, stream=late if stage == "stream" else "", after=late if stage == "after" else "",
        )  # fmt: skip
        endpoint = fill("""
            $decorator
            async def $name(scope, receive, send):
                $body
        """, name=name, body=body, decorator=DECORATED[self.decorator].replace("decorated", "decorated_async"))
        return f"{definitions}\n{endpoint}\n{_mounted(name, framework)}"

    def fate(self, name, framework, stage, fault, place):
        # What a layer holds back is not known to be anybody's: whoever sends it on is named.
        return replace(super().fate(name, framework, stage, fault, place), kept=(HOLDER,), live=False)


@dataclass(frozen=True)
class HandsOver(Endpoint):
    """An ASGI application that calls a response object, and goes on."""

    maker: Maker = Maker()

    frameworks = ("asgi", *ON_STARLETTE)
    by_hand = True
    stages = {"": frozenset(), "after": WRITES | ERRORS | {"start", "body"}}  # noqa: RUF012 a constant
    has_response = True

    def source(self, name, framework, stage, late, early):
        words = self.maker.filled(name, "PlainTextResponse")
        words = {key: value.replace(":first>", ":built>") for key, value in words.items()}
        return fill("""
            $definitions
            async def $name(scope, receive, send):
                response = $make("text")$mark
                $early
                await response(scope, receive, send)  # <$name:first>
                $late
            $mounted
        """, name=name, early=early, late=late, mounted=_mounted(name, framework), **words)

    def fate(self, name, framework, stage, fault, place):
        return replace(super().fate(name, framework, stage, fault, place), kept=(f"{name}:built",), live=True)


@dataclass(frozen=True)
class SentThenReturned(Endpoint):
    """A view that sends one response by hand and returns another: a fault of its own."""

    frameworks = ON_STARLETTE
    stages = {"return": frozenset(("start",))}  # noqa: RUF012 a constant

    def source(self, name, framework, stage, late, early):
        body = fill("""
            answer = PlainTextResponse("now")  # <$name:built>
            await answer(request.scope, request.receive, request._send)  # <$name:first>
            return JSONResponse({"ok": False})  # <$name:late>
        """, name=name)
        return function(name, framework, body)

    def fate(self, name, framework, stage, fault, place):
        found = Finding(("RS201",), (f"{name}:late",), "answer")
        return Fate((f"{name}:first",), (f"{name}:built",), (found,), raises="stream", live=True)


@dataclass(frozen=True)
class Starts(Endpoint):
    """A WSGI application by hand: it returns a list, a generator or a closable body, is a generator itself, or calls `write`."""

    how: str = "here"
    body: str = "generator"

    frameworks = ("wsgi",)

    @property
    def stages(self):
        return {
            "list": {"": frozenset(), "call": ERRORS | {"start"}},
            "write": {"": frozenset(), "call": ERRORS | {"start"}},
            "generator": {"": frozenset(), "stream": ERRORS | {"start"}},
            "lazy": {"": frozenset(), "stream": ERRORS | {"start"}},
            "closable": {"": frozenset(), "close": ERRORS | {"start"}},
        }[self.body]

    def source(self, name, framework, stage, late, early):
        definitions, start = _started(self.how, name, framework)
        body = fill(
            {
                "list": """
                    $start
                    $late
                    return [b"one", b"two"]
                """,
                "write": """
                    $begin
                    write(b"one")
                    $late
                    return []
                """,
                "generator": """
                    $start
                    def body():
                        yield b"one"
                        $late
                        yield b"two"
                    return body()
                """,
                "lazy": """
                    $start
                    yield b"one"
                    $late
                    yield b"two"
                """,
                "closable": """
                    $start
                    class Body:
                        def __iter__(self):
                            yield b"one"
                        def close(self):
                            $late
                            return None
                    return Body()
                """,
            }[self.body],
            start=start, late=late, begin=f"write = {start}",
        )  # fmt: skip
        return fill("""
            $definitions
            def $name(environ, start_response):
                $body
            ROUTES["/$name"] = $name
        """, name=name, definitions=definitions.replace(f"    {framework.start}", f"    return {framework.start}"), body=body)

    def fate(self, name, framework, stage, fault, place):
        fate = replace(super().fate(name, framework, stage, fault, place), kept=(HOLDER,))
        if self.body == "list" and fault.kind in ERRORS:
            return replace(fate, findings=())  # the head has not left: the server answers instead, by the book
        return fate


@dataclass(frozen=True)
class AnswersAgain(Endpoint):
    """An error that is answered by the book, with `exc_info` and before the head left."""

    frameworks = ("wsgi",)

    def source(self, name, framework, stage, late, early):
        return fill("""
            def $name(environ, start_response):
                try:
                    start_response("200 OK", [("X-Kind", "first")])
                    raise Refused("no")
                except Refused:
                    start_response("500 Internal Server Error", [("X-Kind", "second")], sys.exc_info())  # <$name:first>
                    return [b"failed"]
            ROUTES["/$name"] = $name
        """, name=name)

    def fate(self, name, framework, stage, fault, place):
        return Fate((f"{name}:first",))


ENDPOINTS = (
    *(Plain(maker, decorator, sync) for maker in MAKERS for decorator in DECORATED for sync in (False, True)),
    *(Stream(maker, wrapped, decorator, sync) for maker in MAKERS for wrapped in (False, True) for decorator in DECORATED for sync in (False, True)),
    *(InBackground(maker, sync) for maker in MAKERS for sync in (False, True)),
    *(InClose(maker) for maker in MAKERS),
    *(Value(value, branches, decorator, sync)
      for value in ('"text"', '{"stock": 1}', '[{"stock": 1}]') for branches in (False, True) for decorator in DECORATED for sync in (False, True)),
    Value('({"stock": 0}, 203, {"X-Kind": "tuple"})'),
    ReturnedStream(),
    *(InClass(maker) for maker in MAKERS),
    *(Injected(sync) for sync in (False, True)),
    MadeByFramework(),
    *(Refuses(kind, helper) for kind in ("http error", "handled error", "error") for helper in (False, True)),
    *(Sends(how, decorator) for how in ("here", "helper", "forwarding", "task", "wrapped") for decorator in DECORATED),
    *(HandsOver(maker) for maker in MAKERS),
    SentThenReturned(),
    *(Starts(how, body) for how in _STARTS for body in ("list", "write", "generator", "lazy", "closable")),
    AnswersAgain(),
)  # fmt: skip
