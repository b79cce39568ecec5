"""A shop on Flask: every route is one scenario, named like its marker."""

from __future__ import annotations

import copy
import functools
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import flask_layers as layers
import flask_shop as shop
from flask import (
    Flask,
    Response,
    abort,
    after_this_request,
    copy_current_request_context,
    flash,
    g,
    get_flashed_messages,
    jsonify,
    make_response,
    redirect,
    request,
    request_finished,
    request_tearing_down,
    send_file,
    session,
    stream_template,
    stream_with_context,
    url_for,
)
from flask_login import LoginManager, UserMixin, login_user
from flask_panel import admin, panel
from werkzeug.datastructures import Headers
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response as PlainResponse

FILES = Path(tempfile.mkdtemp(prefix="shop"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n", encoding="utf-8")
POOL = ThreadPoolExecutor(2)
LOG: list[str] = []

shop_app = Flask(__name__)
shop_app.secret_key = "not a secret"
shop_app.register_blueprint(panel)
login = LoginManager(shop_app)


class User(UserMixin):
    """Somebody who has logged in."""

    def __init__(self, name):
        self.id = name


@login.user_loader
def load(name):
    return User(name)


# ---------------------------------------------------------------- late writes to the response
@shop_app.get("/late_header")
def late_header():
    meter = shop.Meter(shop.rows())
    response = meter.response = Response(iter(meter), mimetype="text/plain")  # <late_header:first>
    return response


@shop_app.get("/built_elsewhere")
def built_elsewhere():
    meter = shop.Meter(shop.rows())
    meter.response = answer = shop.make_export(iter(meter), "rows")
    answer.headers["X-View"] = "export"
    return answer


@shop_app.get("/own_class")
def own_class():
    table = [("nut", "1"), ("bolt", "2")]
    return shop.CsvResponse(table, name="parts")  # <own_class:first>


@shop_app.get("/own_call")
def own_call():
    return shop.TimedResponse("timed")  # <own_call:first>


@shop_app.get("/late_status")
def late_status():
    def lines():
        try:
            yield from shop.broken_rows()
        except shop.StockError:
            response.status_code = 500  # <late_status:late>
            yield "failed\n"

    response = make_response(lines())  # <late_status:first>
    return response


@shop_app.get("/late_status_and_header")
def late_status_and_header():
    def lines():
        yield "one\n"
        response.status = "409 CONFLICT"  # <late_status_and_header:late_status>
        response.headers["Retry-After"] = "5"  # <late_status_and_header:late_header>
        yield "two\n"

    response = Response(lines())  # <late_status_and_header:first>
    return response


@shop_app.get("/late_cookie")
def late_cookie():
    def lines():
        for number, line in enumerate(shop.rows()):
            yield line
            remember(response, number)

    response = Response(lines())  # <late_cookie:first>
    return response


def remember(response, number):
    if number == 2:
        response.set_cookie("last_row", str(number))  # <late_cookie:late>


@shop_app.get("/late_cookie_deleted")
def late_cookie_deleted():
    @stream_with_context
    def lines():
        yield "bye\n"
        response.delete_cookie("basket")  # <late_cookie_deleted:late>

    response = Response(lines())  # <late_cookie_deleted:first>
    return response


@shop_app.get("/late_removal")
def late_removal():
    def lines():
        yield "data\n"
        del response.headers["X-Draft"]  # <late_removal:late>

    response = Response(lines(), headers={"X-Draft": "yes"})  # <late_removal:first>
    return response


@shop_app.get("/late_cache_control")
def late_cache_control():
    def lines():
        yield "data\n"
        response.cache_control.no_store = True  # <late_cache_control:late>
        yield "more\n"

    response = Response(lines())  # <late_cache_control:first>
    return response


@shop_app.get("/late_mimetype")
def late_mimetype():
    def lines():
        yield "a;b\n"
        response.mimetype = "text/csv"  # <late_mimetype:late>

    response = Response(lines())  # <late_mimetype:first>
    return response


@shop_app.get("/before_first_chunk")
def before_first_chunk():
    def lines():
        response.headers["X-Early"] = "no"  # <before_first_chunk:late>
        yield "the head was rendered before\n"

    response = Response(lines())  # <before_first_chunk:first>
    return response


@shop_app.get("/late_in_close")
def late_in_close():
    response = jsonify(ok=True)  # <late_in_close:first>
    response.call_on_close(functools.partial(close_books, response))
    return response


def close_books(response):
    response.headers["X-Books"] = "closed"  # <late_in_close:late>


@shop_app.get("/late_in_teardown")
def late_in_teardown():
    g.torn = Response("short")  # <late_in_teardown:first>
    return g.torn


@shop_app.teardown_request
def tear_down(error):
    if "torn" in g:
        g.torn.headers["X-Teardown"] = "1"  # <late_in_teardown:late>


@shop_app.get("/late_in_signal")
def late_in_signal():
    g.signalled = make_response("short")  # <late_in_signal:first>
    return g.signalled


@request_tearing_down.connect_via(shop_app)
def on_tearing_down(sender, **extra):
    if "signalled" in g:
        g.signalled.headers["X-Signal"] = "1"  # <late_in_signal:late>


@shop_app.get("/late_in_thread")
def late_in_thread():
    response = Response("at once")  # <late_in_thread:first>
    threading.Thread(target=measure, args=(response,), daemon=True).start()
    return response


def measure(response):
    time.sleep(0.1)
    response.headers["X-Measured"] = "1"  # <late_in_thread:late>


@shop_app.get("/late_in_timer")
def late_in_timer():
    response = Response("at once")  # <late_in_timer:first>
    threading.Timer(0.1, expire, [response]).start()
    return response


def expire(response):
    response.set_cookie("expired", "1")  # <late_in_timer:late>


@shop_app.get("/late_in_pool")
def late_in_pool():
    def lines():
        yield "working\n"
        POOL.submit(finish, response).result()
        yield "done\n"

    response = Response(lines())  # <late_in_pool:first>
    return response


def finish(response):
    response.status_code = 201  # <late_in_pool:late>


@shop_app.get("/async_view")
async def async_view():
    def lines():
        yield "one\n"
        response.headers["X-Async"] = "1"  # <async_view:late>

    response = Response(lines())  # <async_view:first>
    return response


@shop_app.get("/from_handler")
def from_handler():
    raise shop.Conflict("sold out")


@shop_app.errorhandler(shop.Conflict)
def conflicting(error):
    def lines():
        yield f"{error}\n"
        response.headers["Retry-After"] = "1"  # <from_handler:late>

    response = Response(lines(), 409)  # <from_handler:first>
    return response


@shop_app.get("/late_in_subrequest")
def late_in_subrequest():
    def lines():
        for path in ("plain", "nowhere"):
            inner = shop_app.test_client().get(f"/{path}")
            inner.headers["X-Inner"] = "mine"
            if inner.status_code == 404:
                response.headers["X-Failed"] = path  # <late_in_subrequest:late>
            yield inner.get_data()

    response = Response(lines())  # <late_in_subrequest:first>
    return response


@shop_app.get("/late_in_wrapped_body")
def late_in_wrapped_body():
    return Response(shop.rows())  # <late_in_wrapped_body:first>


@shop_app.after_request
def measure_body(response):
    if request.endpoint == "late_in_wrapped_body":
        response.response = measured(response, response.response)
    return response


def measured(response, chunks):
    size = 0
    for chunk in chunks:
        size += len(chunk)
        yield chunk
    response.headers["X-Size"] = str(size)  # <late_in_wrapped_body:late>


@shop_app.get("/late_in_replacement")
def late_in_replacement():
    g.original = Response("of the view")
    return g.original


@shop_app.after_request
def replace_answer(response):
    if request.endpoint != "late_in_replacement":
        return response
    replacement = make_response(replacing(g.original))  # <late_in_replacement:first>
    g.original.replacement = replacement
    return replacement


def replacing(original):
    yield "replaced\n"
    original.headers["X-Unsent"] = "1"
    original.replacement.headers["X-Replaced"] = "1"  # <late_in_replacement:late>


@shop_app.get("/late_data")
def late_data():
    response = Response("short")  # <late_data:first>
    threading.Timer(0.1, lambda: response.set_data("much longer")).start()  # <late_data:late>
    return response


LIVE = {}


@shop_app.get("/live/<name>")
def live(name):
    gate = threading.Event()

    def lines():
        yield "waiting\n"
        gate.wait(5)
        yield "poked\n"

    response = Response(lines())  # <live:first>
    LIVE[name] = response, gate
    return response


@shop_app.get("/poke/<name>")
def poke(name):
    response, gate = LIVE.pop(name)
    response.headers["X-Poked"] = "1"  # <live:late>
    gate.set()
    return "poked"


# ---------------------------------------------------------------- late sessions and callbacks
@shop_app.get("/late_session")
def late_session():
    def lines():
        yield "hello\n"
        note_visit("late")

    return Response(stream_with_context(lines()))  # <late_session:first>


def note_visit(name):
    session["visit"] = name  # <late_session:late>


@shop_app.get("/late_session_in_place")
def late_session_in_place():
    session["seen"] = ["nut"]

    @stream_with_context
    def lines():
        yield "sold\n"
        seen = session["seen"]
        seen.append("bolt")
        session["seen"] = seen  # <late_session_in_place:late>

    return lines()  # <late_session_in_place:first>


@shop_app.get("/late_session_pop")
def late_session_pop():
    session["basket"] = ["nut"]

    @stream_with_context
    def lines():
        yield "sold\n"
        session.pop("basket", None)  # <late_session_pop:late>

    return lines()  # <late_session_pop:first>


@shop_app.get("/late_session_thread")
def late_session_thread():
    session["job"] = "queued"

    @copy_current_request_context
    def job():
        session["job"] = "done"  # <late_session_thread:late>

    def lines():
        yield "queued\n"
        worker = threading.Thread(target=job)
        worker.start()
        worker.join()
        yield "done\n"

    return Response(lines())  # <late_session_thread:first>


@shop_app.get("/late_flash")
def late_flash():
    def lines():
        yield "importing\n"
        flash("imported")  # <late_flash:late>

    return Response(stream_with_context(lines()))  # <late_flash:first>


@shop_app.get("/late_flash_read")
def late_flash_read():
    flash("welcome")

    def lines():
        yield "page\n"
        yield from get_flashed_messages()  # <late_flash_read:late>

    return Response(stream_with_context(lines()))  # <late_flash_read:first>


@shop_app.get("/late_template")
def late_template():
    flash("ordered")
    return stream_template("flask_messages.html", orders=["a", "b"])  # <late_template:first>


@shop_app.get("/late_session_permanent")
def late_session_permanent():
    session["user"] = "ann"

    @stream_with_context
    def lines():
        yield "remembering\n"
        session.permanent = True  # <late_session_permanent:late>

    return Response(lines())  # <late_session_permanent:first>


@shop_app.get("/late_session_cleared")
def late_session_cleared():
    session.update(user="ann")

    def lines():
        yield "bye\n"
        try:
            yield "bye\n"
        finally:
            session.clear()  # <late_session_cleared:late>

    return Response(stream_with_context(lines()))  # <late_session_cleared:first>


@shop_app.get("/late_login")
def late_login():
    def lines():
        yield "checking\n"
        login_user(User("ann"))  # <late_login:late>
        yield "welcome\n"

    return Response(stream_with_context(lines()))  # <late_login:first>


@shop_app.get("/late_callback")
def late_callback():
    def lines():
        yield "data\n"

        @after_this_request  # <late_callback:late>
        def mark(response):
            response.headers["X-Marked"] = "1"
            return response

        yield "more\n"

    return Response(stream_with_context(lines()))  # <late_callback:first>


# ---------------------------------------------------------------- errors after the start
@shop_app.get("/error_in_stream")
def error_in_stream():
    return Response(shop.flattened([shop.rows(1), shop.broken_rows()]))  # <error_in_stream:first>


@shop_app.get("/error_returned_generator")
def error_returned_generator():  # <error_returned_generator:def>
    if request.args.get("empty"):
        return "nothing"
    return shop.broken_rows()  # <error_returned_generator:first>


@shop_app.get("/async_error")
async def async_error():
    return shop.broken_rows(), {"X-Async": "1"}  # <async_error:first>


@shop_app.get("/error_from")
def error_from():
    return Response(shop.translated(shop.broken_rows()))  # <error_from:first>


@shop_app.get("/error_reraised")
def error_reraised():
    return Response(shop.logged(shop.broken_rows(), LOG))  # <error_reraised:first>


@shop_app.get("/error_in_library")
def error_in_library():
    texts = ['{"name": "nut"}', "{"]
    return Response(map(shop.decode, texts))  # <error_in_library:first>


@shop_app.get("/error_group")
def error_group():
    return Response(shop.collected([lambda: "one\n", price]))  # <error_group:first>


def price():
    raise ValueError("no price")  # <error_group:late>


@shop_app.get("/error_in_exit")
def error_in_exit():
    def lines():
        with shop.transaction(broken=True) as changes:
            for line in shop.rows():
                changes.append(line)
                yield line

    return Response(lines())  # <error_in_exit:first>


@shop_app.get("/error_in_close")
def error_in_close():
    response = Response(shop.rows())  # <error_in_close:first>
    response.call_on_close(commit)
    return response


def commit():
    raise shop.StockError("not committed")  # <error_in_close:late>


@shop_app.get("/abort_in_stream")
def abort_in_stream():
    def lines():
        for page in range(3):
            allow(page)
            yield f"page {page}\n"

    return Response(lines(), mimetype="text/plain")  # <abort_in_stream:first>


def allow(page):
    if page:
        abort(403)  # <abort_in_stream:late>


@shop_app.get("/redirect_in_stream")
def redirect_in_stream():
    def lines():
        yield "cart\n"
        go_on()

    return Response(stream_with_context(lines()))  # <redirect_in_stream:first>


def go_on():
    abort(redirect(url_for("plain")))  # <redirect_in_stream:late>


@shop_app.get("/too_short")
def too_short():
    return Response(shop.rows(1), headers={"Content-Length": "100"})  # <too_short:first>


@shop_app.get("/too_long")
def too_long():
    def lines():
        yield "12345"
        yield "678"  # <too_long:late>

    return Response(lines(), headers={"Content-Length": "5"})  # <too_long:first> <too_long:late>


# ---------------------------------------------------------------- behind the layers
@shop_app.get("/limit_text")
def limit_text():  # <limit_text:def>
    if request.args.get("short"):
        return "short"
    return "x" * 100  # <limit_text:first>


@shop_app.get("/limit_dict")
def limit_dict():  # <limit_dict:def>
    lengths = {"text": "x" * 100}
    if request.args.get("short"):
        return {}
    return lengths  # <limit_dict:first>


@shop_app.get("/limit_tuple")
def limit_tuple():  # <limit_tuple:def>
    if request.args.get("short"):
        return "short", 202
    return "x" * 100, 201, {"X-Kind": "tuple"}  # <limit_tuple:first>


def announced(view):
    @functools.wraps(view)
    def wrapper(**arguments):
        LOG.append(view.__name__)
        return view(**arguments)

    return wrapper


@shop_app.get("/limit_view/<int:size>")
@announced
def limit_view(size):  # <limit_view:def>
    if size < 50:
        return "short"
    return "x" * size  # <limit_view:first>


@shop_app.get("/cascade")
def cascade():
    abort(404)  # <cascade:first>


@shop_app.get("/retry")
def retry():
    return busy()


def busy():
    return Response("busy", 503)  # <retry:first>


@shop_app.get("/cascade_custom")
def cascade_custom():
    raise shop.Teapot("no coffee")  # <cascade_custom:first>


@shop_app.get("/cascade_handled")
def cascade_handled():
    raise shop.ExportError("nothing to export")


@shop_app.errorhandler(shop.ExportError)
def not_exported(error):
    return {"error": str(error)}, 404  # <cascade_handled:first>


@shop_app.get("/cascade_built")
def cascade_built():
    abort(no_page())  # <cascade_built:first>


def no_page():
    return make_response("no page", 404)  # <cascade_built:first>


@shop_app.before_request
def maintenance():  # <limit_before:def>
    if "maintenance" in request.args:
        return "x" * 100  # <limit_before:first>
    return None


@shop_app.get("/slashed/")
def slashed():
    return "with a slash"


# ---------------------------------------------------------------- never a finding
@shop_app.get("/plain")
def plain():
    return "plain"


@shop_app.get("/stream")
def stream():
    return Response(shop.rows(), mimetype="text/csv")


@shop_app.after_request
def secure(response):
    response.headers["X-Frame-Options"] = "DENY"
    response.set_cookie("seen", "1")
    return response


@request_finished.connect_via(shop_app)
def on_finished(sender, response, **extra):
    response.headers["X-Finished"] = "1"


@shop_app.get("/callback_in_time")
def callback_in_time():
    @after_this_request
    def mark(response):
        response.status_code = 202
        return response

    return Response(shop.rows())


@shop_app.get("/own_call_in_time")
def own_call_in_time():
    return shop.StampedResponse("stamped")


CACHED = Response("cached", mimetype="text/plain")
HITS = iter(range(1000))


@shop_app.get("/cached")
def cached():
    CACHED.headers["X-Hits"] = str(next(HITS))
    return CACHED


@shop_app.get("/never_sent")
def never_sent():
    def lines():
        yield "one\n"
        draft = Response("draft")
        draft.headers["X-Draft"] = "1"
        draft.status_code = 500
        yield "two\n"

    discarded = make_response("discarded")
    response = Response(lines())
    discarded.set_cookie("discarded", "1")
    return response


@shop_app.get("/copied")
def copied():
    def lines():
        yield "one\n"
        mine = Headers(response.headers)
        mine["X-Copy"] = "1"
        also = dict(response.headers)
        also["X-Copy"] = "2"
        clone = copy.deepcopy(response.headers)
        clone.clear()
        yield "two\n"

    response = Response(lines())
    return response


@shop_app.get("/equal_write")
def equal_write():
    session["page"] = 1

    @stream_with_context
    def lines():
        yield "one\n"
        response.headers["X-Page"] = "1"
        response.status_code = 200
        session["page"] = 1
        session.setdefault("page", 2)

    response = Response(lines(), headers={"X-Page": "1"})
    return response


@shop_app.get("/read_late")
def read_late():
    @stream_with_context
    def lines():
        yield session.get("page", "none")
        yield from get_flashed_messages()
        yield response.headers.get("X-Page", "none")

    response = Response(lines())
    return response


@shop_app.get("/error_in_time")
def error_in_time():
    raise ValueError("answered by the framework")


@shop_app.get("/error_before_first_chunk")
def error_before_first_chunk():
    def lines():
        shop.check(2)
        yield "never\n"

    return Response(lines())


@shop_app.get("/caught_in_stream")
def caught_in_stream():
    def lines():
        try:
            yield from shop.broken_rows()
        except shop.StockError as error:
            yield f"error: {error}\n"

    return Response(lines())


@shop_app.get("/file")
def file():
    return send_file(FILES / "catalogue.txt", conditional=True)


@shop_app.get("/not_modified")
def not_modified():
    response = Response("the same", headers={"ETag": '"v1"'})
    return response.make_conditional(request)


@shop_app.get("/no_content")
def no_content():
    return "", 204


@shop_app.get("/subrequest")
def subrequest():
    inner = PlainResponse.from_app(admin, {**request.environ, "PATH_INFO": "/quiet"}, buffered=True)
    inner.headers["X-Inner"] = "1"
    with shop_app.test_client() as client:
        answer = client.get("/stream")
        answer.headers["X-Mine"] = "1"
    return inner.get_data() + answer.get_data()


@shop_app.get("/endless")
def endless():
    def lines():
        try:
            for number in range(100_000):
                yield f"{number} ".ljust(1000, ".")
                time.sleep(0.001)
        finally:
            LOG.append("closed")

    return Response(lines())


# ---------------------------------------------------------------- one of many at the same time
@shop_app.get("/one_of_many/<name>")
def one_of_many(name):
    def lines():
        for _ in range(3):
            time.sleep(0.02)
            yield f"{name}\n"
        if name.startswith("late"):
            response.headers["X-Late"] = name  # <one_of_many:late>

    response = Response(lines())  # <one_of_many:first>
    return response


app = layers.Stamp(DispatcherMiddleware(shop_app, {
    "/admin": admin,
    "/cascade": layers.Cascade(shop_app),
    "/cascade_any": layers.Cascade(shop_app, ("404", "405", "418", "308")),
    "/limit": layers.Limit(shop_app, 50),
    "/retry": layers.Retry(shop_app),
    "/patient": layers.PatientRetry(shop_app),
    "/cut": layers.FirstChunk(shop_app),
    "/replace": layers.Replace(shop_app),
}))
