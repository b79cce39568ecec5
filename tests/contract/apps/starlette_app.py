"""A shop on Starlette: every route is one scenario, named like its marker."""

from __future__ import annotations

import asyncio
import functools
import json
import tempfile
import threading
from pathlib import Path

import starlette_guards as guards
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.background import BackgroundTask, BackgroundTasks
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette_store import (
    AuditError,
    StockError,
    broken_feed,
    check_stock,
    decode,
    failing_job,
    find,
    flattened,
    mark_total,
    remember_visit,
    rows,
    save_last,
    slow_rows,
    transaction,
    translate,
)

FILES = Path(tempfile.mkdtemp(prefix="shop"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n")


# ---------------------------------------------------------------- late writes
async def late_header(request):
    async def lines():
        total = 0
        async for row in rows():
            total += 1
            yield row
        mark_total(response, total)

    response = StreamingResponse(lines(), media_type="text/csv")  # <late_header:first>
    return response


async def early_in_generator(request):
    """Written before the first chunk: with a BaseHTTPMiddleware in between it still gets through, without one it does not."""

    async def lines():
        response.headers["X-Early"] = "1"  # <early_in_generator:late>
        yield "a"

    response = StreamingResponse(lines())  # <early_in_generator:first>
    return response


async def nested_iteration(request):
    async def counted():
        total = 0
        async for row in flattened(rows(2), rows(2)):
            total += 1
            yield row
        mark_total(response, total)

    response = StreamingResponse(counted())  # <nested_iteration:first>
    return response


def late_status(request):
    def lines():
        yield from slow_rows()
        downgrade(response)

    response = as_stream(lines())
    return response


def as_stream(iterator) -> StreamingResponse:
    return StreamingResponse(iterator, headers={"X-Kind": "stream"})  # <late_status:first>


def downgrade(response) -> None:
    response.status_code = 206  # <late_status:late>


async def late_cookie(request):
    async def lines():
        async for row in rows():
            yield row
        remember_visit(response)

    return (response := StreamingResponse(lines()))  # <late_cookie:first>


async def late_delete(request):
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        del response.headers["X-Draft"]  # <late_delete:late>

    response = StreamingResponse(lines(), headers={"X-Draft": "1"})  # <late_delete:first>
    return response


async def late_raw_headers(request):
    """The list behind the headers is written to by hand: no probe sees it, the seal does."""

    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        response.raw_headers.append((b"x-raw", b"1"))

    response = StreamingResponse(lines())  # <late_raw_headers:first>
    return response


async def late_session(request):
    async def lines():
        async for row in rows():
            yield row
        save_last(request.session, "row")

    return StreamingResponse(lines())  # <late_session:first>


async def late_everything(request):
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        response.headers["X-Two"] = "2"  # <late_everything:late_header>
        response.status_code = 299  # <late_everything:late_status>

    response = StreamingResponse(lines())  # <late_everything:first>
    return response


def after_answer(response) -> None:
    response.headers["X-Done"] = "1"  # <late_in_background:late>


async def after_answer_async(response) -> None:
    await asyncio.sleep(0)
    response.delete_cookie("cart")  # <late_cookie_in_background:late>


async def late_in_background(request):
    response = JSONResponse({"ok": True})  # <late_in_background:first>
    response.background = BackgroundTask(after_answer, response)
    return response


async def late_cookie_in_background(request):
    tasks = BackgroundTasks()
    response = PlainTextResponse("ok", background=tasks)  # <late_cookie_in_background:first>
    tasks.add_task(len, "x")
    tasks.add_task(after_answer_async, response)
    return response


async def late_in_thread_timer(request):
    response = StreamingResponse(rows(6))  # <late_in_thread_timer:first>
    threading.Timer(0.03, response.headers.append, ("X-Timer", "1")).start()
    return response


def late_in_thread(request):
    """A worker thread of the user's own comes too late: it has no context of the request."""
    gone = threading.Event()

    def lines():
        yield "a"
        gone.set()
        worker.join()

    def stamp():
        gone.wait()
        response.headers["X-Thread"] = "1"  # <late_in_thread:late>

    response = StreamingResponse(lines())  # <late_in_thread:first>
    worker = threading.Thread(target=stamp)
    worker.start()
    return response


async def late_in_task(request):
    async def stamp():
        await asyncio.sleep(0.02)
        response.headers.update({"X-Task": "1"})  # <late_in_task:late>

    async def lines():
        for number in range(5):
            await asyncio.sleep(0.01)
            yield str(number)
        await task

    response = StreamingResponse(lines())  # <late_in_task:first>
    task = asyncio.create_task(stamp())
    return response


async def late_in_timer(request):
    response = StreamingResponse(rows(5))  # <late_in_timer:first>
    asyncio.get_running_loop().call_later(0.03, response.headers.setdefault, "X-Timer", "1")
    return response


async def late_in_executor(request):
    def stamp():
        response.headers["X-Pool"] = "1"  # <late_in_executor:late>

    async def lines():
        yield "a"
        await asyncio.get_running_loop().run_in_executor(None, stamp)
        yield "b"

    response = StreamingResponse(lines())  # <late_in_executor:first>
    return response


async def closed_early(request):
    """The generator's own clean-up writes when the client has gone; until then it is a normal stream."""

    async def lines():
        try:
            for _ in range(500):
                yield "x" * 20_000
                await asyncio.sleep(0.01)
        finally:
            await asyncio.sleep(0)

    return StreamingResponse(lines())


class LastModified(HTTPEndpoint):
    """Class-based: the answer is made in one method and touched in another."""

    async def get(self, request):
        self.response = self.answer()
        return self.response

    def answer(self):
        return StreamingResponse(self.lines())  # <class_based:first>

    async def lines(self):
        yield "a"
        await asyncio.sleep(0.01)
        self.touch("X-Touched")

    def touch(self, name):
        self.response.headers.append(name, "1")  # <class_based:late>


class Report(StreamingResponse):
    """A response class of the user's own."""

    def __init__(self, source, *, title: str) -> None:
        self.count = 0
        super().__init__(self.counted(source), headers={"X-Title": title})

    async def counted(self, source):
        async for row in source:
            self.count += 1
            yield row
        self.headers["X-Count"] = str(self.count)  # <own_class:late>


async def own_class(request):
    return Report(rows(), title="sales")  # <own_class:first>


class Signed(Response):
    """Sends itself in its own way."""

    async def __call__(self, scope, receive, send) -> None:
        self.headers["X-Signed"] = "1"
        await super().__call__(scope, receive, send)  # <own_call:first>
        self.headers["X-Signature"] = "abc"  # <own_call:late>


async def own_call(request):
    return Signed("signed")  # <own_call:first>


class Lines(Response):
    """Writes the protocol by hand, which makes itself the one that starts: whoever made it is as good an answer."""

    async def __call__(self, scope, receive, send) -> None:
        del self.headers["content-length"]
        await self.open(send)
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        self.status_code = 500  # <own_protocol:late>
        await send({"type": "http.response.body", "body": b"b"})

    async def open(self, send):
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})  # <own_protocol:first>


async def own_protocol(request):
    return Lines()  # <own_protocol:first>


# ---------------------------------------------------------------- decorators
def plain_decorator(function):
    """Without functools.wraps, as they are found in the wild."""

    async def inner(request):
        response = await function(request)
        response.headers["X-Inner"] = "1"
        return response

    return inner


def json_errors(function):
    @functools.wraps(function)
    async def inner(request):
        try:
            return await function(request)
        except KeyError as error:
            return JSONResponse({"missing": str(error)}, status_code=422)  # <decorator_answers:first>

    return inner


@plain_decorator
async def decorated(request):
    return PlainTextResponse("decorated")  # <decorated:first>


@json_errors
@plain_decorator
async def decorator_answers(request):
    return JSONResponse({}[request.url.path])


def with_page(page, request):
    return PlainTextResponse(page)  # <partial:first>


# ---------------------------------------------------------------- who started it: refused later by the audit
MAINTENANCE = PlainTextResponse("down for maintenance", status_code=503)  # <module_level:first>


def module_level(request):
    return MAINTENANCE  # <module_level:first>


def raise_teapot(request):
    raise_status(418)


def raise_status(status: int) -> None:
    raise HTTPException(status, "short and stout")  # <raised:first>


async def handled_early(request):
    return JSONResponse(check_stock("gone"))


async def crashed_early(request):
    raise AuditError("no")  # <crashed:first>


async def stock_error(request, error):
    return problem(409, str(error))


def problem(status: int, text: str) -> JSONResponse:
    return JSONResponse({"detail": text}, status_code=status)  # <handled_early:first>


def not_here(request, error):
    return PlainTextResponse("nothing here", status_code=404)  # <status_handler:first>


async def crashed(request, error):
    return PlainTextResponse("crashed", status_code=500)  # <crashed:first>


async def redirected(request):
    return RedirectResponse("/module_level")  # <redirected:first>


async def filed(request):
    return FileResponse(FILES / "catalogue.txt")  # <filed:first>


class Page:
    """Builds responses in a class method."""

    @classmethod
    def of(cls, text):
        return Response(cls.wrap(text), media_type="text/html")  # <factory:first>

    @staticmethod
    def wrap(text):
        return f"<p>{text}</p>"


async def factory(request):
    page = Page.of("hello")
    page.headers["X-Page"] = "1"
    return page


async def in_pool(request):
    return await run_in_threadpool(Page.of, "pool")


class Gallery(HTTPEndpoint):
    def get(self, request):
        if "big" in request.query_params:
            return PlainTextResponse("big")
        return PlainTextResponse("small")  # <endpoint_method:first>


class ByHand:
    """An ASGI application as an endpoint: it calls a response itself."""

    async def __call__(self, scope, receive, send) -> None:
        await self.reply(PlainTextResponse("by hand"), scope, receive, send)  # <asgi_endpoint:first>

    async def reply(self, response, scope, receive, send):
        await response(scope, receive, send)  # <asgi_endpoint:first>


class Protocol:
    """An ASGI application as an endpoint: it speaks the protocol."""

    async def __call__(self, scope, receive, send) -> None:
        await self.begin(send, 200)
        await send({"type": "http.response.body", "body": b"spoken"})

    async def begin(self, send, status):
        start = {"type": "http.response.start", "status": status, "headers": [(b"x-spoken", b"1")]}
        await asyncio.sleep(0)
        await send(start)  # <spoken:first>


async def spawned(request):
    """Sent from a task of its own."""
    response = PlainTextResponse("spawned")  # <spawned:first>
    task = asyncio.create_task(response(request.scope, request.receive, request._send))  # <spawned:first>
    await task
    return Nothing()


class Nothing(Response):
    """An answer that has been given already."""

    async def __call__(self, scope, receive, send) -> None:
        pass


async def events(request):
    async def source():
        yield {"data": "one"}

    return EventSourceResponse(source())  # <sse:first>


async def late_event(request):
    """A response class of a library, with its own way to send itself."""

    async def source():
        yield {"data": "one"}
        await asyncio.sleep(0.01)
        response.set_cookie("read", "one")  # <late_event:late>

    response = EventSourceResponse(source())  # <late_event:first>
    return response


# ---------------------------------------------------------------- second starts
async def sent_then_returned(request):
    await answer_now(request, PlainTextResponse("now", background=None))
    return JSONResponse({"ok": False})  # <sent_then_returned:late>


async def answer_now(request, response):
    await response(request.scope, request.receive, request._send)  # <sent_then_returned:first> <sent_twice:first>


async def sent_twice(request):
    response = PlainTextResponse("same")  # <sent_twice:first>
    await answer_now(request, response)
    return response  # <sent_twice:late>


async def sent_then_none(request):
    response = PlainTextResponse("sent")
    await response(request.scope, request.receive, request._send)
    return Nothing()


class Feed:
    """Forgets to return after an error answer."""

    async def __call__(self, scope, receive, send) -> None:
        if b"kind" not in scope["query_string"]:
            await self.fail(send, b"kind?")
        await self.start(send, 200)
        await send({"type": "http.response.body", "body": b"feed"})

    async def fail(self, send, text):
        await self.start(send, 400)
        await send({"type": "http.response.body", "body": text})

    async def start(self, send, status):
        await send({"type": "http.response.start", "status": status, "headers": []})  # <shared_helper:first> <shared_helper:late>


async def race(request):
    """Cache and origin answer; nobody cancels the loser."""

    async def answer_from(source, delay):
        await asyncio.sleep(delay)
        response = PlainTextResponse(source)  # <race:first> <race:late>
        await response(request.scope, request.receive, request._send)  # <race:first> <race:late>

    jobs = [asyncio.create_task(answer_from(*job)) for job in (("cache", 0.01), ("origin", 0.03))]
    await asyncio.gather(*jobs, return_exceptions=True)
    return Nothing()


async def slow_stream(request):
    return StreamingResponse(rows(40))  # <timeout:first>


async def slow_answer(request):
    await asyncio.sleep(2)
    return PlainTextResponse("never")


async def broken_stream(request):
    async def lines():
        async for line in broken_feed():
            yield line

    return StreamingResponse(lines())  # <catch_all:first>


async def crashing(request):
    raise OSError("disk")


FLAKY = {"count": 0}


async def unavailable(request):
    return PlainTextResponse("busy", status_code=503)  # <retry:first>


async def flaky(request):
    FLAKY["count"] += 1
    return PlainTextResponse("ok" if FLAKY["count"] % 2 == 0 else "busy", status_code=200 if FLAKY["count"] % 2 == 0 else 503)


async def shop_missing(request, error):
    return PlainTextResponse("shop: no", status_code=404)  # <cascade:first>


async def post(request):
    return PlainTextResponse("post")  # <cascade:late>


async def members(request):
    return PlainTextResponse("members only")  # <forgot_return:late>


# ---------------------------------------------------------------- exceptions
async def handled_late(request):
    async def lines():
        for item in ("nuts", "gone"):
            await asyncio.sleep(0.01)
            yield check_stock(item)

    return StreamingResponse(lines())  # <handled_late:first>


async def not_found_late(request):
    async def lines():
        for item in ("here", "nowhere"):
            yield find(item)

    return StreamingResponse(lines())  # <not_found_late:first>


async def redirect_late(request):
    async def lines():
        yield "a"
        raise HTTPException(303, headers={"Location": "/login"})  # <redirect_late:late>

    return StreamingResponse(lines())  # <redirect_late:first>


def unhandled_late(request):
    def lines():
        yield "a"
        raise AuditError("late")  # <unhandled_late:late>

    return StreamingResponse(lines())  # <unhandled_late:first>


async def before_first_chunk(request):
    async def lines():
        raise AuditError("at once")  # <before_first_chunk:late>
        yield ""

    return StreamingResponse(lines())  # <before_first_chunk:first>


async def library_error(request):
    async def lines():
        for text in ("{}", "{"):
            await asyncio.sleep(0.01)
            yield json.dumps(decode(text))

    return StreamingResponse(lines())  # <library_error:first>


async def error_from(request):
    async def lines():
        for text in ("{}", "{"):
            await asyncio.sleep(0.01)
            yield json.dumps(translate(text))

    return StreamingResponse(lines())  # <error_from:first>


async def reraised(request):
    async def lines():
        async with transaction([]):
            async for line in broken_feed():
                yield line

    return StreamingResponse(lines())  # <reraised:first>


async def grouped(request):
    async def lines():
        yield "a"
        errors = []
        for feed in (broken_feed(), broken_feed()):
            try:
                async for line in feed:
                    yield line
            except OSError as error:
                errors.append(error)
        raise ExceptionGroup("feeds", errors)  # <grouped:late>

    return StreamingResponse(lines())  # <grouped:first>


async def task_group(request):
    async def lines():
        yield "a"
        async with asyncio.TaskGroup() as group:
            for number in range(4):
                group.create_task(failing_job(number))

    return StreamingResponse(lines())  # <task_group:first>


async def looks_complete(request):
    return StreamingResponse(broken_feed())  # <looks_complete:first>


def notify(address: str) -> None:
    raise OSError(f"no route to {address}")  # <background_fails:late>


async def refuse() -> None:
    raise HTTPException(402, "pay first")  # <background_refuses:late>


async def background_fails(request):
    return JSONResponse({"queued": True}, background=BackgroundTask(notify, "a@shop.test"))  # <background_fails:first>


async def background_refuses(request):
    answer = JSONResponse({"queued": True})  # <background_refuses:first>
    answer.background = BackgroundTask(refuse)
    return answer


async def caught_inside(request):
    async def lines():
        try:
            async for line in broken_feed():
                yield line
        except OSError:
            yield "the feed was lost\n"

    return StreamingResponse(lines())


# ---------------------------------------------------------------- lengths
async def too_long(request):
    return sized("four and more", 4)


def sized(text: str, length: int) -> Response:
    return PlainTextResponse(text, headers={"Content-Length": str(length)})  # <too_long:first> <too_long:late>


async def too_short(request):
    return StreamingResponse(rows(2), headers={"Content-Length": "40"})  # <too_short:first>


async def spaced(request):
    return PlainTextResponse("a b c d")  # <minified:first> <lengthened:first> <drained:first>


async def no_content(request):
    return Response(status_code=204)  # <no_content:first>


async def ended(request):
    return PlainTextResponse("ended")  # <footer:first>


async def unfinished(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"almost", "more_body": True})


# ---------------------------------------------------------------- BaseHTTPMiddleware
class Timing(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["X-Time"] = "1"
        return response


class Replace(BaseHTTPMiddleware):
    """Throws the answer away and builds its own."""

    async def dispatch(self, request, call_next):
        response = await call_next(request)
        if response.status_code == 418:
            return self.polite()
        return response

    def polite(self):
        return PlainTextResponse("tea is over", status_code=410)  # <replaced:first>


class Drain(BaseHTTPMiddleware):
    """Reads the body for the log, and does not put it back."""

    async def dispatch(self, request, call_next):
        response = await call_next(request)
        _ = [chunk async for chunk in response.body_iterator]  # <drained:late>
        return response


class Uppercase(BaseHTTPMiddleware):
    """Rebuilds the answer and keeps the old headers, the length among them."""

    async def dispatch(self, request, call_next):
        response = await call_next(request)
        body = b"".join([chunk async for chunk in response.body_iterator])
        return Response(body + b"!", response.status_code, dict(response.headers))  # <rebuilt:first> <rebuilt:late>


class CallTwice(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        if response.status_code >= 500:
            response = await call_next(request)
        return response


class ErrorsToJson(BaseHTTPMiddleware):
    """The usual one: turns exceptions into answers, in time."""

    async def dispatch(self, request, call_next):
        try:
            return await call_next(request)
        except Exception as error:
            return JSONResponse({"error": type(error).__name__}, status_code=500)  # <errors_to_json:first>


class FailAfter(BaseHTTPMiddleware):
    """Fails with the answer in hand: nothing has left, the handler of the outer application answers."""

    async def dispatch(self, request, call_next):
        await call_next(request)
        raise AuditError("after call_next")


async def timed(request, call_next):
    response = await call_next(request)
    response.headers["X-Timed"] = "1"
    return response


async def cookie_on_the_way_out(request, call_next):
    response = await call_next(request)
    response.set_cookie("seen", "1")
    response.status_code = 203
    request.session["seen"] = "yes"
    return response


# ---------------------------------------------------------------- clean
async def equal_write(request):
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        response.headers["X-Same"] = "1"
        response.status_code = 200

    response = StreamingResponse(lines(), headers={"X-Same": "1"})
    return response


async def copied_headers(request):
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        copy = response.headers.mutablecopy()
        copy["X-Copy"] = "1"
        dict(response.headers)["x-dict"] = "1"
        list(response.raw_headers).append((b"x-list", b"1"))

    response = StreamingResponse(lines())
    return response


async def never_sent(request):
    draft = JSONResponse({"draft": True})
    draft.headers["X-Draft"] = "1"
    final = PlainTextResponse("final")
    final.background = BackgroundTask(draft.set_cookie, "draft", "1")
    return final


async def session_read(request):
    request.session["seen"] = request.url.path

    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        yield request.session.get("seen", "")
        yield request.headers.get("host", "")

    return StreamingResponse(lines())


COUNTER = PlainTextResponse("counted")


async def edited_before_each(request):
    COUNTER.headers["X-Count"] = str(int(COUNTER.headers.get("X-Count", "0")) + 1)
    return COUNTER


async def everything_in_time(request):
    response = JSONResponse({"ok": True})
    response.headers["X-One"] = "1"
    response.set_cookie("one", "1")
    response.delete_cookie("two")
    response.status_code = 201
    return response


async def not_modified(request):
    return Response(status_code=304, headers={"ETag": '"1"', "Content-Length": "20"})


async def chatty(request):
    """Enough for a compressing middleware."""
    return PlainTextResponse("many words " * 200)  # <chatty:first>


async def posted(request):  # <wrong_method:first>
    form = await request.body()
    return JSONResponse({"size": len(form)}, status_code=201)  # <posted:first>


async def caught_before_start(request):
    try:
        check_stock("gone")
    except StockError:
        return PlainTextResponse("sold out", status_code=409)
    return PlainTextResponse("ok")


async def stream_slowly(request):
    """For concurrent requests: only every second one writes late."""
    number = int(request.path_params["number"])

    async def lines():
        for row in range(4):
            await asyncio.sleep(0.01 + 0.005 * (number % 3))
            yield f"{number}:{row} "
        if number % 2:
            response.headers[f"X-N{number}"] = "1"  # <mixed:late>

    response = StreamingResponse(lines())  # <mixed:first>
    return response


SHARED: dict[str, Response] = {}


async def share(request):
    async def lines():
        for _ in range(30):
            await asyncio.sleep(0.02)
            yield "."

    SHARED["response"] = StreamingResponse(lines())  # <shared:first>
    return SHARED["response"]


async def meddle(request):
    SHARED["response"].headers["X-Meddled"] = "1"  # <shared:late>
    return PlainTextResponse("meddled")


async def echo(websocket):
    await websocket.accept(headers=[(b"x-echo", b"1")])
    async for text in websocket.iter_text():
        await websocket.send_text(f"echo {text}")


async def denied(websocket):
    await websocket.send_denial_response(JSONResponse({"reason": "members only"}, status_code=403))


# ---------------------------------------------------------------- the applications
EVERYWHERE = [
    late_header, late_status, late_cookie, late_delete, late_in_background, late_cookie_in_background, late_raw_headers,
    late_everything, late_event, own_call, own_class, own_protocol, nested_iteration, early_in_generator, handled_late,
    unhandled_late, looks_complete,
    background_fails, background_refuses, not_found_late, redirect_late, before_first_chunk, sent_then_returned, equal_write,
    copied_headers,
    never_sent, everything_in_time, caught_inside, edited_before_each, chatty, factory, module_level, raise_teapot,
    handled_early, crashed_early,
]  # fmt: skip

HANDLERS = {StockError: stock_error, 404: not_here, Exception: crashed}


def routes(*functions):
    return [Route(f"/{function.__name__}", function) for function in functions]


def layered(*layers: type[BaseHTTPMiddleware]) -> Starlette:
    """The same routes behind layers of BaseHTTPMiddleware."""
    return Starlette(routes=routes(*EVERYWHERE), middleware=[Middleware(layer) for layer in layers], exception_handlers=HANDLERS)


def guarded(guard, *functions, **options):
    return guard(Starlette(routes=routes(*functions), exception_handlers=HANDLERS), **options)


shop = Starlette(routes=[], exception_handlers={404: shop_missing})
blog = Starlette(routes=routes(post))
tools = Router(routes=[Route("/decorated", decorated), *routes(in_pool)])

MAIN = [
    *routes(
        *EVERYWHERE, late_in_thread, late_in_task, late_in_timer, late_in_thread_timer, late_in_executor, closed_early,
        redirected, filed, in_pool, spawned, events, sent_twice, sent_then_none, race, library_error, error_from, reraised,
        grouped, task_group,
        too_long, too_short, no_content, not_modified, caught_before_start, share, meddle,
    ),
    Route("/decorated", decorated),
    Route("/decorator_answers", decorator_answers),
    Route("/partial", functools.partial(with_page, "partial")),
    Route("/posted", posted, methods=["POST"]),
    Route("/class_based", LastModified),
    Route("/endpoint_method", Gallery),
    Route("/asgi_endpoint", ByHand()),
    Route("/spoken", Protocol()),
    Route("/shared_helper", Feed()),
    Route("/mixed/{number}", stream_slowly),
    WebSocketRoute("/echo", echo),
    WebSocketRoute("/denied", denied),
    Mount("/tools", app=tools),
    Mount("/deep", routes=[Mount("/deeper", routes=routes(factory, late_header))]),
    Host("api.shop.test", app=Router(routes=routes(factory))),
    Mount("/files", app=StaticFiles(directory=FILES)),
    Mount("/one", app=layered(Timing)),
    Mount("/three", app=layered(Timing, Timing, Timing)),
    Mount("/json", app=Starlette(routes=routes(crashing, *EVERYWHERE), middleware=[Middleware(ErrorsToJson)])),
    Mount("/replace", app=Starlette(routes=routes(raise_teapot, late_header), middleware=[Middleware(Timing), Middleware(Replace)])),
    Mount("/drain", app=Starlette(routes=routes(spaced), middleware=[Middleware(Drain)])),
    Mount("/upper", app=Starlette(routes=routes(spaced), middleware=[Middleware(Uppercase)])),
    Mount("/twice", app=Starlette(routes=routes(unavailable, factory), middleware=[Middleware(CallTwice)])),
    Mount("/fail_after", app=Starlette(routes=routes(factory), middleware=[Middleware(FailAfter)])),
    Mount(
        "/sessions",
        app=Starlette(
            routes=routes(late_session, session_read),
            middleware=[
                Middleware(SessionMiddleware, secret_key="not-a-secret"),
                Middleware(BaseHTTPMiddleware, dispatch=cookie_on_the_way_out),
            ],
        ),
    ),
    Mount(
        "/session",
        app=Starlette(routes=routes(late_session, session_read), middleware=[Middleware(SessionMiddleware, secret_key="no")]),
    ),
    Mount(
        "/stack",
        app=Starlette(
            routes=routes(late_header, chatty, late_cookie, everything_in_time, handled_early),
            middleware=[
                Middleware(CORSMiddleware, allow_origins=["*"]),
                Middleware(GZipMiddleware, minimum_size=100),
                Middleware(BaseHTTPMiddleware, dispatch=timed),
                Middleware(guards.Tag),
            ],
            exception_handlers=HANDLERS,
        ),
    ),
    Mount("/tag", app=guarded(guards.Tag, late_header, factory, late_status, sent_then_returned)),
    Mount("/rewrite", app=guarded(guards.Rewrite, factory, crashed_early, late_header)),
    Mount("/buffer", app=guarded(guards.Buffer, factory, late_header, crashing)),
    Mount("/hide", app=guarded(guards.HideErrors, unavailable, factory)),
    Mount("/stamp", app=guarded(guards.LateStamp, late_header, factory)),
    Mount("/view", app=guarded(guards.LateView, factory)),
    Mount("/timeout", app=guarded(guards.Timeout, slow_stream, slow_answer, factory, limit=0.15)),
    Mount("/catch", app=guards.CatchAll(Router(routes=routes(broken_stream, crashing)))),
    Mount("/careful", app=guards.CarefulCatchAll(Router(routes=routes(looks_complete, crashing)))),
    Mount("/retry", app=guarded(guards.Retry, unavailable, factory)),
    Mount("/careful_retry", app=guarded(guards.CarefulRetry, flaky)),
    Mount("/cascade", app=guards.Cascade(shop, blog)),
    Mount("/gate", app=guarded(guards.Gate, members)),
    Mount("/close_gate", app=guarded(guards.CloseGate, members)),
    Mount("/minify", app=guarded(guards.Minify, spaced)),
    Mount("/instead", app=guarded(guards.Instead, spaced)),
    Mount("/hold_back", app=guarded(guards.HoldBack, late_header)),
    Mount("/banner", app=guarded(guards.Banner, spaced)),
    Mount("/footer", app=guarded(guards.Footer, ended)),
    Mount("/finish", app=guards.Finish(unfinished)),
    Mount("/hints", app=guarded(guards.Hints, factory)),
]

app = guards.Audit(Starlette(routes=MAIN, exception_handlers=HANDLERS))
