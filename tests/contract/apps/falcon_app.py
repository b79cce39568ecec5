"""A shop on Falcon (WSGI): every route is one scenario, named like its marker."""

from __future__ import annotations

import functools
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import falcon
import falcon.testing
from falcon_layers import Cascade, Limit, Replay
from falcon_shop import Conflict, Measured, SoldOut, StockError, broken_rows, make_error, pages, send, turn_to_error

FILES = Path(tempfile.mkdtemp(prefix="shop"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n", encoding="utf-8")
POOL = ThreadPoolExecutor(2)
LIVE: dict[str, falcon.Response] = {}


class Stamp:
    """Middleware whose changes are in time, and its answers in the place of a responder's."""

    def process_request(self, req, resp):
        if req.path == "/early_text":
            resp.text = "closed for today"  # <early_text:first>
            resp.complete = True
        elif req.path == "/early_error":
            raise falcon.HTTPServiceUnavailable(title="closed")  # <early_error:first>

    def process_resource(self, req, resp, resource, params):
        if req.path == "/early_resource":
            resp.media = {"cached": True}  # <early_resource:first>
            resp.complete = True

    def process_response(self, req, resp, resource, req_succeeded):
        resp.set_header("X-Stamp", "1")
        if req.path == "/late_in_replacement":
            resp.text = None
            resp.stream = replacing(resp)  # <late_in_replacement:first>
        elif req.path == "/error_in_way_out":
            raise falcon.HTTPConflict(title="on the way out")  # <error_in_way_out:first>


falcon_app = falcon.App(middleware=[Stamp()])


def route(name, **kwargs):
    """Give a resource the route that is named like its scenario."""

    def register(resource):
        falcon_app.add_route(f"/{name}", resource(), **kwargs)
        return resource

    return register


# ---------------------------------------------------------------- late writes to the response
@route("late_header")
class LateHeader:
    def on_get(self, req, resp):
        resp.content_type = falcon.MEDIA_TEXT
        resp.stream = self.rows(resp)  # <late_header:first>

    on_head = on_get

    def rows(self, resp):
        for number in range(3):
            yield b"row %d\n" % number
        resp.set_header("X-Total", "3")  # <late_header:late>


@route("late_header_appended")
class LateHeaderAppended:
    def on_get(self, req, resp):
        resp.set_header("X-Kind", "a")

        def rows():
            yield b"one\n"
            resp.append_header("X-Kind", "b")  # <late_header_appended:late>

        resp.stream = rows()  # <late_header_appended:first>


@route("late_headers")
class LateHeaders:
    def on_get(self, req, resp):
        def rows():
            yield b"one\n"
            resp.set_headers({"X-One": "1", "X-Two": "2"})  # <late_headers:late>

        resp.stream = rows()  # <late_headers:first>


@route("late_status")
class LateStatus:
    def on_get(self, req, resp):
        def rows():
            try:
                yield from broken_rows()
            except StockError:
                resp.status = falcon.HTTP_500  # <late_status:late>
                yield b"failed\n"

        resp.stream = rows()  # <late_status:first>


@route("late_status_code")
class LateStatusCode:
    def on_get(self, req, resp):
        def rows():
            yield b"one\n"
            resp.status_code = 404  # <late_status_code:late>

        resp.stream = rows()  # <late_status_code:first>


@route("late_status_and_media")
class LateStatusAndMedia:
    def on_get(self, req, resp):
        def rows():
            try:
                yield from broken_rows()
            except StockError as error:
                turn_to_error(resp, error)

        resp.stream = rows()  # <late_status_and_media:first>


@route("late_cookie")
class LateCookie:
    def on_get(self, req, resp):
        resp.set_cookie("first", "1")
        resp.stream = self.rows(resp)  # <late_cookie:first>

    def rows(self, resp):
        for number in range(3):
            yield b"row %d\n" % number
            self.remember(resp, number)

    def remember(self, resp, number):
        if number == 2:
            resp.set_cookie("last_row", str(number))  # <late_cookie:late>


@route("late_cookie_deleted")
class LateCookieDeleted:
    def on_get(self, req, resp):
        def rows():
            yield b"bye\n"
            resp.unset_cookie("basket")  # <late_cookie_deleted:late>

        resp.stream = rows()  # <late_cookie_deleted:first>


@route("late_removal")
class LateRemoval:
    def on_get(self, req, resp):
        resp.set_header("X-Draft", "yes")

        def rows():
            yield b"data\n"
            resp.delete_header("X-Draft")  # <late_removal:late>

        resp.stream = rows()  # <late_removal:first>


@route("late_content_type")
class LateContentType:
    def on_get(self, req, resp):
        def rows():
            yield b"a;b\n"
            resp.content_type = falcon.MEDIA_CSV  # <late_content_type:late>

        resp.stream = rows()  # <late_content_type:first>


@route("late_properties")
class LateProperties:
    def on_get(self, req, resp):
        def rows():
            yield b"a;b\n"
            resp.cache_control = ["no-store"]  # <late_properties:cache>
            resp.downloadable_as = "report.csv"  # <late_properties:name>
            resp.etag = "v2"  # <late_properties:etag>

        resp.stream = rows()  # <late_properties:first>


@route("late_link")
class LateLink:
    def on_get(self, req, resp):
        def rows():
            yield b"page 1\n"
            resp.append_link("/late_link?page=2", "next")  # <late_link:late>

        resp.stream = rows()  # <late_link:first>


@route("before_first_chunk")
class BeforeFirstChunk:
    def on_get(self, req, resp):
        def rows():
            resp.set_header("X-Early", "no")  # <before_first_chunk:late>
            yield b"the head was read before\n"

        resp.stream = rows()  # <before_first_chunk:first>


@route("late_private")
class LatePrivate:
    def on_get(self, req, resp):
        def rows():
            yield b"one\n"
            resp._headers["x-private"] = "1"
            yield b"two\n"

        resp.stream = rows()  # <late_private:first>


@route("late_in_close")
class LateInClose:
    def on_get(self, req, resp):
        resp.stream = Measured(resp, [b"one\n", b"two\n"])  # <late_in_close:first>


@route("late_with_length")
class LateWithLength:
    def on_get(self, req, resp):
        resp.set_stream(pages(resp), 14)  # <late_with_length:first>


@route("late_in_thread")
class LateInThread:
    def on_get(self, req, resp):
        done = threading.Event()

        def rows():
            yield b"working\n"
            threading.Thread(target=measure, args=(resp, done), daemon=True).start()
            done.wait(5)
            yield b"done\n"

        resp.stream = rows()  # <late_in_thread:first>


def measure(resp, done):
    resp.set_header("X-Measured", "1")  # <late_in_thread:late>
    done.set()


@route("late_in_pool")
class LateInPool:
    def on_get(self, req, resp):
        def rows():
            yield b"working\n"
            POOL.submit(finish, resp).result()
            yield b"done\n"

        resp.stream = rows()  # <late_in_pool:first>


def finish(resp):
    resp.status = 201  # <late_in_pool:late>


@route("late_in_replacement")
class LateInReplacement:
    def on_get(self, req, resp):
        resp.text = "of the responder"


def replacing(resp):
    yield b"replaced\n"
    resp.set_header("X-Replaced", "1")  # <late_in_replacement:late>


@route("from_handler")
class FromHandler:
    def on_get(self, req, resp):
        resp.text = "never sent"
        raise Conflict("two of them")


def on_conflict(req, resp, ex, params):
    resp.status = falcon.HTTP_409

    def rows():
        yield b"%s\n" % str(ex).encode()
        resp.set_header("Retry-After", "1")  # <from_handler:late>

    resp.stream = rows()  # <from_handler:first>


falcon_app.add_error_handler(Conflict, on_conflict)


@route("own_response_method")
class OwnResponseMethod:
    def on_get(self, req, resp):
        send(resp, req)


@route("late_in_subrequest")
class LateInSubrequest:
    def on_get(self, req, resp):
        client = falcon.testing.TestClient(falcon_app)

        def rows():
            for path in ("/plain", "/nowhere"):
                inner = client.simulate_get(path)
                if inner.status_code == 404:
                    resp.set_header("X-Failed", path)  # <late_in_subrequest:late>
                yield inner.content

        resp.stream = rows()  # <late_in_subrequest:first>


def audit(function):
    """A decorator that is in time for the responder, and late for its stream."""

    @functools.wraps(function)
    def audited(self, req, resp, **params):
        resp.set_header("X-Audit", "1")
        function(self, req, resp, **params)
        body = resp.stream

        def rows():
            yield from body
            resp.set_header("X-Audited", "1")  # <late_in_decorator:late>

        resp.stream = rows()  # <late_in_decorator:first>

    return audited


@route("late_in_decorator")
class LateInDecorator:
    @audit
    def on_get(self, req, resp):
        resp.stream = iter([b"one\n", b"two\n"])


def authorize(req, resp, resource, params):
    resp.set_header("X-User", "somebody")


def attach(req, resp, resource):
    def rows():
        yield b"one\n"
        resp.set_header("X-Late", "1")  # <late_in_hook:late>

    resp.stream = rows()  # <late_in_hook:first>


@route("late_in_hook")
@falcon.before(authorize)
class LateInHook:
    @falcon.after(attach)
    def on_get(self, req, resp):
        resp.status = falcon.HTTP_202


@route("suffixed", suffix="list")
class Suffixed:
    def on_get_list(self, req, resp):
        def rows():
            yield b"one\n"
            resp.set_header("X-Late", "1")  # <suffixed:late>

        resp.stream = rows()  # <suffixed:first>


def sink(req, resp, name):
    def rows():
        yield b"%s\n" % name.encode()
        resp.status = falcon.HTTP_404  # <sunk:late>

    resp.stream = rows()  # <sunk:first>


falcon_app.add_sink(sink, prefix=r"/sunk/(?P<name>\w+)")


@route("one_of_many/{name}")
class OneOfMany:
    def on_get(self, req, resp, name):
        def rows():
            for _ in range(3):
                time.sleep(0.01)
                yield f"{name}\n".encode()
            if name.startswith("late"):
                resp.set_header("X-Late", name)  # <one_of_many:late>

        resp.stream = rows()  # <one_of_many:first>


@route("live/{name}")
class Live:
    def on_get(self, req, resp, name):
        poked = threading.Event()
        resp.context.poked = poked

        def rows():
            LIVE[name] = resp
            yield b"waiting\n"
            poked.wait(5)
            yield b"poked\n"

        resp.stream = rows()  # <live:first>


@route("poke/{name}")
class Poke:
    def on_get(self, req, resp, name):
        LIVE[name].set_header("X-Poked", "1")  # <live:late>
        LIVE[name].context.poked.set()
        resp.text = "poked"


@route("endless")
class Endless:
    def on_get(self, req, resp):
        resp.stream = (b"%d " % number * 500 for number in range(400) if not time.sleep(0.005))


# ---------------------------------------------------------------- exceptions
@route("error_in_stream")
class ErrorInStream:
    def on_get(self, req, resp):
        resp.stream = self.rows()  # <error_in_stream:first>

    def rows(self):
        yield b"row 1\n"
        raise StockError("no more rows")  # <error_in_stream:late>


@route("http_error_in_stream")
class HttpErrorInStream:
    def on_get(self, req, resp):
        def rows():
            yield b"row 1\n"
            raise falcon.HTTPNotFound(title="no such row")  # <http_error_in_stream:late>

        resp.stream = rows()  # <http_error_in_stream:first>


@route("http_status_in_stream")
class HttpStatusInStream:
    def on_get(self, req, resp):
        def rows():
            yield b"row 1\n"
            raise falcon.HTTPStatus(falcon.HTTP_503, text="later")  # <http_status_in_stream:late>

        resp.stream = rows()  # <http_status_in_stream:first>


@route("redirect_in_stream")
class RedirectInStream:
    def on_get(self, req, resp):
        def rows():
            yield b"cart\n"
            raise falcon.HTTPSeeOther("/login")  # <redirect_in_stream:late>

        resp.stream = rows()  # <redirect_in_stream:first>


@route("handled_in_stream")
class HandledInStream:
    def on_get(self, req, resp):
        def rows():
            yield b"row 1\n"
            raise Conflict("in the middle")  # <handled_in_stream:late>

        resp.stream = rows()  # <handled_in_stream:first>


@route("error_in_close")
class ErrorInClose:
    def on_get(self, req, resp):
        def rows():
            try:
                yield b"row 1\n"
                yield b"row 2\n"
            finally:
                raise StockError("closed twice")  # <error_in_close:late>

        resp.stream = rows()  # <error_in_close:first>


@route("too_short")
class TooShort:
    def on_get(self, req, resp):
        resp.set_stream(iter([b"short\n"]), 600)  # <too_short:first>


@route("too_long")
class TooLong:
    def on_get(self, req, resp):
        def rows():
            yield b"12345"
            yield b"678910"  # <too_long:late>

        resp.stream = rows()  # <too_long:first>
        resp.content_length = 8


# ---------------------------------------------------------------- second starts
@route("limit_text")
class LimitText:
    def on_get(self, req, resp):
        resp.text = "x" * 60  # <limit_text:first>


@route("limit_media")
class LimitMedia:
    def on_get(self, req, resp):
        resp.media = {"rows": "x" * 60}  # <limit_media:first>


@route("limit_empty")
class LimitEmpty:
    def on_get(self, req, resp):  # <limit_empty:def>
        resp.set_header("X-Rows", "0")
        if "none" in req.params:
            return
        resp.status = falcon.HTTP_202  # <limit_empty:first>


@route("limit_raised")
class LimitRaised:
    def on_get(self, req, resp):
        resp.media = {"never": "sent"}
        raise falcon.HTTPGone(title="gone")  # <limit_raised:first>


@route("limit_raised_elsewhere")
class LimitRaisedElsewhere:
    def on_get(self, req, resp):
        raise make_error()  # <limit_raised_elsewhere:first>


@route("limit_redirect")
class LimitRedirect:
    def on_get(self, req, resp):
        resp.text = "thrown away"
        raise falcon.HTTPMovedPermanently("/plain")  # <limit_redirect:first>


@route("limit_translated")
class LimitTranslated:
    def on_get(self, req, resp):
        raise SoldOut("nuts")


def on_sold_out(req, resp, ex, params):
    raise falcon.HTTPGone(title=str(ex)) from ex  # <limit_translated:first>


falcon_app.add_error_handler(SoldOut, on_sold_out)


@route("limit_crashed")
class LimitCrashed:
    def on_get(self, req, resp):
        raise StockError("crashed")  # <limit_crashed:first>


@route("limit_handled")
class LimitHandled:
    def on_get(self, req, resp):
        raise PermissionError("not yours")


def on_permission(req, resp, ex, params):  # <limit_handled:def>
    resp.status = falcon.HTTP_403  # <limit_handled:first>


falcon_app.add_error_handler(PermissionError, on_permission)


@route("limit_asked")
class LimitAsked:
    def on_get(self, req, resp):
        other = falcon.Response()
        LimitMedia().on_get(req, other)
        resp.media = other.media  # <limit_asked:first>


@route("limit_head")
class LimitHead:
    def on_head(self, req, resp):
        self.on_get(req, resp)

    def on_get(self, req, resp):
        resp.text = "x" * 60  # <limit_head:first>


for _early in ("early_text", "early_error", "early_resource"):
    falcon_app.add_route(f"/{_early}", LimitText())


@route("error_in_way_out")
class ErrorInWayOut:
    def on_get(self, req, resp):
        resp.text = "thrown away"


@route("cascade")
class Cascading:
    def on_get(self, req, resp):
        resp.status = falcon.HTTP_404
        resp.text = "not here"  # <cascade:first>


@route("retry")
class Retry:
    def on_get(self, req, resp):
        resp.status = falcon.HTTP_503
        resp.text = "busy"  # <retry:first>


# ---------------------------------------------------------------- clean
@route("plain")
class Plain:
    def on_get(self, req, resp):
        resp.text = "plain"

    on_head = on_get

    def on_post(self, req, resp):
        resp.media = {"got": req.get_media(default_when_empty=None)}
        resp.status = falcon.HTTP_CREATED
        resp.location = "/plain/1"


@route("everything_in_time")
class EverythingInTime:
    def on_get(self, req, resp):
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
    def on_get(self, req, resp):
        resp.content_type = falcon.MEDIA_TEXT
        resp.stream = (b"row %d\n" % number for number in range(3))

    on_head = on_get


@route("file_like")
class FileLike:
    def on_get(self, req, resp):
        path = FILES / "catalogue.txt"
        resp.set_stream(path.open("rb"), path.stat().st_size)


@route("no_content")
class NoContent:
    def on_get(self, req, resp):
        resp.status = falcon.HTTP_204


@route("not_modified")
class NotModified:
    def on_get(self, req, resp):
        resp.etag = "v1"
        if req.if_none_match and req.if_none_match[0] == resp.etag.strip('"'):
            raise falcon.HTTPStatus(falcon.HTTP_304)
        resp.text = "the same"


@route("crash")
class Crash:
    def on_get(self, req, resp):
        raise StockError("before the start")


@route("http_error")
class HttpError:
    def on_get(self, req, resp):
        raise falcon.HTTPBadRequest(title="bad", headers={"X-Why": "bad"})


@route("redirect")
class Redirect:
    def on_get(self, req, resp):
        raise falcon.HTTPFound("/plain")


@route("handled")
class Handled:
    def on_get(self, req, resp):
        raise PermissionError("not yours")


@route("before_and_after")
class BeforeAndAfter:
    @falcon.before(authorize)
    @falcon.after(lambda req, resp, resource: resp.set_header("X-After", "1"))
    def on_get(self, req, resp):
        resp.text = "between"


@route("equal_write")
class EqualWrite:
    def on_get(self, req, resp):
        resp.set_header("X-Kind", "report")
        resp.status = 200
        resp.set_cookie("kind", "report")

        def rows():
            yield b"one\n"
            resp.set_header("X-Kind", "report")
            resp.status = falcon.HTTP_200
            resp.status = "200 OK"
            resp.set_cookie("kind", "report")
            resp.delete_header("X-None")

        resp.stream = rows()


@route("copied")
class Copied:
    def on_get(self, req, resp):
        def rows():
            yield b"one\n"
            headers = resp.headers
            headers["X-Copy"] = "mine"
            yield f"{resp.status_code} {resp.content_type}\n".encode()

        resp.stream = rows()


@route("never_sent")
class NeverSent:
    def on_get(self, req, resp):
        def rows():
            yield b"one\n"
            scratch = falcon.Response()
            scratch.set_header("X-Scratch", "1")
            scratch.text = "of nobody"
            Plain().on_get(req, scratch)
            yield scratch.text.encode()

        resp.stream = rows()


@route("caught_in_stream")
class CaughtInStream:
    def on_get(self, req, resp):
        def rows():
            try:
                yield from broken_rows()
            except StockError as error:
                yield f"error: {error}\n".encode()

        resp.stream = rows()


@route("error_before_first_chunk")
class ErrorBeforeFirstChunk:
    def on_get(self, req, resp):
        def rows():
            raise StockError("nothing was sent")
            yield b""

        resp.stream = rows()


falcon_app.add_static_route("/files", str(FILES))


def app(environ, start_response):
    path = environ["PATH_INFO"]
    answer = falcon_app
    if path.startswith(("/limit", "/early", "/error_in_way_out", "/nowhere_limited", "/file_limited")):
        answer = Limit(falcon_app)
    elif path.startswith("/cascade"):
        answer = Cascade(falcon_app)
    elif path.startswith("/retry"):
        answer = Replay(falcon_app)
    return answer(environ, start_response)
