"""A store on Bottle: every route is one scenario, named like its marker."""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
from pathlib import Path

import bottle
import bottle_store as store
from bottle import HTTPError, HTTPResponse, abort, redirect, request, response, static_file, template

FILES = Path(tempfile.mkdtemp(prefix="store"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n", encoding="utf-8")
DENIED = HTTPResponse("not for you", 403)
COUNT = itertools.count()
GONE = HTTPError(410, "sold long ago")

shop = bottle.Bottle()
admin = bottle.Bottle()
archive = bottle.Bottle()


@shop.hook("before_request")
def before():
    response.set_header("X-Before", "1")
    if "maintenance" in request.query:
        abort(503, "back soon")


@shop.hook("after_request")
def after():
    response.set_header("X-After", str(next(COUNT)))


# ---------------------------------------------------------------- late writes
@shop.get("/late_header")
def late_header():
    for number in range(3):
        yield f"row {number}\n"  # <late_header:first>
    response.set_header("X-Total", "3")  # <late_header:late>


@shop.get("/late_header_map")
def late_header_map():
    yield "one"  # <late_header_map:first>
    response.headers["X-Total"] = "1"  # <late_header_map:late>


@shop.get("/late_header_update")
def late_header_update():
    yield "one"  # <late_header_update:first>
    response.headers.update({"X-Total": "1"})  # <late_header_update:late>


@shop.get("/late_item")
def late_item():
    yield "one"  # <late_item:first>
    response["X-Total"] = "1"  # <late_item:late>


@shop.get("/late_added")
def late_added():
    response.add_header("Link", "</a>")
    yield "one"  # <late_added:first>
    response.add_header("Link", "</b>")  # <late_added:late>


@shop.get("/late_removal")
def late_removal():
    response.set_header("X-Draft", "1")
    yield "one"  # <late_removal:first>
    del response.headers["X-Draft"]  # <late_removal:late>


@shop.get("/late_content_type")
def late_content_type():
    yield "one,two\n"  # <late_content_type:first>
    response.content_type = "text/csv"  # <late_content_type:late>


@shop.get("/late_status")
def late_status():
    yield "one"  # <late_status:first>
    response.status = 500  # <late_status:late>
    yield " failed"


@shop.get("/late_status_and_header")
def late_status_and_header():
    yield "one"  # <late_status_and_header:first>
    response.status = "409 Conflict"  # <late_status_and_header:late_status>
    response.set_header("Retry-After", "5")  # <late_status_and_header:late_header>


@shop.get("/late_cookie")
def late_cookie():
    yield "one"  # <late_cookie:first>
    response.set_cookie("seen", "1")  # <late_cookie:late>


@shop.get("/late_second_cookie")
def late_second_cookie():
    response.set_cookie("first", "1")
    yield "one"  # <late_second_cookie:first>
    response.set_cookie("second", "2", secret="key")  # <late_second_cookie:late>


@shop.get("/late_cookie_deleted")
def late_cookie_deleted():
    yield "bye"  # <late_cookie_deleted:first>
    response.delete_cookie("basket")  # <late_cookie_deleted:late>


@shop.get("/from_helper")
def from_helper():
    yield "one"  # <from_helper:first>
    store.note("X-Total", "1")


@shop.get("/late_delegated")
def late_delegated():
    yield from counted_rows()


def counted_rows():
    yield "one"  # <late_delegated:first>
    response.set_header("X-Total", "1")  # <late_delegated:late>


@shop.get("/late_skips_empty")
def late_skips_empty():
    yield ""
    response.set_header("X-Early", "1")
    yield "one"  # <late_skips_empty:first>
    response.set_header("X-Total", "1")  # <late_skips_empty:late>


@shop.get("/late_returned")
def late_returned():
    if request.query.empty:
        return ""
    return late_rows()  # <late_returned:first>


def late_rows():
    yield "one"  # <late_returned:yield>
    response.set_header("X-Total", "1")  # <late_returned:late>


@shop.get("/late_built")
def late_built():
    def lines():
        yield "one"
        answer.set_header("X-Total", "1")  # <late_built:late_header>
        answer.status = 500  # <late_built:late_status>
        answer.set_cookie("seen", "1")  # <late_built:late_cookie>

    answer = HTTPResponse(lines(), 202, {"X-View": "built"})  # <late_built:first>
    return answer


@shop.get("/late_built_global")
def late_built_global():
    def lines():
        yield "one"
        response.set_header("X-Total", "1")  # <late_built_global:late_header>
        response.status = 500  # <late_built_global:late_status>
        response.set_cookie("seen", "1")  # <late_built_global:late_cookie>

    return HTTPResponse(lines())  # <late_built_global:first>


@shop.get("/late_own_class")
def late_own_class():
    return store.Download(late_parts(), "parts.txt")  # <late_own_class:first>


def late_parts():
    yield "one"
    response.set_header("X-Total", "1")  # <late_own_class:late>


@shop.get("/late_in_thread")
def late_in_thread():
    def write():
        answer.set_header("X-Total", "1")  # <late_in_thread:late>

    def lines():
        yield "one"
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    answer = HTTPResponse(lines())  # <late_in_thread:first>
    return answer


@shop.get("/late_in_timer")
def late_in_timer():
    def write():
        answer.set_cookie("expired", "1")  # <late_in_timer:late>

    def lines():
        yield "one"
        timer = threading.Timer(0.05, write)
        timer.start()
        timer.join()

    answer = HTTPResponse(lines())  # <late_in_timer:first>
    return answer


@shop.get("/late_in_close")
def late_in_close():
    return store.Pages(2)  # <late_in_close:first>


@shop.get("/late_in_finally")
def late_in_finally():
    try:
        yield "one"  # <late_in_finally:first>
    finally:
        response.set_header("X-Done", "1")  # <late_in_finally:late>


@shop.get("/late_decorated", apply=[store.timing])
@store.uncached
def late_decorated():
    yield "one"  # <late_decorated:first>
    response.set_header("X-Total", "1")  # <late_decorated:late>


@shop.get("/late_raised")
def late_raised():
    def lines():
        yield "one"
        response.set_header("X-Total", "1")  # <late_raised:late>

    raise HTTPResponse(lines(), 409)  # <late_raised:first>


@shop.error(418)
def teapot(error):
    return tea_rows()  # <late_from_handler:first>


def tea_rows():
    yield "short and stout"
    response.set_header("X-Tea", "1")  # <late_from_handler:late>


@shop.get("/late_from_handler")
def late_from_handler():
    abort(418, "no coffee")  # <late_from_handler:raised>


class Counter:
    """Handlers that are methods."""

    def list(self):
        yield "one"  # <late_method:first>
        response.set_header("X-Total", "1")  # <late_method:late>


shop.route("/late_method", callback=Counter().list)


@admin.get("/late_mounted")
def late_mounted():
    yield "one"  # <late_mounted:first>
    response.set_header("X-Total", "1")  # <late_mounted:late>


@archive.get("/late_merged")
def late_merged():
    yield "one"  # <late_merged:first>
    response.set_header("X-Total", "1")  # <late_merged:late>


# ---------------------------------------------------------------- errors and answers that come too late
@shop.get("/error_in_stream")
def error_in_stream():
    yield "row 1\n"  # <error_in_stream:first>
    raise ValueError("row 2")  # <error_in_stream:late>


@shop.get("/error_returned_generator")
def error_returned_generator():
    return broken_rows()  # <error_returned_generator:first>


def broken_rows():
    yield b"row 1\n"
    raise ValueError("row 2")  # <error_returned_generator:late>


@shop.get("/error_of_type")
def error_of_type():
    yield "row 1\n"  # <error_of_type:first>
    int("two")  # <error_of_type:late>


@shop.get("/redirect_in_stream")
def redirect_in_stream():
    yield "cart\n"  # <redirect_in_stream:first>
    store.ensure_paid("open")


@shop.get("/abort_in_stream")
def abort_in_stream():
    yield "page 0\n"  # <abort_in_stream:first>
    abort(404, "no page 1")  # <abort_in_stream:late>


@shop.get("/answer_in_stream")
def answer_in_stream():
    yield "page 0\n"  # <answer_in_stream:first>
    raise HTTPResponse("sorry", 409)  # <answer_in_stream:late>


@shop.get("/error_in_close")
def error_in_close():
    return store.FailsToClose(1)  # <error_in_close:first>


@shop.get("/too_short")
def too_short():
    response.content_length = 100
    yield "short"  # <too_short:first>


@shop.get("/too_long")
def too_long():
    response.content_length = 5
    yield "12345"  # <too_long:first>
    yield "678"  # <too_long:late>


# ---------------------------------------------------------------- under middleware that starts again
@shop.get("/limit_text")
def limit_text():  # <limit_text:def>
    if request.query.short:
        return "short"
    return "a text that is much too long"  # <limit_text:first>


@shop.get("/limit_dict")
def limit_dict():
    return {"text": "much too long for that"}  # <limit_dict:first>


@shop.get("/limit_page")
def limit_page():
    return template("<p>{{text}}</p>", text="much too long for that")  # <limit_page:first>


@shop.get("/limit_built")
def limit_built():
    return HTTPResponse("a text that is much too long")  # <limit_built:first>


@shop.get("/limit_file")
def limit_file():
    return static_file("catalogue.txt", FILES, mimetype="text/plain", charset="", headers={"X-File": "1"})  # <limit_file:first>


@shop.get("/limit_abort")
def limit_abort():
    abort(409, "a long story of conflicts")  # <limit_abort:first>


@shop.get("/limit_returned_error")
def limit_returned_error():
    return HTTPError(409, "a long story of conflicts")  # <limit_returned_error:first>


@shop.get("/limit_error")
def limit_error():
    raise ValueError("no page for that")  # <limit_error:first>


@shop.error(402)
def unpaid(error):  # <limit_handled:def>
    if request.query.short:
        return "pay!"
    return "a long story about paying first"  # <limit_handled:first>


@shop.get("/limit_handled")
def limit_handled():
    abort(402)  # <limit_handled:raised>


@shop.get("/retry")
def retry():
    return HTTPResponse("busy", 503)  # <retry:first>


# ---------------------------------------------------------------- clean
@shop.get("/plain")
def plain():
    response.set_cookie("visit", "1")
    response.status = 201
    return "plain"


@shop.get("/stream")
def stream():
    response.content_type = "text/plain"
    yield from store.rows()


@shop.get("/in_time")
def in_time():
    response.set_cookie("seen", "1")
    response.headers["X-Total"] = "3"
    response.status = 202
    yield "one"
    response.status = 202
    response.headers["X-Total"] = "3"


@shop.get("/read_late")
def read_late():
    yield "one"
    yield f" {response.status_code} {response.get_header('X-Before')} {len(response.headers)}"


@shop.get("/json")
def json():
    return {"a": 1}


@shop.get("/nothing")
def nothing():
    response.status = 204


@shop.get("/empty_stream")
def empty_stream():
    yield ""
    response.set_header("X-Empty", "1")


@shop.get("/bytes_list")
def bytes_list():
    return [b"a", b"b"]


@shop.get("/file")
def file():
    return static_file("catalogue.txt", FILES)


@shop.get("/download")
def download():
    return store.Download("parts", "parts.txt")


@shop.get("/open_file")
def open_file():
    return (FILES / "catalogue.txt").open("rb")


@shop.get("/moved")
def moved():
    response.set_cookie("from", "moved")
    redirect("/plain")


@shop.get("/moved_before_first")
def moved_before_first():
    if not request.query.stay:
        redirect("/plain")
    yield "stayed"


@shop.get("/error_before_first")
def error_before_first():
    raise ValueError("nothing yet")
    yield "never"


@shop.get("/error_in_time")
def error_in_time():
    raise ValueError("no answer")


@shop.get("/unauthorized")
def unauthorized():
    abort(401, "who are you?")


@shop.get("/denied")
def denied():
    return DENIED


@shop.get("/denied_raised")
def denied_raised():
    raise DENIED


@shop.get("/gone")
def gone():
    raise GONE


@shop.get("/caught")
def caught():
    try:
        abort(400, "caught")
    except HTTPError as error:
        message = error.body
    yield message
    try:
        raise ValueError("two")
    except ValueError as error:
        yield f" error: {error}"


@shop.get("/never_sent")
def never_sent():
    yield "one"
    other = HTTPResponse("other")
    other.status = 500
    other.set_header("X-Other", "1")
    other.set_cookie("other", "1")


@shop.get("/copied")
def copied():
    yield "one"
    own = response.copy()
    own.set_header("X-Own", "1")
    own.set_cookie("own", "1")


@shop.get("/not_modified")
def not_modified():
    if request.get_header("If-None-Match") == '"v1"':
        return HTTPResponse(status=304, ETag='"v1"')
    return "the same"


@shop.get("/thread_of_its_own")
def thread_of_its_own():
    trouble = []

    def write():
        try:
            response.set_header("X-Thread", "1")
        except RuntimeError as error:
            trouble.append(str(error))

    yield "one "
    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    yield trouble[0]


@shop.get("/one_of_many/<name>")
def one_of_many(name):
    for _ in range(3):
        yield f"{name}\n"  # <one_of_many:first>
        time.sleep(0.02)
    if name.startswith("late"):
        response.set_header("X-Late", "1")  # <one_of_many:late>


@shop.get("/endless")
def endless():
    while True:
        yield "more and more\n" * 100


@shop.post("/posted")
def posted():
    return request.forms.name


@admin.get("/mounted_plain")
def mounted_plain():
    response.set_cookie("admin", "1")
    return "mounted"


def wsgi_guest(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Guest", "1")])
    return [b"guest"]


shop.mount("/admin", admin)
shop.mount("/archive/", archive)
shop.mount("/guest", wsgi_guest)
limited, retried = store.Limit(shop), store.Retry(shop)


def app(environ, start_response):
    """The store, and the same store behind middleware."""
    for prefix, application in (("/limit/", limited), ("/retry/", retried)):
        if environ["PATH_INFO"].startswith(prefix):
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix[:-1])
            return application(environ, start_response)
    return shop(environ, start_response)
