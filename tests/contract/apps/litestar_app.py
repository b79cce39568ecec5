"""A shop on Litestar: every route is one scenario, named like its marker."""

from __future__ import annotations

import asyncio
import functools
import tempfile
import threading
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import litestar_guards as guards
from litestar import Controller, Litestar, MediaType, Request, Response, Router, WebSocket, asgi, get, post, route, websocket
from litestar.background_tasks import BackgroundTask, BackgroundTasks
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.datastructures import Cookie, ResponseHeader
from litestar.di import Provide
from litestar.events import listener
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.openapi import OpenAPIConfig
from litestar.response import File, Redirect, ServerSentEvent, Stream, Template
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse
from litestar.serialization import encode_json
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar_store import (
    AuditError,
    BrokenFeedError,
    StockError,
    check_stock,
    crumb,
    downgrade,
    failing_job,
    load,
    mark_total,
    passes_on,
    remember_last,
    remember_visit,
    rows,
    slow_rows,
    translate,
)

FILES = Path(tempfile.mkdtemp(prefix="shop"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n")
(FILES / "large.txt").write_text("x" * 3_000_000)


# ---------------------------------------------------------------- late writes
@get("/late_header")
async def late_header() -> Stream:
    async def lines():
        total = 0
        async for row in rows():
            total += 1
            yield row
        mark_total(response, total)

    response = Stream(lines(), media_type="text/csv")  # <late_header:first>
    return response


@get("/early_in_generator")
async def early_in_generator() -> Stream:
    """Written before the first chunk: the head has been copied already."""

    async def lines():
        response.headers["X-Early"] = "1"  # <early_in_generator:late>
        yield "a"

    response = Stream(lines())  # <early_in_generator:first>
    return response


@get("/nested_iteration")
async def nested_iteration() -> Stream:
    async def counted():
        total = 0
        async for row in rows(2):
            total += 1
            yield row
        mark_total(response, total)

    async def outer():
        async for row in counted():
            yield row

    response: Stream = Stream(outer)  # <nested_iteration:first>
    return response


@get("/late_status", sync_to_thread=True)
def late_status() -> Stream:
    """A sync handler, and a sync iterator: both run in threads."""

    def lines():
        yield from slow_rows()
        downgrade(response)

    response = as_stream(lines())
    return response


def as_stream(iterator) -> Stream:
    return Stream(iterator, headers={"X-Kind": "stream"})  # <late_status:first>


@get("/late_cookie")
async def late_cookie() -> Stream:
    async def lines():
        async for row in rows():
            yield row
        remember_visit(response)

    return (response := Stream(lines()))  # <late_cookie:first>


@get("/late_cookie_list")
async def late_cookie_list() -> Stream:
    """The list of cookies is written to by hand: no probe sees it, the seal does."""

    async def lines():
        yield "a"
        response.cookies.append(crumb())

    response = Stream(lines())  # <late_cookie_list:first>
    return response


@get("/late_delete")
async def late_delete() -> Stream:
    async def lines():
        yield "a"
        del response.headers["X-Draft"]  # <late_delete:late>

    response = Stream(lines(), headers={"X-Draft": "1"})  # <late_delete:first>
    return response


@get("/late_update")
async def late_update() -> Stream:
    async def lines():
        yield "a"
        response.headers.update({"X-Rows": 1})  # <late_update:late>

    response = Stream(lines(), headers=[ResponseHeader(name="X-Kind", value="rows")])  # <late_update:first>
    return response


@get("/late_replaced")
async def late_replaced() -> Stream:
    async def lines():
        yield "a"
        response.headers = {"X-Kind": "replaced"}  # <late_replaced:late>

    response = Stream(lines(), headers={"X-Kind": "first"})  # <late_replaced:first>
    return response


@get("/late_everything")
async def late_everything() -> Stream:
    async def lines():
        yield "a"
        response.set_header("X-Two", "2")  # <late_everything:late_header>
        response.status_code = 299  # <late_everything:late_status>
        response.set_cookie(Cookie(key="three", value="3"))  # <late_everything:late_cookie>

    response = Stream(lines())  # <late_everything:first>
    return response


def after_answer(response) -> None:
    response.headers["X-Done"] = "1"  # <late_in_background:late>


@get("/late_in_background")
async def late_in_background() -> Response[dict[str, bool]]:
    response = Response({"ok": True})  # <late_in_background:first>
    response.background = BackgroundTask(after_answer, response)
    return response


async def after_answer_async(response) -> None:
    await asyncio.sleep(0)
    response.delete_cookie("cart")  # <late_cookie_in_background:late>


@get("/late_cookie_in_background")
async def late_cookie_in_background() -> Response[str]:
    response = Response("ok", media_type=MediaType.TEXT)  # <late_cookie_in_background:first>
    response.background = BackgroundTasks([BackgroundTask(len, "x"), BackgroundTask(after_answer_async, response)])
    return response


async def tag_version(response) -> None:
    response.set_etag("v2")  # <late_etag:late>


@get("/late_etag")
async def late_etag() -> Response[str]:
    response = Response("ok")  # <late_etag:first>
    response.background = BackgroundTasks([BackgroundTask(tag_version, response)], run_in_task_group=True)
    return response


@get("/late_in_thread", sync_to_thread=False)
def late_in_thread() -> Stream:
    """A worker thread of the user's own comes too late: it has no context of the request."""
    gone = threading.Event()

    def lines():
        yield "a"
        gone.set()
        worker.join()

    def stamp():
        gone.wait()
        response.headers["X-Thread"] = "1"  # <late_in_thread:late>

    response = Stream(lines())  # <late_in_thread:first>
    worker = threading.Thread(target=stamp)
    worker.start()
    return response


@get("/late_in_task")
async def late_in_task() -> Stream:
    async def stamp():
        await asyncio.sleep(0.02)
        response.headers |= {"X-Task": "1"}  # <late_in_task:late>

    async def lines():
        async for row in rows(5):
            yield row
        await task

    response = Stream(lines())  # <late_in_task:first>
    task = asyncio.create_task(stamp())
    return response


@get("/late_in_timer")
async def late_in_timer() -> Stream:
    response = Stream(rows(5))  # <late_in_timer:first>
    asyncio.get_running_loop().call_later(0.02, response.headers.setdefault, "X-Timer", "1")
    return response


@get("/late_in_executor")
async def late_in_executor() -> Stream:
    def stamp():
        response.headers["X-Pool"] = "1"  # <late_in_executor:late>

    async def lines():
        yield "a"
        await asyncio.get_running_loop().run_in_executor(None, stamp)
        yield "b"

    response = Stream(lines())  # <late_in_executor:first>
    return response


@listener("sold")
async def on_sold(response) -> None:
    response.headers["X-Sold"] = "1"  # <late_in_listener:late>


@get("/late_in_listener")
async def late_in_listener(request: Request) -> Stream:
    async def lines():
        yield "a"
        request.app.emit("sold", response=response)
        async for row in rows(3):
            yield row

    response = Stream(lines())  # <late_in_listener:first>
    return response


class Prices(Controller):
    """The answer is made in one method and touched in another."""

    path = "/prices"

    @get("/late_in_controller")
    async def late_in_controller(self) -> Stream:
        response = self.answer()
        response.iterator = self.lines(response)
        return response

    def answer(self) -> Stream:
        return Stream(iter(()))  # <late_in_controller:first>

    async def lines(self, response):
        yield "a"
        await asyncio.sleep(0.01)
        self.touch(response, "X-Touched")

    def touch(self, response, name) -> None:
        response.set_header(name, "1")  # <late_in_controller:late>

    @get("/controller_value", media_type=MediaType.TEXT)
    async def controller_value(self, big: bool = False) -> str:  # <controller_value_definition:first>
        if big:
            return "big"
        return "small"  # <controller_value:first>


class Report(Stream):
    """A response class of the user's own."""

    def __init__(self, source, *, title: str) -> None:
        self.count = 0
        super().__init__(self.counted(source), headers={"X-Title": title})

    async def counted(self, source):
        async for row in source:
            self.count += 1
            yield row
        self.headers["X-Count"] = str(self.count)  # <own_class:late>


@get("/own_class")
async def own_class() -> Report:
    return Report(rows(), title="sales")  # <own_class:first>


class Signed(ASGIResponse):
    """Sends itself in its own way."""

    async def __call__(self, scope, receive, send) -> None:
        self.headers["X-Signed"] = "1"
        await super().__call__(scope, receive, send)
        self.headers["X-Signature"] = "abc"  # <own_call:late>


@get("/own_call")
async def own_call() -> ASGIResponse:
    return Signed(body=b"signed", media_type="text/plain")  # <own_call:first>


class Letter(Response[str]):
    """Makes the object that is sent by itself."""

    def to_asgi_response(self, app, request, **options) -> ASGIResponse:
        sent = ASGIResponse(body=self.content, background=self.background)  # <own_conversion:first>
        sent.background = BackgroundTask(self.seal, sent)
        return sent

    async def seal(self, sent) -> None:
        sent.status_code = 299  # <own_conversion:late>


@get("/own_conversion")
async def own_conversion() -> Letter:
    return Letter("dear")  # <own_conversion:first>


@get("/late_asgi_response")
async def late_asgi_response() -> ASGIResponse:
    async def lines():
        yield "a"
        response.headers["X-Late"] = "1"  # <late_asgi_response:late>

    response = ASGIStreamingResponse(iterator=lines())  # <late_asgi_response:first>
    return response


@get("/late_event")
async def late_event() -> ServerSentEvent:
    async def source():
        yield {"data": "one"}
        response.set_cookie("read", "one")  # <late_event:late>

    response = ServerSentEvent(source())  # <late_event:first>
    return response


async def count_download(response) -> None:
    response.headers["X-Downloads"] = "7"  # <late_file:late> <late_redirect:late> <late_template:late>


@get("/late_file")
async def late_file() -> File:
    response = File(FILES / "catalogue.txt", filename="catalogue.txt")  # <late_file:first>
    response.background = BackgroundTask(count_download, response)
    return response


@get("/late_redirect")
async def late_redirect() -> Redirect:
    response = Redirect("/value", status_code=307)  # <late_redirect:first>
    response.background = BackgroundTask(count_download, response)
    return response


@get("/late_template")
async def late_template() -> Template:
    response = Template(template_str="<p>{{ name }}</p>", context={"name": "nuts"})  # <late_template:first>
    response.background = BackgroundTask(count_download, response)
    return response


KEPT: dict[str, Any] = {}


async def keep_response(response: Response) -> Response:
    KEPT["value"] = response
    return response


async def touch_kept(request: Request) -> None:
    KEPT["value"].headers["X-After"] = "1"  # <late_after_response:late>


@get("/late_after_response", after_request=keep_response, after_response=touch_kept)
async def late_after_response(big: bool = False) -> dict[str, bool]:  # <late_after_response_definition:first>
    if big:
        return {"big": True}
    return {"ok": True}  # <late_after_response:first>


class Held:
    """What a dependency and its handler share."""

    response: Any = None


async def stamped(request: Request) -> AsyncGenerator[Held, None]:
    held = Held()
    yield held
    held.response.headers["X-Held"] = "1"  # <late_in_dependency:late>


@get("/late_in_dependency", dependencies={"held": Provide(stamped)})
async def late_in_dependency(held: Held) -> Response[str]:
    held.response = Response("held")  # <late_in_dependency:first>
    return held.response


# ---------------------------------------------------------------- sessions
@get("/late_session")
async def late_session(request: Request) -> Stream:
    async def lines():
        async for row in rows():
            yield row
        remember_last(request.session, "row")  # <late_session:taken>

    return Stream(lines())  # <late_session:first>


@get("/late_session_update")
async def late_session_update(request: Request) -> Response[str]:
    async def job() -> None:
        request.session.update(seen="1")  # <late_session_update:late>

    request.session["visits"] = 1
    return Response("ok", background=BackgroundTask(job))  # <late_session_update:first>


@get("/late_set_session")
async def late_set_session(request: Request) -> Stream:
    async def lines():
        yield "a"
        request.set_session({"user": "ann"})  # <late_set_session:late>

    return Stream(lines())  # <late_set_session:first>


@get("/late_clear_session")
async def late_clear_session(request: Request) -> Stream:
    async def lines():
        yield "a"
        request.clear_session()  # <late_clear_session:late>

    request.session["user"] = "ann"
    return Stream(lines())  # <late_clear_session:first>


async def count_visit(request: Request) -> None:
    request.session["visits"] = 1  # <late_session_after_response:late>


@get("/late_session_after_response", after_response=count_visit)
async def late_session_after_response() -> dict[str, bool]:
    return {"ok": True}  # <late_session_after_response:first>


@get("/session_read")
async def session_read(request: Request) -> Stream:
    async def lines():
        yield request.session["user"]
        request.session.get("nothing")

    request.session["user"] = "ann"
    return Stream(lines())


@get("/session_replaced")
async def session_replaced(request: Request) -> dict[str, Any]:
    request.set_session({"user": "ann"})
    request.session["more"] = "1"
    return request.session


@get("/session_cleared")
async def session_cleared(request: Request) -> str:
    request.session["user"] = "ann"
    request.clear_session()
    return "cleared"


@get("/session_returned")
async def session_returned(request: Request) -> dict[str, Any]:
    request.session["user"] = "ann"
    return request.session


@get("/session_saved_by_hand")
async def session_saved_by_hand(request: Request) -> Stream:
    async def lines():
        yield "a"
        request.session["progress"] = 1
        await request.app.stores.get("sessions").set(request.get_session_id(), encode_json(request.session))
        yield "b"

    return Stream(lines())


SESSION_ROUTES = [
    late_session, late_session_update, late_set_session, late_clear_session, late_session_after_response, session_read,
    session_replaced, session_cleared, session_returned,
]  # fmt: skip


# ---------------------------------------------------------------- errors after the start
@get("/handled_late")
async def handled_late() -> Stream:
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        yield check_stock("gone")

    return Stream(lines())  # <handled_late:first>


@get("/unhandled_late", sync_to_thread=False)
def unhandled_late() -> Stream:
    def lines():
        yield "a"
        raise AuditError("no")  # <unhandled_late:late>

    return Stream(lines())  # <unhandled_late:first>


@get("/value_error_late")
async def value_error_late() -> Stream:
    async def lines():
        yield "a"
        int("no number")  # <value_error_late:late>

    return Stream(lines())  # <value_error_late:first>


@get("/before_first_chunk")
async def before_first_chunk() -> Stream:
    async def lines():
        if True:
            raise OSError("disk")  # <before_first_chunk:late>
        yield "never"

    return Stream(lines())  # <before_first_chunk:first>


@get("/not_found_late")
async def not_found_late() -> Stream:
    async def lines():
        yield "a"
        raise NotFoundException("no such row")  # <not_found_late:late>

    return Stream(lines())  # <not_found_late:first>


@get("/redirect_late")
async def redirect_late() -> Stream:
    async def lines():
        yield "a"
        raise HTTPException(status_code=302, headers={"Location": "/login"})  # <redirect_late:late>

    return Stream(lines())  # <redirect_late:first>


@get("/library_error")
async def library_error() -> Stream:
    async def lines():
        yield "a"
        yield load("{")

    return Stream(lines())  # <library_error:first>


@get("/error_from")
async def error_from() -> Stream:
    async def lines():
        yield "a"
        translate("item")

    return Stream(lines())  # <error_from:first>


@get("/reraised")
async def reraised() -> Stream:
    async def lines():
        yield "a"
        passes_on("item")

    return Stream(lines())  # <reraised:first>


@get("/task_group")
async def task_group() -> Stream:
    async def broken():
        raise OSError("member")  # <task_group:late>

    async def lines():
        yield "a"
        async with asyncio.TaskGroup() as group:
            group.create_task(broken())

    return Stream(lines())  # <task_group:first>


@get("/event_fails")
async def event_fails() -> ServerSentEvent:
    async def source():
        yield "one"
        raise BrokenFeedError("two")  # <event_fails:late>

    return ServerSentEvent(source())  # <event_fails:first>


@get("/background_fails")
async def background_fails() -> Response[str]:
    return Response("ok", background=BackgroundTask(failing_job))  # <background_fails:first>


async def refuse() -> None:
    raise NotAuthorizedException("too late")  # <background_refuses:late>


@get("/background_refuses", background=BackgroundTask(refuse))
async def background_refuses() -> str:
    return "ok"  # <background_refuses:first>


async def failing_hook(request: Request) -> None:
    raise AuditError("hook")  # <after_response_fails:late>


@get("/after_response_fails", after_response=failing_hook)
async def after_response_fails() -> str:
    return "ok"  # <after_response_fails:first>


# ---------------------------------------------------------------- second starts
async def answer_now(request: Request, text: str) -> None:
    await ASGIResponse(body=text, media_type="text/plain")(request.scope, request.receive, request.send)  # <sent_then_returned:first>


@get("/sent_then_returned")
async def sent_then_returned(request: Request) -> dict[str, bool]:
    await answer_now(request, "now")
    return {"ok": False}  # <sent_then_returned:late>


@get("/sent_then_response")
async def sent_then_response(request: Request) -> Response[str]:
    now = ASGIResponse(body="now")
    await now(request.scope, request.receive, request.send)  # <sent_then_response:first>
    return Response("later")  # <sent_then_response:late>


@get("/sent_then_raised")
async def sent_then_raised(request: Request) -> str:
    now = ASGIResponse(body="now")
    await now(request.scope, request.receive, request.send)  # <sent_then_raised:first>
    raise HTTPException(status_code=400)  # <sent_then_raised:late>


async def guard(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    """Answers by hand and lets the handler go on."""
    start = {"type": "http.response.start", "status": 401, "headers": []}
    await connection.send(start)  # <guard_sends:first>
    await connection.send({"type": "http.response.body", "body": b"members only"})


@get("/guard_sends", guards=[guard])
async def guard_sends() -> dict[str, bool]:
    return {"ok": True}  # <guard_sends:late>


@asgi("/shared_helper", copy_scope=True)
async def shared_helper(scope: Scope, receive: Receive, send: Send) -> None:
    """Forgets to return after an error answer."""
    if b"kind" not in scope["query_string"]:
        await begin(send, 400)  # <shared_helper:outer>
        await send({"type": "http.response.body", "body": b"kind?"})
    await begin(send, 200)
    await send({"type": "http.response.body", "body": b"feed"})


async def begin(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})  # <shared_helper:first> <shared_helper:late>


@get("/race")
async def race(request: Request) -> dict[str, bool]:
    """A task of its own answers beside the handler."""

    async def from_cache() -> None:
        await ASGIResponse(body=b"cache")(request.scope, request.receive, request.send)  # <race:late>

    KEPT["task"] = asyncio.get_running_loop().create_task(from_cache())
    return {"ok": True}  # <race:first>


@get("/slow_stream")
async def slow_stream() -> Stream:
    return Stream(rows(60))  # <timeout:first>


@get("/broken_stream")
async def broken_stream() -> Stream:
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        raise EOFError("torn")

    return Stream(lines())  # <catch_all:first> <catch_response:first>


@get("/unavailable")
async def unavailable() -> Response[str]:
    return Response("come back later", status_code=503)  # <retry:first> <deep_retry:first>


@get("/members")
async def members() -> dict[str, bool]:
    return {"member": True}  # <forgot_return:late>


@get("/ended")
async def ended() -> Response[str]:
    return Response("ended", headers={"X-Ended": "1"})  # <footer:first>


# ---------------------------------------------------------------- lengths
@get("/too_short")
async def too_short() -> Stream:
    return Stream(rows(1), headers={"content-length": "400"})  # <too_short:first>


@get("/too_long_text")
async def too_long_text() -> Response[str]:
    return Response("abcdef", headers={"Content-Length": "3"})  # <too_long_text:first> <too_long_text:late>


@get("/too_long")
async def too_long() -> Stream:
    async def lines():
        yield "abcdef"

    return Stream(lines(), headers={"content-length": "3"})  # <too_long:first> <too_long:late>


# ---------------------------------------------------------------- who started it: refused later by the audit
def plain_decorator(function):
    @functools.wraps(function)
    async def inner(*args, **kwargs):
        response = await function(*args, **kwargs)
        response.headers["X-Inner"] = "1"
        return response

    return inner


def checked(function):
    """A decorator that passes a plain value on: the function below wrote it."""

    @functools.wraps(function)
    async def inner(*args, **kwargs):
        return await function(*args, **kwargs)

    return inner


@get("/decorated")
@plain_decorator
async def decorated() -> Response[str]:
    return Response("decorated")  # <decorated:first>


@get("/decorated_value")
@checked
async def decorated_value() -> str:
    return "decorated"  # <decorated_value:first>


@get("/value")
async def value() -> dict[str, str]:
    return {"name": "nuts"}  # <value:first>


@get("/value_in_thread", sync_to_thread=True)
def value_in_thread(name: str = "") -> list[str]:  # <value_in_thread_definition:first>
    if name:
        return [name]
    return ["nuts"]  # <value_in_thread:first>


@get("/nothing", status_code=204)
async def nothing() -> None:
    KEPT["nothing"] = True  # <nothing:first>


@post("/posted")
async def posted(data: dict[str, str]) -> dict[str, str]:
    return data  # <posted:first>


@get("/module_level")
async def module_level() -> Response:
    return MAINTENANCE  # <module_level:first>


MAINTENANCE = Response("down for maintenance", status_code=503)  # <module_level:first>


def page_of(text: str) -> Response[str]:
    return Response(f"<p>{text}</p>", media_type=MediaType.HTML)  # <factory:first>


@get("/factory")
async def factory() -> Response[str]:
    page = page_of("hello")
    page.headers["X-Page"] = "1"
    page.set_cookie("page", "1")
    page.status_code = 202
    return page


def provide_page() -> Response[str]:
    return Response("provided")  # <dependency:first>


@get("/dependency", dependencies={"page": Provide(provide_page, sync_to_thread=False)})
async def dependency(page: Any) -> Response:
    return page


@get("/raise_teapot")
async def raise_teapot() -> None:
    raise_status(418)


def raise_status(status: int) -> None:
    raise HTTPException(status_code=status, detail="short and stout")  # <raised:first>


@get("/handled_early")
async def handled_early() -> str:
    return check_stock("gone")


def stock_error(request: Request, error: StockError) -> Response:
    return problem(409, str(error))


def problem(status: int, text: str) -> Response:
    return Response({"detail": text}, status_code=status)  # <handled_early:first>


@get("/crashed_early")
async def crashed_early() -> None:
    raise OSError("crashed")  # <crashed:first>


async def refuse_guard(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    raise NotAuthorizedException("members only")  # <guarded:first>


@get("/guarded", guards=[refuse_guard])
async def guarded() -> str:
    return "never"


async def answer_before(request: Request) -> Response:
    return Response("closed today", status_code=200)  # <before_request:first>


@get("/before_request", before_request=answer_before)
async def before_request() -> str:
    return "never"


def value_before(request: Request) -> dict[str, str]:
    return {"shop": "closed"}  # <before_request_value:first>


@get("/before_request_value", before_request=value_before)
async def before_request_value() -> dict[str, str]:
    return {"shop": "open"}


async def nothing_before(request: Request) -> None:
    KEPT["before"] = True


@get("/before_request_passed", before_request=nothing_before)
async def before_request_passed() -> dict[str, str]:
    return {"shop": "open"}  # <before_request_passed:first>


async def replace_response(response: Response) -> Response:
    return Response("replaced", headers={"X-Replaced": "1"})  # <after_request:first>


@get("/after_request", after_request=replace_response)
async def after_request() -> str:
    return "first"


@get("/needs_number")
async def needs_number(number: int) -> str:
    return str(number)


@get("/cached", cache=60)
async def cached() -> str:
    return "cached"  # <cached:first>


@get("/redirected")
async def redirected() -> Redirect:
    return Redirect("/value")  # <redirected:first>


@route("/filed", http_method=["GET", "HEAD"])
async def filed() -> File:
    return File(FILES / "catalogue.txt", filename="catalogue.txt", content_disposition_type="inline")  # <filed:first>


@get("/large")
async def large() -> File:
    return File(FILES / "large.txt", chunk_size=500_000)  # <large:first>


@get("/templated")
async def templated() -> Template:
    return Template("litestar_page.html", context={"name": "nuts"})  # <templated:first>


@get("/sse")
async def events() -> ServerSentEvent:
    async def source():
        yield {"data": "one", "event": "first"}
        yield "two"

    return ServerSentEvent(source())  # <sse:first>


@asgi("/asgi_handler", copy_scope=True)
async def asgi_handler(scope: Scope, receive: Receive, send: Send) -> None:
    await ASGIResponse(body=b"by hand")(scope, receive, send)  # <asgi_handler:first>


@asgi("/spoken", copy_scope=False)
async def spoken(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-spoken", b"1")]})  # <spoken:first>
    await send({"type": "http.response.body", "body": b"spoken"})


@get("/an_application")
async def an_application() -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # <an_application:first>
        await send({"type": "http.response.body", "body": b"application"})

    return answer


# ---------------------------------------------------------------- no finding
@get("/equal_write")
async def equal_write() -> Stream:
    async def lines():
        yield "a"
        response.headers["X-Same"] = "1"
        response.status_code = 200
        response.headers.setdefault("X-Same", "2")

    response = Stream(lines(), headers={"X-Same": "1"})
    return response


@get("/copied_headers")
async def copied_headers() -> Stream:
    async def lines():
        yield "a"
        mine["X-Mine"] = "1"
        other["X-Other"] = "1"

    response = Stream(lines(), headers={"X-One": "1"})
    mine, other = response.headers.copy(), dict(response.headers)
    return response


@get("/never_sent")
async def never_sent() -> Stream:
    async def lines():
        yield "a"
        draft.headers["X-Draft"] = "1"
        draft.set_cookie("draft", "1")

    draft = Response("draft")
    return Stream(lines())


@get("/everything_in_time", response_headers={"X-Layer": "1"}, response_cookies=[Cookie(key="layer", value="1")])
async def everything_in_time() -> Response[str]:
    response = Response("in time")
    response.headers["X-One"] = "1"
    response.headers.update({"X-Two": "2"})
    response.set_cookie("one", "1")
    response.delete_cookie("two")
    response.set_etag("v1")
    response.status_code = 201
    response.headers.pop("X-Two")
    return response


@get("/expiring_cookie")
async def expiring_cookie() -> Stream:
    """Its text is another one with every second."""

    async def lines():
        yield "a"
        await asyncio.sleep(1.1)

    response = Stream(lines())
    response.set_cookie("offer", "1", expires=60)
    response.delete_cookie("old")
    return response


@get("/copied_twice")
async def copied_twice(request: Request) -> Response[str]:
    """Looked at as it would be sent, and then changed: in time."""
    response = Response("copied")
    size = len(response.to_asgi_response(app=None, request=request).body)
    response.headers["X-Size"] = str(size)
    response.set_cookie("size", str(size), expires=60)
    response.status_code = 202
    return response


@get("/caught_inside")
async def caught_inside() -> Stream:
    async def lines():
        try:
            yield check_stock("gone")
        except StockError:
            yield "sold out"

    return Stream(lines())


@get("/own_job")
async def own_job() -> Response[str]:
    return Response("ok", background=BackgroundTask(KEPT.update, job=True))


@get("/in_generator_dependency", dependencies={"held": Provide(stamped)})
async def in_generator_dependency(held: Held) -> str:
    held.response = Response("another")
    return "ok"


@get("/edited_before_each")
async def edited_before_each() -> Response[str]:
    COUNTED.headers["X-Count"] = str(int(COUNTED.headers.get("X-Count", "0")) + 1)
    return COUNTED


COUNTED = Response("counted")


@get("/kept_between")
async def kept_between() -> Response[str]:
    """Made in the first request that wants it, and edited before each sending."""
    response = KEPT.setdefault("between", Response("kept"))
    response.headers["X-Count"] = str(int(response.headers.get("X-Count", "0")) + 1)
    response.set_cookie("count", response.headers["X-Count"])
    return response


@get("/not_modified", status_code=304)
async def not_modified() -> None:
    return None


@get("/caught_before_start")
async def caught_before_start() -> Response[str]:
    try:
        check_stock("gone")
    except StockError:
        return Response("sold out", status_code=409)
    return Response("sold")


@get("/chatty")
async def chatty() -> dict[str, list[str]]:
    return {"rows": ["row"] * 200}  # <chatty:first>


@get("/closed_early")
async def closed_early() -> Stream:
    async def lines():
        try:
            for _ in range(500):
                yield "x" * 20_000
                await asyncio.sleep(0.01)
        finally:
            await asyncio.sleep(0)

    return Stream(lines())


@get("/mixed/{number:int}")
async def stream_slowly(number: int) -> Stream:
    async def lines():
        for row in range(4):
            await asyncio.sleep(0.02)
            yield f"{number}:{row} "
        if number % 2:
            response.headers[f"X-N{number}"] = "1"  # <mixed:late>

    response = Stream(lines())  # <mixed:first>
    return response


@get("/share")
async def share() -> Stream:
    KEPT["shared"] = Stream(rows(60))  # <shared:first>
    return KEPT["shared"]


@get("/meddle")
async def meddle() -> str:
    KEPT["shared"].headers["X-Meddled"] = "1"  # <shared:late>
    return "meddled"


@websocket("/echo")
async def echo(socket: WebSocket) -> None:
    await socket.accept(headers={"X-Echo": "1"})
    await socket.send_text(f"echo {await socket.receive_text()}")
    await socket.close()


async def refuse_socket(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    raise NotAuthorizedException("no")


@websocket("/denied", guards=[refuse_socket])
async def denied(socket: WebSocket) -> None:
    await socket.accept()


# ---------------------------------------------------------------- the application
def behind(path: str, *layers, routes=()) -> Router:
    return Router(path, route_handlers=list(routes), middleware=list(layers))


async def mark_head(message: Any, scope: Scope) -> None:
    """A hook that may still change the head."""
    if message["type"] == "http.response.start":
        message["headers"].append((b"x-before-send", b"1"))


COOKIES = CookieBackendConfig(secret=b"0123456789abcdef")
STORED = ServerSideSessionConfig()
EVERYWHERE = [late_header, late_cookie, late_in_background, handled_late, unhandled_late, factory, chatty, raise_teapot, equal_write, value]

shop = Litestar(
    [
        late_header, early_in_generator, nested_iteration, late_status, late_cookie, late_cookie_list, late_delete, late_update,
        late_replaced, late_everything, late_in_background, late_cookie_in_background, late_etag, late_in_thread, late_in_task,
        late_in_timer, late_in_executor, late_in_listener, Prices, own_class, own_call, own_conversion, late_asgi_response,
        late_event, late_file, late_redirect, late_template, late_after_response, late_in_dependency,
        handled_late, unhandled_late, value_error_late, before_first_chunk, not_found_late, redirect_late, library_error,
        error_from, reraised, task_group, event_fails, background_fails, background_refuses, after_response_fails,
        sent_then_returned, sent_then_response, sent_then_raised, guard_sends, shared_helper, race, too_short, too_long, too_long_text,
        decorated, decorated_value, value, value_in_thread, nothing, posted, module_level, factory, dependency, raise_teapot,
        handled_early, crashed_early, guarded, before_request, before_request_value, before_request_passed, after_request,
        needs_number, cached, redirected, filed, large, templated, events, asgi_handler, spoken, an_application,
        equal_write, copied_headers, never_sent, everything_in_time, expiring_cookie, copied_twice, caught_inside, own_job, in_generator_dependency,
        edited_before_each, kept_between, not_modified, caught_before_start, chatty, closed_early, stream_slowly, share, meddle,
        echo, denied,
        behind("/tag", guards.Tag(), guards.Timing, routes=EVERYWHERE),
        behind("/stamp", guards.LateStamp, routes=[value]),
        behind("/rewrite", guards.Rewrite(), routes=[value, late_header]),
        behind("/gate", guards.Gate, routes=[members]),
        behind("/close_gate", DefineMiddleware(guards.CloseGate), routes=[members]),
        behind("/catch", guards.JsonErrors(), routes=[broken_stream]),
        behind("/catch_response", guards.ErrorResponses(), routes=[broken_stream]),
        behind("/careful", guards.CarefulErrors(), routes=[broken_stream, value]),
        behind("/timeout", guards.Timeout(), routes=[slow_stream, value]),
        behind("/deep_retry", guards.Retry(), routes=[unavailable]),
        behind("/footer", guards.Footer(), routes=[ended]),
        behind("/buffer", guards.Buffer(), routes=[value, late_status]),
        behind("/limit", RateLimitConfig(rate_limit=("minute", 1)).middleware, routes=[value]),
        create_static_files_router("/files", directories=[FILES]),
    ],
    exception_handlers={StockError: stock_error},
    before_send=[mark_head],
    listeners=[on_sold],
    template_config=TemplateConfig(directory=Path(__file__).parent / "templates", engine=JinjaTemplateEngine),
    cors_config=CORSConfig(allow_origins=["http://a"]),
    compression_config=CompressionConfig("gzip", minimum_size=100),
    openapi_config=OpenAPIConfig(title="shop", version="1"),
    logging_config=None,
)

OTHERS = {
    "/session": Litestar(SESSION_ROUTES, middleware=[COOKIES.middleware], logging_config=None),
    "/stored": Litestar([*SESSION_ROUTES, session_saved_by_hand], middleware=[STORED.middleware], logging_config=None),
    "/retry": Litestar([unavailable, value], middleware=[guards.Retry()], logging_config=None),
    "/protected": Litestar([value, late_header], csrf_config=CSRFConfig(secret="not-a-secret"), logging_config=None),
}


async def any_shop(scope: Scope, receive: Receive, send: Send) -> None:
    """Several applications behind one door."""
    path = scope.get("path", "")
    for prefix, other in OTHERS.items():
        if path.startswith(prefix):
            await other({**scope, "path": path.removeprefix(prefix)}, receive, send)
            return
    await shop(scope, receive, send)


app = guards.Audit(any_shop)
