"""What lies around the endpoints. A layer writes its own source and tells what it makes of a request's fate."""

from __future__ import annotations

from dataclasses import dataclass, replace

from generated.frameworks import Framework
from generated.parts import Fate, Finding, fill

ON_ASGI = ("asgi", "starlette", "fastapi", "django-asgi")
ON_WSGI = ("wsgi", "flask", "django")
ON_STARLETTE = ("starlette", "fastapi")


@dataclass(frozen=True)
class Layer:
    """`within`: the framework itself runs it; else it is an application around the application."""

    frameworks = ON_ASGI + ON_WSGI
    within = False
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
    if any(found.kind == "start" for found in left):
        return replace(fate, findings=left)
    return replace(fate, findings=(*left, Finding(("RS201",), (marker,), "start")))


def kept(fate: Fate, name: str) -> Fate:
    """A start that was held back is sent on: its author stays, as long as the start is known to be a response object's."""
    holder = (f"{name}:first",)
    return replace(fate, first=fate.kept, holder=holder) if fate.kept else replace(fate, first=holder, holder=())


def rewritten(fate: Fate) -> Fate:
    """A head of the same content in another list: if it was kept before, nobody can tell any more whose it is."""
    return replace(fate, first=fate.first + fate.holder, kept=(), live=False, holder=())


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
        return rewritten(fate)


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
                        start = message
                    else:
                        body += message.get("body", b"")
                await app(scope, receive, keep)
                await send(start)  # <$name:first>
                await send({"type": "http.response.body", "body": body})
            return buffering
    """

    def passes(self, fate, name):
        if any(found.kind == "start" for found in fate.findings):
            fate = replace(fate, findings=(), raises="", kept=())  # the last start is the only one
        if any(found.kind == "body" for found in fate.findings):
            fate = replace(fate, findings=(), raises="")
        if fate.raises:
            return nothing_starts(fate)
        lost = tuple(found for found in fate.findings if not (fate.live and found.kind in ("header", "removal", "cookie")))
        return replace(kept(fate, name), findings=lost)


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
        refused = any(found.kind in ("start", "body") for found in fate.findings)
        if fate.raises and not refused:
            return nothing_starts(fate)
        return Fate((f"{name}:first",), certain=fate.certain)


class Spawns(Layer):
    """Runs the application in a task of its own."""

    frameworks = ON_ASGI
    template = """
        def $name(app):
            async def spawning(scope, receive, send):
                await asyncio.create_task(app(scope, receive, send))
            return spawning
    """


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
        certain = not any(found.kind == "session" or found.rules[0].startswith("RS4") for found in fate.findings)
        return Fate((f"{name}:first",), (f"{name}:first",), live=True, certain=certain)


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
        return rewritten(fate)


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
            fate = replace(fate, findings=(), raises="", kept=())
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
        refused = any(found.kind == "start" for found in fate.findings)
        return nothing_starts(fate) if fate.raises and not refused else Fate((f"{name}:first",), certain=fate.certain)


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
        # A start in this thread and another one in the server's are told as a race, unless they are in one call.
        found = [replace(each, rules=("RS201", "RS203")) if each.kind == "start" else each for each in fate.findings]
        return replace(fate, findings=tuple(found))


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
    Forwards(), Rewrites(), Buffers(), Replaces(), Spawns(), CatchesAll(), Relays(), RelaysOther(),
    AfterRequest(), AfterRequestOther(), DjangoMiddleware(), DjangoMiddlewareOther(), DjangoMixin(),
    WsgiForwards(), WsgiPasses(), WsgiLazy(), WsgiBuffers(), WsgiReplaces(), WsgiThread(), WsgiCatchesAll(),
)  # fmt: skip
