"""The same shop on Falcon's ASGI side: every route is one scenario, named like its marker."""

from __future__ import annotations

import asyncio
import functools
import tempfile
import threading
from pathlib import Path

import falcon
import falcon.asgi
from falcon_asgi_layers import Cascade, Limit, Replay
from falcon_asgi_shop import Conflict, Feed, SoldOut, StockError, broken_rows, pages, send, turn_to_error

FILES = Path(tempfile.mkdtemp(prefix="shop"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n", encoding="utf-8")
LIVE: dict[str, falcon.asgi.Response] = {}
TASKS: set[asyncio.Task] = set()


class Stamp:
    """Middleware whose changes are in time, and its answers in the place of a responder's."""

    async def process_request(self, req, resp):
        if req.path == "/early_text":
            resp.text = "closed for today"  # <early_text:first>
            resp.complete = True
        elif req.path == "/early_error":
            raise falcon.HTTPServiceUnavailable(title="closed")  # <early_error:first>

    async def process_resource(self, req, resp, resource, params):
        if req.path == "/early_resource":
            resp.media = {"cached": True}  # <early_resource:first>
            resp.complete = True

    async def process_response(self, req, resp, resource, req_succeeded):
        resp.set_header("X-Stamp", "1")
        if req.path == "/late_in_replacement":
            resp.text = None
            resp.stream = replacing(resp)  # <late_in_replacement:first>
        elif req.path == "/error_in_way_out":
            raise falcon.HTTPConflict(title="on the way out")  # <error_in_way_out:first>


falcon_app = falcon.asgi.App(middleware=[Stamp()])


def route(name, **kwargs):
    """Give a resource the route that is named like its scenario."""

    def register(resource):
        falcon_app.add_route(f"/{name}", resource(), **kwargs)
        return resource

    return register


# ---------------------------------------------------------------- late writes to the response
@route("late_header")
class LateHeader:
    async def on_get(self, req, resp):
        resp.content_type = falcon.MEDIA_TEXT
        resp.stream = self.rows(resp)  # <late_header:first>

    on_head = on_get

    async def rows(self, resp):
        for number in range(3):
            yield b"row %d\n" % number
        resp.set_header("X-Total", "3")  # <late_header:late>


@route("late_header_appended")
class LateHeaderAppended:
    async def on_get(self, req, resp):
        resp.set_header("X-Kind", "a")

        async def rows():
            yield b"one\n"
            resp.append_header("X-Kind", "b")  # <late_header_appended:late>

        resp.stream = rows()  # <late_header_appended:first>


@route("late_headers")
class LateHeaders:
    async def on_get(self, req, resp):
        async def rows():
            yield b"one\n"
            resp.set_headers({"X-One": "1", "X-Two": "2"})  # <late_headers:late>

        resp.stream = rows()  # <late_headers:first>


@route("late_status")
class LateStatus:
    async def on_get(self, req, resp):
        async def rows():
            try:
                async for row in broken_rows():
                    yield row
            except StockError:
                resp.status = falcon.HTTP_500  # <late_status:late>
                yield b"failed\n"

        resp.stream = rows()  # <late_status:first>


@route("late_status_code")
class LateStatusCode:
    async def on_get(self, req, resp):
        async def rows():
            yield b"one\n"
            resp.status_code = 404  # <late_status_code:late>

        resp.stream = rows()  # <late_status_code:first>


@route("late_status_and_media")
class LateStatusAndMedia:
    async def on_get(self, req, resp):
        async def rows():
            try:
                async for row in broken_rows():
                    yield row
            except StockError as error:
                turn_to_error(resp, error)

        resp.stream = rows()  # <late_status_and_media:first>


@route("late_cookie")
class LateCookie:
    async def on_get(self, req, resp):
        resp.set_cookie("first", "1")
        resp.stream = self.rows(resp)  # <late_cookie:first>

    async def rows(self, resp):
        for number in range(3):
            yield b"row %d\n" % number
            self.remember(resp, number)

    def remember(self, resp, number):
        if number == 2:
            resp.set_cookie("last_row", str(number))  # <late_cookie:late>


@route("late_cookie_deleted")
class LateCookieDeleted:
    async def on_get(self, req, resp):
        async def rows():
            yield b"bye\n"
            resp.unset_cookie("basket")  # <late_cookie_deleted:late>

        resp.stream = rows()  # <late_cookie_deleted:first>


@route("late_removal")
class LateRemoval:
    async def on_get(self, req, resp):
        resp.set_header("X-Draft", "yes")

        async def rows():
            yield b"data\n"
            resp.delete_header("X-Draft")  # <late_removal:late>

        resp.stream = rows()  # <late_removal:first>


@route("late_content_type")
class LateContentType:
    async def on_get(self, req, resp):
        async def rows():
            yield b"a;b\n"
            resp.content_type = falcon.MEDIA_CSV  # <late_content_type:late>

        resp.stream = rows()  # <late_content_type:first>


@route("late_properties")
class LateProperties:
    async def on_get(self, req, resp):
        async def rows():
            yield b"a;b\n"
            resp.cache_control = ["no-store"]  # <late_properties:cache>
            resp.downloadable_as = "report.csv"  # <late_properties:name>
            resp.etag = "v2"  # <late_properties:etag>

        resp.stream = rows()  # <late_properties:first>


@route("late_link")
class LateLink:
    async def on_get(self, req, resp):
        async def rows():
            yield b"page 1\n"
            resp.append_link("/late_link?page=2", "next")  # <late_link:late>

        resp.stream = rows()  # <late_link:first>


@route("before_first_chunk")
class BeforeFirstChunk:
    async def on_get(self, req, resp):
        async def rows():
            resp.set_header("X-Early", "no")  # <before_first_chunk:late>
            yield b"the head was sent before\n"

        resp.stream = rows()  # <before_first_chunk:first>


@route("late_private")
class LatePrivate:
    async def on_get(self, req, resp):
        async def rows():
            yield b"one\n"
            resp._headers["x-private"] = "1"
            yield b"two\n"

        resp.stream = rows()  # <late_private:first>


@route("late_with_length")
class LateWithLength:
    async def on_get(self, req, resp):
        resp.set_stream(pages(resp), 14)  # <late_with_length:first>


@route("late_in_thread")
class LateInThread:
    async def on_get(self, req, resp):
        resp.text = "at once"  # <late_in_thread:first>
        threading.Timer(0.1, measure, [resp]).start()


def measure(resp):
    resp.set_header("X-Measured", "1")  # <late_in_thread:late>


@route("late_in_task")
class LateInTask:
    async def on_get(self, req, resp):
        resp.media = {"job": "started"}  # <late_in_task:first>
        task = asyncio.create_task(work(resp))
        TASKS.add(task)
        task.add_done_callback(TASKS.discard)


async def work(resp):
    await asyncio.sleep(0.1)
    resp.status = falcon.HTTP_500  # <late_in_task:late>


@route("late_in_schedule")
class LateInSchedule:
    async def on_get(self, req, resp):
        async def later():
            resp.set_header("X-Job", "done")  # <late_in_schedule:late>

        resp.schedule(later)
        resp.media = {"job": "scheduled"}  # <late_in_schedule:first>


@route("late_in_schedule_sync")
class LateInScheduleSync:
    async def on_get(self, req, resp):
        resp.schedule_sync(functools.partial(book, resp))
        resp.text = "scheduled"  # <late_in_schedule_sync:first>


def book(resp):
    resp.set_cookie("booked", "1")  # <late_in_schedule_sync:late>


@route("late_in_executor")
class LateInExecutor:
    async def on_get(self, req, resp):
        async def rows():
            yield b"working\n"
            await asyncio.get_running_loop().run_in_executor(None, finish, resp)
            yield b"done\n"

        resp.stream = rows()  # <late_in_executor:first>


def finish(resp):
    resp.status = 201  # <late_in_executor:late>


@route("late_event")
class LateEvent:
    async def on_get(self, req, resp):
        async def events():
            yield falcon.asgi.SSEvent(text="one")
            resp.set_cookie("last_event", "one")  # <late_event:late>
            yield falcon.asgi.SSEvent(text="two")

        resp.sse = events()  # <late_event:first>


@route("late_in_replacement")
class LateInReplacement:
    async def on_get(self, req, resp):
        resp.text = "of the responder"


async def replacing(resp):
    yield b"replaced\n"
    resp.set_header("X-Replaced", "1")  # <late_in_replacement:late>


@route("from_handler")
class FromHandler:
    async def on_get(self, req, resp):
        resp.text = "never sent"
        raise Conflict("two of them")


async def on_conflict(req, resp, ex, params):
    resp.status = falcon.HTTP_409

    async def rows():
        yield b"%s\n" % str(ex).encode()
        resp.set_header("Retry-After", "1")  # <from_handler:late>

    resp.stream = rows()  # <from_handler:first>


falcon_app.add_error_handler(Conflict, on_conflict)


@route("own_response_method")
class OwnResponseMethod:
    async def on_get(self, req, resp):
        send(resp, req)


def audit(function):
    """A decorator that is in time for the responder, and late for its stream."""

    @functools.wraps(function)
    async def audited(self, req, resp, **params):
        resp.set_header("X-Audit", "1")
        await function(self, req, resp, **params)
        body = resp.stream

        async def rows():
            async for row in body:
                yield row
            resp.set_header("X-Audited", "1")  # <late_in_decorator:late>

        resp.stream = rows()  # <late_in_decorator:first>

    return audited


@route("late_in_decorator")
class LateInDecorator:
    @audit
    async def on_get(self, req, resp):
        resp.stream = Feed(2)


async def authorize(req, resp, resource, params):
    resp.set_header("X-User", "somebody")


async def attach(req, resp, resource):
    async def rows():
        yield b"one\n"
        resp.set_header("X-Late", "1")  # <late_in_hook:late>

    resp.stream = rows()  # <late_in_hook:first>


@route("late_in_hook")
@falcon.before(authorize)
class LateInHook:
    @falcon.after(attach)
    async def on_get(self, req, resp):
        resp.status = falcon.HTTP_202


@route("suffixed", suffix="list")
class Suffixed:
    async def on_get_list(self, req, resp):
        async def rows():
            yield b"one\n"
            resp.set_header("X-Late", "1")  # <suffixed:late>

        resp.stream = rows()  # <suffixed:first>


async def sink(req, resp, name):
    async def rows():
        yield b"%s\n" % name.encode()
        resp.status = falcon.HTTP_404  # <sunk:late>

    resp.stream = rows()  # <sunk:first>


falcon_app.add_sink(sink, prefix=r"/sunk/(?P<name>\w+)")


@route("one_of_many/{name}")
class OneOfMany:
    async def on_get(self, req, resp, name):
        async def rows():
            for _ in range(3):
                await asyncio.sleep(0.01)
                yield f"{name}\n".encode()
            if name.startswith("late"):
                resp.set_header("X-Late", name)  # <one_of_many:late>

        resp.stream = rows()  # <one_of_many:first>


@route("live/{name}")
class Live:
    async def on_get(self, req, resp, name):
        resp.context.poked = asyncio.Event()

        async def rows():
            LIVE[name] = resp
            yield b"waiting\n"
            await resp.context.poked.wait()
            yield b"poked\n"

        resp.stream = rows()  # <live:first>


@route("poke/{name}")
class Poke:
    async def on_get(self, req, resp, name):
        LIVE[name].set_header("X-Poked", "1")  # <live:late>
        LIVE[name].context.poked.set()
        resp.text = "poked"


@route("endless")
class Endless:
    async def on_get(self, req, resp):
        async def rows():
            for number in range(400):
                await asyncio.sleep(0.005)
                yield b"%d " % number * 500

        resp.stream = rows()


# ---------------------------------------------------------------- exceptions
@route("error_in_stream")
class ErrorInStream:
    async def on_get(self, req, resp):
        resp.stream = self.rows()  # <error_in_stream:first>

    async def rows(self):
        yield b"row 1\n"
        raise StockError("no more rows")  # <error_in_stream:late>


@route("error_before_first_chunk")
class ErrorBeforeFirstChunk:
    async def on_get(self, req, resp):
        async def rows():
            raise StockError("the head had been sent")  # <error_before_first_chunk:late>
            yield b""

        resp.stream = rows()  # <error_before_first_chunk:first>


@route("http_error_in_stream")
class HttpErrorInStream:
    async def on_get(self, req, resp):
        async def rows():
            yield b"row 1\n"
            raise falcon.HTTPNotFound(title="no such row")  # <http_error_in_stream:late>

        resp.stream = rows()  # <http_error_in_stream:first>


@route("http_status_in_stream")
class HttpStatusInStream:
    async def on_get(self, req, resp):
        async def rows():
            yield b"row 1\n"
            raise falcon.HTTPStatus(falcon.HTTP_503, text="later")  # <http_status_in_stream:late>

        resp.stream = rows()  # <http_status_in_stream:first>


@route("redirect_in_stream")
class RedirectInStream:
    async def on_get(self, req, resp):
        async def rows():
            yield b"cart\n"
            raise falcon.HTTPSeeOther("/login")  # <redirect_in_stream:late>

        resp.stream = rows()  # <redirect_in_stream:first>


@route("handled_in_stream")
class HandledInStream:
    async def on_get(self, req, resp):
        async def rows():
            yield b"row 1\n"
            raise Conflict("in the middle")  # <handled_in_stream:late>

        resp.stream = rows()  # <handled_in_stream:first>


@route("error_in_event")
class ErrorInEvent:
    async def on_get(self, req, resp):
        async def events():
            yield falcon.asgi.SSEvent(text="one")
            raise StockError("no more events")  # <error_in_event:late>

        resp.sse = events()  # <error_in_event:first>


@route("error_in_group")
class ErrorInGroup:
    async def on_get(self, req, resp):
        async def rows():
            yield b"row 1\n"
            async with asyncio.TaskGroup() as group:
                group.create_task(fetch())
            yield b"row 2\n"

        resp.stream = rows()  # <error_in_group:first>


async def fetch():
    raise StockError("not to be fetched")  # <error_in_group:late>


@route("too_short")
class TooShort:
    async def on_get(self, req, resp):
        resp.set_stream(Feed(1), 600)  # <too_short:first>


@route("too_long")
class TooLong:
    async def on_get(self, req, resp):
        async def rows():
            yield b"12345"
            yield b"678910"  # <too_long:late>

        resp.stream = rows()  # <too_long:first>
        resp.content_length = 8


# ---------------------------------------------------------------- second starts
@route("limit_text")
class LimitText:
    async def on_get(self, req, resp):
        resp.text = "x" * 60  # <limit_text:first>


@route("limit_media")
class LimitMedia:
    async def on_get(self, req, resp):
        resp.media = {"rows": "x" * 60}  # <limit_media:first>


@route("limit_empty")
class LimitEmpty:
    async def on_get(self, req, resp):  # <limit_empty:def>
        resp.set_header("X-Rows", "0")
        if "none" in req.params:
            return
        resp.status = falcon.HTTP_202  # <limit_empty:first>


@route("limit_raised")
class LimitRaised:
    async def on_get(self, req, resp):
        resp.media = {"never": "sent"}
        raise falcon.HTTPGone(title="gone")  # <limit_raised:first>


@route("limit_redirect")
class LimitRedirect:
    async def on_get(self, req, resp):
        resp.text = "thrown away"
        raise falcon.HTTPMovedPermanently("/plain")  # <limit_redirect:first>


@route("limit_translated")
class LimitTranslated:
    async def on_get(self, req, resp):
        raise SoldOut("nuts")


async def on_sold_out(req, resp, ex, params):
    raise falcon.HTTPGone(title=str(ex)) from ex  # <limit_translated:first>


falcon_app.add_error_handler(SoldOut, on_sold_out)


@route("limit_crashed")
class LimitCrashed:
    async def on_get(self, req, resp):
        raise StockError("crashed")  # <limit_crashed:first>


@route("limit_handled")
class LimitHandled:
    async def on_get(self, req, resp):
        raise PermissionError("not yours")


async def on_permission(req, resp, ex, params):
    resp.status = falcon.HTTP_403  # <limit_handled:first>


falcon_app.add_error_handler(PermissionError, on_permission)


@route("limit_asked")
class LimitAsked:
    async def on_get(self, req, resp):
        other = falcon.asgi.Response()
        await LimitMedia().on_get(req, other)
        resp.media = other.media  # <limit_asked:first>


@route("limit_events")
class LimitEvents:
    async def on_get(self, req, resp):
        async def events():
            yield falcon.asgi.SSEvent(text="one")

        resp.sse = events()  # <limit_events:first>


for _early in ("early_text", "early_error", "early_resource"):
    falcon_app.add_route(f"/{_early}", LimitText())


@route("error_in_way_out")
class ErrorInWayOut:
    async def on_get(self, req, resp):
        resp.text = "thrown away"


@route("cascade")
class Cascading:
    async def on_get(self, req, resp):
        resp.status = falcon.HTTP_404
        resp.text = "not here"  # <cascade:first>


@route("retry")
class Retry:
    async def on_get(self, req, resp):
        resp.status = falcon.HTTP_503
        resp.text = "busy"  # <retry:first>


# ---------------------------------------------------------------- clean
@route("plain")
class Plain:
    async def on_get(self, req, resp):
        resp.text = "plain"

    on_head = on_get

    async def on_post(self, req, resp):
        resp.media = {"got": (await req.stream.read()).decode()}
        resp.status = falcon.HTTP_CREATED
        resp.location = "/plain/1"


@route("everything_in_time")
class EverythingInTime:
    async def on_get(self, req, resp):
        resp.media = {"ok": True}
        resp.set_header("X-One", "1")
        resp.append_header("Set-Cookie", "by=hand")
        resp.set_cookie("mine", "1")
        resp.unset_cookie("old")
        resp.cache_control = ["no-store"]
        resp.append_link("/next", "next")
        resp.status = 203


@route("stream")
class Stream:
    async def on_get(self, req, resp):
        resp.content_type = falcon.MEDIA_TEXT
        resp.stream = Feed(3)

    on_head = on_get


@route("events")
class Events:
    async def on_get(self, req, resp):
        async def events():
            for number in range(3):
                yield falcon.asgi.SSEvent(json={"number": number})

        resp.sse = events()


@route("no_content")
class NoContent:
    async def on_get(self, req, resp):
        resp.status = falcon.HTTP_204


@route("not_modified")
class NotModified:
    async def on_get(self, req, resp):
        resp.etag = "v1"
        if req.if_none_match and req.if_none_match[0] == resp.etag.strip('"'):
            raise falcon.HTTPStatus(falcon.HTTP_304)
        resp.text = "the same"


@route("crash")
class Crash:
    async def on_get(self, req, resp):
        raise StockError("before the start")


@route("http_error")
class HttpError:
    async def on_get(self, req, resp):
        raise falcon.HTTPBadRequest(title="bad", headers={"X-Why": "bad"})


@route("redirect")
class Redirect:
    async def on_get(self, req, resp):
        raise falcon.HTTPFound("/plain")


@route("handled")
class Handled:
    async def on_get(self, req, resp):
        raise PermissionError("not yours")


async def stamp_after(req, resp, resource):
    resp.set_header("X-After", "1")


@route("before_and_after")
class BeforeAndAfter:
    @falcon.before(authorize)
    @falcon.after(stamp_after)
    async def on_get(self, req, resp):
        resp.text = "between"


@route("equal_write")
class EqualWrite:
    async def on_get(self, req, resp):
        resp.set_header("X-Kind", "report")
        resp.status = 200
        resp.set_cookie("kind", "report")

        async def rows():
            yield b"one\n"
            resp.set_header("X-Kind", "report")
            resp.status = falcon.HTTP_200
            resp.status = "200 OK"
            resp.set_cookie("kind", "report")
            resp.delete_header("X-None")

        resp.stream = rows()


@route("copied")
class Copied:
    async def on_get(self, req, resp):
        async def rows():
            yield b"one\n"
            headers = resp.headers
            headers["X-Copy"] = "mine"
            yield f"{resp.status_code} {resp.content_type}\n".encode()

        resp.stream = rows()


@route("never_sent")
class NeverSent:
    async def on_get(self, req, resp):
        async def rows():
            yield b"one\n"
            scratch = falcon.asgi.Response()
            scratch.set_header("X-Scratch", "1")
            await Plain().on_get(req, scratch)
            yield scratch.text.encode()

        resp.stream = rows()


@route("caught_in_stream")
class CaughtInStream:
    async def on_get(self, req, resp):
        async def rows():
            try:
                async for row in broken_rows():
                    yield row
            except StockError as error:
                yield f"error: {error}\n".encode()

        resp.stream = rows()


@route("scheduled")
class Scheduled:
    async def on_get(self, req, resp):
        async def later():
            await asyncio.sleep(0.01)

        resp.schedule(later)
        resp.schedule_sync(functools.partial(len, "job"))
        resp.text = "scheduled"


@route("echo")
class Echo:
    async def on_websocket(self, req, ws):
        await ws.accept()
        await ws.send_text("echo " + await ws.receive_text())
        await ws.close()


@route("denied")
class Denied:
    async def on_websocket(self, req, ws):
        raise falcon.HTTPForbidden(title="not you")


falcon_app.add_static_route("/files", str(FILES))


async def app(scope, receive, send):
    path = scope.get("path", "")
    answer = falcon_app
    if path.startswith(("/limit", "/early", "/error_in_way_out")):
        answer = Limit(falcon_app)
    elif path.startswith("/cascade"):
        answer = Cascade(falcon_app)
    elif path.startswith("/retry"):
        answer = Replay(falcon_app)
    await answer(scope, receive, send)
