"""WSGI by hand, and with werkzeug's requests and responses but no framework: every path is one scenario."""

from __future__ import annotations

import functools
import io
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from wsgiref.headers import Headers
from wsgiref.validate import validator

import raw_wsgi_wire as wire
from beaker.middleware import SessionMiddleware
from raw_wsgi_wire import TEXT, respond
from werkzeug.exceptions import HTTPException, NotFound, abort
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import responder, wrap_file

LOG: list[str] = []
POOL = ThreadPoolExecutor(2)
ROUTES = {}


def route(function):
    ROUTES[f"/{function.__name__}"] = function
    return function


# ---------------------------------------------------------------- a second start
@route
def missing_return(environ, start_response):
    if environ["REQUEST_METHOD"] == "GET":
        respond(start_response, "405 Method Not Allowed", "only POST")
    return respond(start_response, "200 OK", "stored")


@route
def shared_helper(environ, start_response):
    body = respond(start_response, "200 OK", "looks good")
    for item in ("nut", "bolt"):
        if item == "bolt":
            body = respond(start_response, "409 Conflict", item)
    return body


@route
def error_after_start(environ, start_response):
    start_response("200 OK", [TEXT])  # <error_after_start:first>
    try:
        return [total(["1", "x"])]
    except ValueError as error:
        start_response("422 Unprocessable Content", [TEXT])  # <error_after_start:late>
        return [str(error).encode()]


def total(texts):
    return str(sum(map(int, texts))).encode()  # <empty_first_chunk:error>


@route
def swallowed_refusal(environ, start_response):
    start_response("200 OK", [TEXT])  # <swallowed_refusal:first>
    try:
        start_response("302 Found", [("Location", "/")])  # <swallowed_refusal:late>
    except Exception:
        LOG.append("refused")
    return [b"the first one"]


@route
def second_in_stream(environ, start_response):
    start_response("200 OK", [TEXT])  # <second_in_stream:first>

    def lines():
        yield b"one "
        try:
            start_response("500 Internal Server Error", [TEXT])  # <second_in_stream:late>
        except Exception:
            yield b"refused"

    return lines()


class Job:
    """A body that reports in its close."""

    def __init__(self, start_response):
        self.start_response = start_response

    def __iter__(self):
        self.start_response("200 OK", [TEXT])  # <start_in_close:first>
        yield b"done"

    def close(self):
        self.report()

    def report(self):
        self.start_response("500 Commit Failed", [TEXT])  # <start_in_close:late>


@route
def start_in_close(environ, start_response):
    return Job(start_response)


@wire.caught_badly
def _badly_caught(environ, start_response):
    start_response("200 OK", [TEXT])  # <badly_caught:first>
    raise wire.Refused("sold out")


ROUTES["/badly_caught"] = wire.tagged(_badly_caught)


@wire.twice
@wire.timed
def _run_twice(environ, start_response):
    start_response("200 OK", [TEXT])  # <run_twice:first>
    return [b"ran"]


ROUTES["/run_twice"] = _run_twice


def _slow(environ, start_response):
    time.sleep(0.3)
    start_response("200 OK", [TEXT])  # <timeout:late>
    return [b"slow"]


ROUTES["/timeout"] = wire.timeout(_slow, 0.05)


@route
def start_in_thread(environ, start_response):
    start_response("200 OK", [TEXT])  # <start_in_thread:first>

    def notify():
        try:
            start_response("202 Accepted", [TEXT])  # <start_in_thread:late>
        except Exception:
            LOG.append("refused")

    def lines():
        yield b"one "
        worker = threading.Thread(target=notify)
        worker.start()
        worker.join()
        yield b"two"

    return lines()


@route
def after_write(environ, start_response):
    write = start_response("200 OK", [TEXT])  # <after_write:first>
    write(b"written ")
    try:
        start_response("500 Internal Server Error", [TEXT])  # <after_write:late>
    except Exception:
        return [b"refused"]
    return []


@route
def through_partial(environ, start_response):
    plain_text = functools.partial(wire.send, start_response)
    plain_text("200 OK")  # <through_partial:first>
    plain_text("404 Not Found")  # <through_partial:late>
    return [b"both"]


@route
def second_from_executor(environ, start_response):
    start_response("200 OK", [TEXT])  # <second_from_executor:first>
    try:
        POOL.submit(wire.refuse, start_response).result()
    except Exception:
        LOG.append("refused")
    return [b"mine"]


@route
def empty_first_chunk(environ, start_response):
    start_response("200 OK", [TEXT])  # <empty_first_chunk:first>
    yield b""
    try:
        total(["x"])
    except ValueError:
        start_response("500 Internal Server Error", [TEXT], sys.exc_info())
        yield b"failed"


# ---------------------------------------------------------------- no start, headers, lengths
@route
def never_started(environ, start_response):
    if environ["REQUEST_METHOD"] == "POST":
        start_response("200 OK", [TEXT])
    return body_without_head()


def body_without_head():
    yield b"no head"  # <never_started:late>


@route
def late_in_list(environ, start_response):
    headers = [TEXT]
    start_response("200 OK", headers)  # <late_in_list:first>

    def lines():
        yield b"one "
        headers.append(("X-Late", "1"))
        yield b"two"

    return lines()


@route
def late_in_wsgiref_headers(environ, start_response):
    pairs = [TEXT]
    start_response("200 OK", pairs)  # <late_in_wsgiref_headers:first>

    def lines():
        yield b"one "
        Headers(pairs).add_header("X-Late", "1")

    return lines()


@route
def list_before_first_chunk(environ, start_response):
    headers = [TEXT]
    start_response("200 OK", headers)  # <list_before_first_chunk:first>

    def lines():
        headers.append(("X-Eager", "1"))
        yield b"one"

    return lines()


@route
def too_long(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "4")])  # <too_long:first>

    def lines():
        yield b"1234"
        yield b"5678"  # <too_long:late>

    return lines()


@route
def too_short(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "40")])  # <too_short:first>
    return iter([b"1234"])


@route
def too_short_list(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "40")])  # <too_short_list:first>
    return [b"1234"]


def _nuts(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "4")])  # <rewritten_body:first> <drained_body:first>
    return [b"nuts"]


ROUTES["/rewritten_body"] = wire.rewritten(_nuts)
ROUTES["/drained_body"] = wire.drained(_nuts)


# ---------------------------------------------------------------- errors after the head has left
@route
def error_in_stream(environ, start_response):
    start_response("200 OK", [TEXT])  # <error_in_stream:first>
    return wire.prices(5)


@route
def lazy(environ, start_response):
    start_response("200 OK", [TEXT])  # <lazy:first>
    yield b"one "
    raise wire.Refused("two")  # <lazy:late>


class Prices:
    """An iterator of its own."""

    def __init__(self):
        self.prices = wire.prices(5)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self.prices)


class Resource:
    """An application that is an object."""

    def __call__(self, environ, start_response):
        return self.get(start_response)

    def get(self, start_response):
        start_response("200 OK", [TEXT])  # <error_in_iterator:first>
        return Prices()


ROUTES["/error_in_iterator"] = Resource()


@wire.caught
def _handled_too_late(environ, start_response):
    start_response("200 OK", [TEXT])  # <handled_too_late:first>
    return wire.prices(5)


ROUTES["/handled_too_late"] = wire.tagged(_handled_too_late)


class Audited:
    """A body whose close fails."""

    def __iter__(self):
        yield b"one "
        yield b"two"

    def close(self):
        self.audit()

    def audit(self):
        raise wire.Refused("no audit")  # <error_in_close:late>


@route
def error_in_close(environ, start_response):
    start_response("200 OK", [TEXT])  # <error_in_close:first>
    return Audited()


@route
def started_in_executor(environ, start_response):
    def answer():
        start_response("200 OK", [TEXT])  # <started_in_executor:first>
        return failing()

    return POOL.submit(answer).result()


def failing():
    yield b"one "
    raise wire.Refused("two")  # <started_in_executor:late> <validated:late>


def _validated(environ, start_response):
    start_response("200 OK", [TEXT])  # <validated:first>
    return failing()


ROUTES["/validated"] = validator(_validated)


# ---------------------------------------------------------------- sessions of beaker
def _late_beaker(environ, start_response):
    session = environ["beaker.session"]
    start_response("200 OK", [TEXT])  # <late_beaker:first>

    def lines():
        yield b"one "
        session["late"] = True  # <late_beaker:late>
        session.save()
        yield b"two"

    return lines()


def _good_beaker(environ, start_response):
    session = environ["beaker.session"]
    session["good"] = True
    session.save()
    start_response("200 OK", [TEXT])

    def lines():
        yield b"one "
        LOG.append(session["good"])

    return lines()


BEAKER = {"session.type": "cookie", "session.validate_key": "not a secret", "session.data_serializer": "json"}
ROUTES["/late_beaker"] = SessionMiddleware(_late_beaker, BEAKER)
ROUTES["/good_beaker"] = SessionMiddleware(_good_beaker, BEAKER)


# ---------------------------------------------------------------- werkzeug's objects
@route
@responder
def responder_late(environ, start_response):
    def lines():
        yield "one "
        response.headers["X-Late"] = "1"  # <responder_late:late>

    response = Response(lines())  # <responder_late:first>
    return response


@route
@Request.application
def request_late(request):
    def lines():
        yield "one "
        response.set_cookie("late", request.path)  # <request_late:late>

    response = page(lines())
    return response


def page(lines):
    return Response(lines, mimetype="text/html")  # <request_late:first>


class Pages:
    """A small application in the style of werkzeug's tutorial."""

    def __init__(self):
        self.urls = Map([Rule("/", endpoint="index"), Rule("/<name>", endpoint="show")])

    def dispatch(self, request):
        adapter = self.urls.bind_to_environ(request.environ)
        try:
            endpoint, values = adapter.match()
            return getattr(self, f"on_{endpoint}")(request, **values)
        except HTTPException as error:
            return error

    def on_index(self, request):
        response = Response("index")
        response.headers["X-Pages"] = "1"
        return response

    def on_show(self, request, name):
        if name == "missing":
            raise NotFound(name)
        response = Response(mimetype="text/plain")  # <pages_late:first>
        response.response = self.show(response, name)
        return response

    def show(self, response, name):
        yield f"{name} "
        response.status_code = 203  # <pages_late:late>

    def __call__(self, environ, start_response):
        request = Request(environ)
        response = self.dispatch(request)
        return response(environ, start_response)  # <pages_late:first>


@route
@Request.application
def aborted_in_stream(request):
    def lines():
        yield "one "
        abort(410)  # <aborted_in_stream:late>

    return Response(lines())  # <aborted_in_stream:first>


@route
def resent(environ, start_response):
    def lines():
        yield "sent again "
        answer.headers["X-Late"] = "1"  # <resent:late>

    inner = Response.from_app(plain, environ, buffered=True)
    answer = Response(lines(), status=inner.status_code)  # <resent:first>
    inner.headers["X-Inner"] = "1"
    return answer(environ, start_response)  # <resent:first>


# ---------------------------------------------------------------- never a finding
@route
def raised_after_start(environ, start_response):
    start_response("200 OK", [TEXT])
    raise wire.Refused("the server answers")


@route
def never_iterated(environ, start_response):
    in_context(environ, start_response)
    start_response("200 OK", [TEXT])
    return [b"another one"]


@route
def sequence(environ, start_response):
    start_response("200 OK", [TEXT])

    class Words:
        def __getitem__(self, index):
            return (b"one ", b"two")[index]

    return Words()


@route
def error_object(environ, start_response):
    return NotFound("nothing")(environ, start_response)


def _again(environ, start_response):
    body = _busy(environ, start_response)
    try:
        raise wire.Refused(body)
    except wire.Refused:
        return plain(environ, lambda status, headers: start_response(status, headers, sys.exc_info()))


def _busy(environ, start_response):
    start_response("503 Service Unavailable", [TEXT])
    return [b"busy"]


ROUTES["/retried_by_the_book"] = _again


@route
def plain(environ, start_response):
    start_response("200 OK", [TEXT])
    return [b"plain"]


@route
def written(environ, start_response):
    write = start_response("200 OK", [TEXT])
    write(b"written ")
    return [b"and returned"]


@route
def exc_info_in_time(environ, start_response):
    start_response("200 OK", [TEXT])
    try:
        return [total(["x"])]
    except ValueError:
        start_response("422 Unprocessable Content", [TEXT], sys.exc_info())
        return [b"not a number"]


@route
def exc_info_of_nothing(environ, start_response):
    start_response("200 OK", [TEXT], sys.exc_info())
    return [b"fine"]


@route
def exc_info_first(environ, start_response):
    try:
        return [total(["x"])]
    except ValueError:
        start_response("422 Unprocessable Content", [TEXT], sys.exc_info())
        return [b"not a number"]


ROUTES["/handled_in_time"] = wire.caught(lambda environ, start_response: _refuse(start_response))


def _refuse(start_response):
    start_response("200 OK", [TEXT])
    raise wire.Refused("at once")


@route
def list_in_time(environ, start_response):
    headers = [TEXT]
    start_response("200 OK", headers)
    return [b"same list"]


SHARED = [("Content-Type", "text/plain"), ("X-Shared", "1")]


@route
def shared_list(environ, start_response):
    start_response("200 OK", SHARED)
    return iter([b"shared"])


@route
def own_copy(environ, start_response):
    headers = Headers([TEXT])
    start_response("200 OK", headers.items()[:])

    def lines():
        yield b"one "
        headers["X-Mine"] = "1"
        yield b"two"

    return lines()


@route
def file(environ, start_response):
    start_response("200 OK", [TEXT])
    return wrap_file(environ, io.BytesIO(b"nuts and bolts"))


@route
def no_content(environ, start_response):
    start_response("204 No Content", [])
    return []


@route
def not_modified(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"v1"')])
    return [b""]


@route
def head_with_length(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "14")])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [b"nuts and bolts"]


@route
def head_with_body(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "14")])
    return iter([b"nuts and bolts"])


@route
def nested(environ, start_response):
    answers = []
    for path in ("/plain", "/written"):
        inner = {**environ, "PATH_INFO": path}
        answers += app(inner, lambda status, headers, exc_info=None: LOG.append)
    start_response("200 OK", [TEXT])
    return [b"".join(answers)]


@route
def nested_in_shared_environ(environ, start_response):
    environ["PATH_INFO"] = "/plain"
    inner = app(environ, lambda status, headers, exc_info=None: None)
    start_response("200 OK", [TEXT, ("X-Outer", "1")])
    return inner


@route
def early_hints(environ, start_response):
    hint = environ.get("wsgi.early_hints")
    if hint is not None:
        hint([("Link", "</style.css>; rel=preload")])
    start_response("200 OK", [TEXT])
    return [b"after the hints"]


@route
def in_context(environ, start_response):
    with wire.connection(LOG) as log:
        start_response("200 OK", [TEXT])
        for word in (b"one ", b"two"):
            log.append("sent")
            yield word


@route
def cleaned_up(environ, start_response):
    start_response("200 OK", [TEXT])

    class Body:
        def __iter__(self):
            return iter([b"one ", b"two"])

        def close(self):
            LOG.append("closed")

    return Body()


ROUTES["/buffered"] = wire.buffered(_nuts)
ROUTES["/limited"] = wire.Limited(in_context, 1)


def _swapped(environ, start_response):
    return Response("swapped")(environ, start_response)


ROUTES["/buffered_twice"] = wire.buffered(wire.buffered(_swapped))


def shop(environ, start_response):
    application = ROUTES.get(environ["PATH_INFO"])
    if application is None:
        return NotFound()(environ, start_response)
    return application(environ, start_response)


app = DispatcherMiddleware(shop, {"/pages": Pages()})
