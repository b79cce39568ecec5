"""What lies around the endpoints. A layer writes its own source and tells what it makes of a request's fate."""

from __future__ import annotations

from dataclasses import dataclass, replace

from generated.frameworks import Framework
from generated.parts import HOLDER, KNOWS_RETURNS, NOBODY, Fate, Finding, fill

ON_ASGI = ("asgi", "starlette", "fastapi", "django-asgi")
ON_WSGI = ("wsgi", "flask", "django")
ON_STARLETTE = ("starlette", "fastapi")


@dataclass(frozen=True)
class Layer:
    """`within`: the framework itself runs it; else it is an application around the application. `instead`: it takes an endpoint's place."""

    frameworks = ON_ASGI + ON_WSGI
    within = False
    instead = False
    template = ""

    def source(self, name: str, framework: Framework) -> str:
        """The definitions of the layer, and the statement that puts it around `app`."""
        text = fill(self.template, name=name)
        return text if self.within else f"{text}\napp = {name}(app)"

    def passes(self, fate: Fate, name: str) -> Fate:
        """The fate of the request on the outer side of this layer."""
        return fate


def nothing_starts(fate: Fate) -> Fate:
    """An exception leaves before anything has been sent: the server answers, and nobody is late."""
    return Fate((), raises="call", cause=fate.cause, certain=fate.certain)


def answered(fate: Fate, marker: str) -> Fate:
    """A layer has caught what left, and answers with a start of its own: the first one, or one too many."""
    if not fate.first:
        return Fate((marker,), certain=fate.certain)
    left = tuple(found for found in fate.findings if not found.rules[0].startswith("RS4"))
    if any(found.kind in ("start", "answer", "swallowed", "refused", "again") for found in left):
        return replace(fate, findings=left)
    # Bytes after the end make the server refuse, and that is what is answered here.
    kind = "refused" if any(found.kind == "body" for found in left) else "start"
    rules = ("RS201", "RS203") if fate.elsewhere else ("RS201",)
    return replace(fate, findings=(*left, Finding(rules, (marker,), kind)))


def crossed(fate: Fate, swallowed: tuple[str, ...]) -> Fate:
    """The start is known from here on by who made it. What is `swallowed` goes no further than this."""
    found = tuple(replace(each, kind="swallowed") if each.kind in swallowed else each for each in fate.findings)
    return replace(fate, kept=fate.first + fate.kept, findings=found)


def perhaps_racing(fate: Fate) -> Fate:
    """The application does not run where it was called: starts in two tasks or threads may be told as a race."""
    either = ("RS201", "RS203")
    found = tuple([replace(each, rules=either) if each.rules[0] in either else each for each in fate.findings])
    return replace(fate, findings=found, elsewhere=True)


def replaced(fate: Fate, name: str) -> Fate:
    """What was answered has been thrown away. (A session is everybody's: it may be told that it was changed too late.)"""
    if fate.raises and not any(found.kind in ("start", "answer", "body", "swallowed", "again") for found in fate.findings):
        return nothing_starts(fate)
    certain = fate.certain and not any(found.kind == "session" for found in fate.findings)
    return Fate((f"{name}:first",), certain=certain)


def kept(fate: Fate, name: str) -> Fate:
    """A start that was held back is sent on: its author stays, as long as the start is known to be a response object's."""
    return replace(fate, first=tuple(f"{name}:first" if marker == HOLDER else marker for marker in fate.kept))


# ---------------------------------------------------------------------- around an ASGI application
class Forwards(Layer):
    """Passes everything on, and adds a header to the list that is there."""

    frameworks = ON_ASGI
    template = """
        class $name:
            def __init__(self, app):
                self.app = app
            async def __call__(self, scope, receive, send):
                async def forward(message):
                    if message["type"] == "http.response.start":
                        message["headers"].append((b"x-$name", b"1"))
                    await send(message)
                await self.app(scope, receive, forward)
    """


class Rewrites(Layer):
    """Passes on a start of its own making, with the headers that it was given and one more."""

    frameworks = ON_ASGI
    template = """
        class $name:
            def __init__(self, app):
                self.app = app
            async def __call__(self, scope, receive, send):
                await self.app(scope, receive, functools.partial(self.forward, send))
            async def forward(self, send, message):
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message["headers"], (b"x-$name", b"1")]}
                await send(message)
    """

    def passes(self, fate, name):
        return replace(fate, live=False)


class Buffers(Layer):
    """Holds the start back until the application has returned, and sends it on with the body in one piece."""

    frameworks = ON_ASGI
    template = """
        def $name(app):
            async def buffering(scope, receive, send):
                start, body = None, b""
                async def keep(message):
                    nonlocal start, body
                    if message["type"] == "http.response.start":
                        start, body = message, b""
                    else:
                        body += message.get("body", b"")
                await app(scope, receive, keep)
                await send(start)  # <$name:first>
                await send({"type": "http.response.body", "body": body})
            return buffering
    """

    def passes(self, fate, name):
        for found in fate.findings:
            if found.kind in ("start", "answer"):  # the last start is the only one
                fate = replace(fate, findings=(), raises="", kept=found.late if found.kind == "answer" else (HOLDER,))
            elif found.kind in ("body", "swallowed", "again"):  # it may make the body longer than its head says
                return replace(fate, certain=False)
        if fate.raises:
            return nothing_starts(fate)
        # What is written to the very list that waits here is sent. When the session's cookie was made nobody has seen (a limit).
        harmless = ("header", "removal", "cookie", "session") if fate.live else ("session",)
        return replace(kept(fate, name), findings=tuple(found for found in fate.findings if found.kind not in harmless))


class Replaces(Layer):
    """Lets the application answer into the void, and answers itself."""

    frameworks = ON_ASGI
    template = """
        def $name(app):
            async def replacing(scope, receive, send):
                async def drop(message):
                    await asyncio.sleep(0)
                await app(scope, receive, drop)
                await send({"type": "http.response.start", "status": 203, "headers": []})  # <$name:first>
                await send({"type": "http.response.body", "body": b"replaced"})
            return replacing
    """

    def passes(self, fate, name):
        return replaced(fate, name)


class Spawns(Layer):
    """Runs the application in a task of its own."""

    frameworks = ON_ASGI
    template = """
        def $name(app):
            async def spawning(scope, receive, send):
                await asyncio.create_task(app(scope, receive, send))
            return spawning
    """

    def passes(self, fate, name):
        return perhaps_racing(fate)


class Guards(Layer):
    """Answers in the place of the application."""

    frameworks = ON_ASGI
    template = """
        def $name(app):
            async def guarding(scope, receive, send):
                if scope["type"] == "http":
                    await send({"type": "http.response.start", "status": 401, "headers": [(b"x-kind", b"guard")]})  # <$name:first>
                    await send({"type": "http.response.body", "body": b"no"})
                    return
                await app(scope, receive, send)
            return guarding
    """

    def passes(self, fate, name):
        return Fate((f"{name}:first",))


class RunsTwice(Layer):
    """Runs the application a second time, whether it has answered or not. Not drawn: what layers inside make of it is their own."""

    frameworks = ("asgi", *ON_STARLETTE)
    template = """
        def $name(app):
            async def twice(scope, receive, send):
                await app(scope, receive, send)
                await app(dict(scope), receive, send)  # <$name:late>
            return twice
    """

    def passes(self, fate, name):
        return replace(fate, findings=(Finding(("RS202",), (f"{name}:late",), "again"),), raises="stream")


class CatchesAll(Layer):
    """Answers every exception, whether something has been sent or not."""

    frameworks = ON_ASGI
    template = """
        def $name(app):
            async def catching(scope, receive, send):
                try:
                    await app(scope, receive, send)
                except Exception:
                    await send({"type": "http.response.start", "status": 500, "headers": []})  # <$name:late>
                    await send({"type": "http.response.body", "body": b"caught"})
            return catching
    """

    def passes(self, fate, name):
        return answered(fate, f"{name}:late") if fate.raises else fate


# ---------------------------------------------------------------------- inside of a framework
class Relays(Layer):
    """A BaseHTTPMiddleware: what it is given crosses to another task."""

    frameworks = ON_STARLETTE
    within = True
    template = """
        class $name(BaseHTTPMiddleware):
            async def dispatch(self, request, call_next):
                response = await call_next(request)
                response.headers["X-$name"] = "1"
                return response
        app.add_middleware($name)
    """

    def passes(self, fate, name):
        return crossed(fate, ("start", "answer", "body"))


class Sessions(Layer):
    """Sessions in a cookie: they copy the list of headers in every start."""

    frameworks = ON_STARLETTE
    within = True
    template = """
        app.add_middleware(SessionMiddleware, secret_key="s")
    """

    def passes(self, fate, name):
        return replace(fate, live=False)


class CrossOrigin(Layer):
    """Says in every start that answers differ by origin, in a copy of the list."""

    frameworks = ON_STARLETTE
    within = True
    template = """
        app.add_middleware(CORSMiddleware, allow_origins=["*"])
    """

    def passes(self, fate, name):
        return replace(fate, live=False)


class Compresses(Layer):
    """Passes on what need not be compressed."""

    frameworks = ON_STARLETTE
    within = True
    template = """
        app.add_middleware(GZipMiddleware)
    """

    def passes(self, fate, name):
        return crossed(fate, ("start", "answer"))


class RelaysOther(Layer):
    """A BaseHTTPMiddleware that throws away what it is given."""

    frameworks = ON_STARLETTE
    within = True
    template = """
        class $name(BaseHTTPMiddleware):
            async def dispatch(self, request, call_next):
                await call_next(request)
                return PlainTextResponse("replaced", status_code=203)  # <$name:first>
        app.add_middleware($name)
    """

    def passes(self, fate, name):
        if fate.cause:
            return fate
        # What was thrown away may still run for a while: an exception leaves if it comes to that, and the session is everybody's.
        certain = not any(found.kind in ("session", "swallowed") or found.rules[0].startswith("RS4") for found in fate.findings)
        return Fate((f"{name}:first",), (f"{name}:first",), live=True, certain=certain and fate.certain)


class BeforeRequest(Layer):
    """A function that answers in the place of the view."""

    frameworks = ("flask",)
    within = True
    instead = True
    template = """
        @app.before_request
        def $name():
            return "maintenance", 503  # <$name:first>
    """

    def passes(self, fate, name):
        first = (f"{name}:first",) if KNOWS_RETURNS else (f"{name}:first", NOBODY)
        return Fate(first, kept=first)


class AfterRequest(Layer):
    """A function that Flask calls with every response."""

    frameworks = ("flask",)
    within = True
    template = """
        @app.after_request
        def $name(response):
            response.headers["X-$name"] = "1"
            return response
    """


class AfterRequestOther(Layer):
    """A function that answers with another response."""

    frameworks = ("flask",)
    within = True
    template = """
        @app.after_request
        def $name(response):
            return make_response("replaced", 203)  # <$name:first>
    """

    def passes(self, fate, name):
        return Fate((f"{name}:first",), (f"{name}:first",))


class DjangoMiddleware(Layer):
    """A middleware function of Django."""

    frameworks = ("django", "django-asgi")
    within = True

    def source(self, name, framework):
        words = {"decorator": "@async_only_middleware", "async_": "async ", "await_": "await "} if framework.asynchronous else (
            {"decorator": "", "async_": "", "await_": ""}
        )  # fmt: skip
        return fill("""
            $decorator
            def $name(get_response):
                ${async_}def middleware(request):
                    response = ${await_}get_response(request)
                    $change
                    return response
                return middleware
            settings.MIDDLEWARE = [f"{__name__}.$name", *settings.MIDDLEWARE]
        """, name=name, change=fill(self.template, name=name), **words)

    template = 'response.headers["X-$name"] = "1"'


class DjangoMiddlewareOther(DjangoMiddleware):
    """A middleware that answers with another response."""

    template = 'response = HttpResponse("replaced", status=203)  # <$name:first>'

    def passes(self, fate, name):
        return Fate((f"{name}:first",), (f"{name}:first",))


class DjangoAnswersErrors(Layer):
    """A middleware class that answers the exceptions of views."""

    frameworks = ("django", "django-asgi")
    within = True
    template = """
        class $name(MiddlewareMixin):
            def process_exception(self, request, exception):
                return JsonResponse({"refused": True}, status=409)  # <$name:first>
        settings.MIDDLEWARE = [f"{__name__}.$name", *settings.MIDDLEWARE]
    """

    def passes(self, fate, name):
        return replace(fate, first=(f"{name}:first",), kept=(f"{name}:first",), raised=False) if fate.raised else fate


class DjangoMixin(Layer):
    """A middleware class of Django's older kind, which runs in a thread under ASGI."""

    frameworks = ("django", "django-asgi")
    within = True
    template = """
        class $name(MiddlewareMixin):
            def process_response(self, request, response):
                response.set_cookie("$name", "1")
                return response
        settings.MIDDLEWARE = [f"{__name__}.$name", *settings.MIDDLEWARE]
    """


# ---------------------------------------------------------------------- around a WSGI application
class WsgiForwards(Layer):
    """Adds a header on the way."""

    frameworks = ON_WSGI
    template = """
        class $name:
            def __init__(self, app):
                self.app = app
            def __call__(self, environ, start_response):
                def forward(status, headers, exc_info=None):
                    return start_response(status, [*headers, ("X-$name", "1")], exc_info)
                return self.app(environ, forward)
    """

    def passes(self, fate, name):
        return replace(fate, live=False)


class WsgiPasses(Layer):
    """Passes everything on as it is."""

    frameworks = ON_WSGI
    template = """
        def $name(app):
            def passing(environ, start_response):
                return app(environ, lambda *arguments: start_response(*arguments))
            return passing
    """


class WsgiLazy(Layer):
    """A generator around the application: nothing runs before the server iterates."""

    frameworks = ON_WSGI
    template = """
        def $name(app):
            def lazy(environ, start_response):
                result = app(environ, start_response)
                try:
                    yield from result
                finally:
                    if hasattr(result, "close"):
                        result.close()
            return lazy
    """

    def passes(self, fate, name):
        # What fails in close() does so before the end of the body now.
        cut = {"RS404": ("RS401", "RS402")}
        found = tuple(replace(each, rules=cut.get(each.rules[0], each.rules)) for each in fate.findings)
        return replace(fate, findings=found, raises="stream" if fate.raises else "")


class WsgiBuffers(Layer):
    """Holds the start back, and sends it on with the body in one piece."""

    frameworks = ON_WSGI
    template = """
        def $name(app):
            def buffering(environ, start_response):
                kept, body = None, []
                def keep(*arguments):
                    nonlocal kept
                    kept = arguments
                    return body.append
                result = app(environ, keep)
                try:
                    body.extend(result)
                finally:
                    if hasattr(result, "close"):
                        result.close()
                start_response(*kept)  # <$name:first>
                return [b"".join(body)]
            return buffering
    """

    def passes(self, fate, name):
        if any(found.kind == "start" for found in fate.findings):
            fate = replace(fate, findings=(), raises="", kept=(HOLDER,))
        if fate.raises:
            return nothing_starts(fate)
        return kept(fate, name)


class WsgiReplaces(Layer):
    """Lets the application answer into the void, and answers itself."""

    frameworks = ON_WSGI
    template = """
        def $name(app):
            def replacing(environ, start_response):
                dropped = []
                result = app(environ, lambda *arguments: dropped.append)
                try:
                    dropped.extend(result)
                finally:
                    if hasattr(result, "close"):
                        result.close()
                start_response("203 Non-Authoritative Information", [])  # <$name:first>
                return [b"replaced"]
            return replacing
    """

    def passes(self, fate, name):
        return replaced(fate, name)


class WsgiThread(Layer):
    """Calls the application in a worker thread, as timeouts do."""

    frameworks = ("wsgi", "django")
    template = """
        def $name(app):
            def threaded(environ, start_response):
                with ThreadPoolExecutor(1) as pool:
                    return pool.submit(app, environ, start_response).result()
            return threaded
    """

    def passes(self, fate, name):
        return perhaps_racing(fate)


class WsgiCatchesAll(Layer):
    """Answers every exception of the call, whether something has been sent or not."""

    frameworks = ON_WSGI
    template = """
        def $name(app):
            def catching(environ, start_response):
                try:
                    return app(environ, start_response)
                except Exception:
                    start_response("500 Internal Server Error", [])  # <$name:late>
                    return [b"caught"]
            return catching
    """

    def passes(self, fate, name):
        return answered(fate, f"{name}:late") if fate.raises == "call" else fate


LAYERS = (
    Forwards(), Rewrites(), Buffers(), Replaces(), Spawns(), Guards(), CatchesAll(), Sessions(), CrossOrigin(), Compresses(), Relays(), RelaysOther(),
    BeforeRequest(), AfterRequest(), AfterRequestOther(), DjangoMiddleware(), DjangoMiddlewareOther(), DjangoMixin(), DjangoAnswersErrors(),
    WsgiForwards(), WsgiPasses(), WsgiLazy(), WsgiBuffers(), WsgiReplaces(), WsgiThread(), WsgiCatchesAll(),
)  # fmt: skip
