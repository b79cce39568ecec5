"""A shop on Quart: every route is one scenario, named like its marker."""

from __future__ import annotations

import asyncio
import copy
import io
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import quart_layers as layers
import quart_shop as shop
from quart import (
    Quart,
    Response,
    abort,
    after_this_request,
    copy_current_request_context,
    flash,
    g,
    get_flashed_messages,
    jsonify,
    make_push_promise,
    make_response,
    redirect,
    render_template_string,
    request,
    request_finished,
    send_file,
    session,
    stream_template,
    stream_with_context,
    url_for,
    websocket,
)
from quart_panel import panel
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as PlainResponse

FILES = Path(tempfile.mkdtemp(prefix="shop"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n", encoding="utf-8")
POOL = ThreadPoolExecutor(2)
LOG: list[object] = []
TASKS: set[asyncio.Task[None]] = set()

shop_app = Quart(__name__, static_folder="templates", static_url_path="/static")
shop_app.secret_key = "not a secret"
shop_app.register_blueprint(panel)


def compile_limit():
    """What a library for rate limits does, in code that has no file of the shop."""
    found = {"request": request}
    exec(compile("def limit():\n    return ('slow down', 429) if request.args.get('third_party') else None", "<library>", "exec"), found)
    return found["limit"]


def set_going(coroutine):
    task = asyncio.get_running_loop().create_task(coroutine)
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


# ---------------------------------------------------------------- late writes to the response
@shop_app.get("/late_header")
async def late_header():
    meter = shop.Meter(shop.rows())
    response = meter.response = Response(meter, mimetype="text/plain")  # <late_header:first>
    return response


@shop_app.get("/built_elsewhere")
async def built_elsewhere():
    meter = shop.Meter(shop.rows())
    meter.response = answer = shop.make_export(meter, "rows")
    answer.headers["X-View"] = "export"
    return answer


@shop_app.get("/own_class")
async def own_class():
    table = [("nut", "1"), ("bolt", "2")]
    return shop.CsvResponse(table, name="parts")  # <own_class:first>


@shop_app.get("/own_body")
async def own_body():
    body = shop.CountedBody(shop.rows())
    body.response = Response(body)  # <own_body:first>
    return body.response


@shop_app.get("/late_status")
async def late_status():
    async def lines():
        try:
            async for line in shop.broken_rows():
                yield line
        except shop.StockError:
            response.status_code = 500  # <late_status:late>
            yield "failed\n"

    response = await make_response(lines())  # <late_status:first>
    return response


@shop_app.get("/late_status_and_header")
async def late_status_and_header():
    async def lines():
        yield "one\n"
        response.status = "409 CONFLICT"  # <late_status_and_header:late_status>
        response.headers["Retry-After"] = "5"  # <late_status_and_header:late_header>
        yield "two\n"

    response = Response(lines())  # <late_status_and_header:first>
    return response


@shop_app.get("/late_cookie")
async def late_cookie():
    async def lines():
        number = 0
        async for line in shop.rows():
            yield line
            remember(response, number)
            number += 1

    response = Response(lines())  # <late_cookie:first>
    return response


def remember(response, number):
    if number == 2:
        response.set_cookie("last_row", str(number))  # <late_cookie:late>


@shop_app.get("/late_cookie_deleted")
async def late_cookie_deleted():
    @stream_with_context
    async def lines():
        yield "bye\n"
        response.delete_cookie("basket")  # <late_cookie_deleted:late>

    response = Response(lines())  # <late_cookie_deleted:first>
    return response


@shop_app.get("/late_removal")
async def late_removal():
    async def lines():
        yield "data\n"
        del response.headers["X-Draft"]  # <late_removal:late>

    response = Response(lines(), headers={"X-Draft": "yes"})  # <late_removal:first>
    return response


@shop_app.get("/late_cache_control")
async def late_cache_control():
    async def lines():
        yield "data\n"
        response.cache_control.no_store = True  # <late_cache_control:late>
        yield "more\n"

    response = Response(lines())  # <late_cache_control:first>
    return response


@shop_app.get("/late_mimetype")
async def late_mimetype():
    async def lines():
        yield "a;b\n"
        response.mimetype = "text/csv"  # <late_mimetype:late>

    response = Response(lines())  # <late_mimetype:first>
    return response


@shop_app.get("/before_first_chunk")
async def before_first_chunk():
    async def lines():
        response.headers["X-Early"] = "no"  # <before_first_chunk:late>
        yield "the head was sent before\n"

    response = Response(lines())  # <before_first_chunk:first>
    return response


@shop_app.get("/returned_tuple")
async def returned_tuple():
    async def lines():
        yield "one\n"
        g_response.headers["X-Late"] = "1"  # <returned_tuple:late>

    @after_this_request
    async def keep(response):
        nonlocal g_response
        g_response = response
        return response

    g_response = None
    return lines(), 202, {"X-Kind": "tuple"}  # <returned_tuple:first>


@shop_app.get("/sync_view")
def sync_view():
    def lines():
        yield "one\n"
        response.headers["X-Sync"] = "1"  # <sync_view:late>
        yield "two\n"

    response = Response(lines())  # <sync_view:first>
    return response


@shop_app.get("/sync_generator")
async def sync_generator():
    def lines():
        yield "one\n"
        response.set_cookie("sync", "1")  # <sync_generator:late>

    response = Response(lines())  # <sync_generator:first>
    return response


@shop_app.get("/sync_returned")
def sync_returned():  # <sync_returned:def>
    if request.args.get("empty"):
        return "nothing"

    def lines():
        yield "one\n"
        session["sync"] = 1  # <sync_returned:late>

    return with_context(lines())  # <sync_returned:first>


def with_context(lines):
    @stream_with_context
    async def stream():
        for line in lines:
            yield line

    return stream()


@shop_app.get("/late_in_task")
async def late_in_task():
    response = Response("at once")  # <late_in_task:first>
    set_going(measure(response))
    return response


async def measure(response):
    await asyncio.sleep(0.1)
    response.headers["X-Measured"] = "1"  # <late_in_task:late>


@shop_app.get("/late_in_background")
async def late_in_background():
    response = jsonify(ok=True)  # <late_in_background:first>
    shop_app.add_background_task(note, response)
    return response


async def note(response):
    await asyncio.sleep(0.1)
    response.headers["X-Noted"] = "1"  # <late_in_background:late>


@shop_app.get("/late_in_plain_background")
async def late_in_plain_background():
    response = await make_response({"ok": True})  # <late_in_plain_background:first>
    shop_app.add_background_task(note_plainly, response)
    return response


def note_plainly(response):
    time.sleep(0.1)
    response.delete_cookie("noted")  # <late_in_plain_background:late>


@shop_app.get("/late_in_loop")
async def late_in_loop():
    response = Response("at once")  # <late_in_loop:first>
    asyncio.get_running_loop().call_later(0.1, expire, response)
    return response


def expire(response):
    response.set_cookie("expired", "1")  # <late_in_loop:late> <late_in_timer:late>


@shop_app.get("/late_in_loop_method")
async def late_in_loop_method():
    response = Response("at once")  # <late_in_loop_method:first>
    LOG.append(response)
    asyncio.get_running_loop().call_later(0.1, response.headers.__setitem__, "X-Timer", "1")
    return response


@shop_app.get("/late_in_timer")
async def late_in_timer():
    response = Response("at once")  # <late_in_timer:first>
    threading.Timer(0.1, expire, [response]).start()
    return response


@shop_app.get("/late_in_thread")
def late_in_thread():
    response = Response("at once")  # <late_in_thread:first>
    threading.Thread(target=weigh, args=(response,), daemon=True).start()
    return response


def weigh(response):
    time.sleep(0.1)
    response.headers["X-Weight"] = "1"  # <late_in_thread:late>


@shop_app.get("/late_in_pool")
async def late_in_pool():
    async def lines():
        yield "working\n"
        await asyncio.to_thread(finish, response)
        yield "done\n"

    response = Response(lines())  # <late_in_pool:first>
    return response


def finish(response):
    response.status_code = 201  # <late_in_pool:late>


@shop_app.get("/from_handler")
async def from_handler():
    raise shop.Conflict("sold out")


@shop_app.errorhandler(shop.Conflict)
async def conflicting(error):
    async def lines():
        yield f"{error}\n"
        response.headers["Retry-After"] = "1"  # <from_handler:late>

    response = Response(lines(), 409)  # <from_handler:first>
    return response


@shop_app.get("/late_in_subrequest")
async def late_in_subrequest():
    async def lines():
        for path in ("plain", "nowhere"):
            inner = await shop_app.test_client().get(f"/{path}")
            inner.headers["X-Inner"] = "mine"
            if inner.status_code == 404:
                response.headers["X-Failed"] = path  # <late_in_subrequest:late>
            yield await inner.get_data()

    response = Response(lines())  # <late_in_subrequest:first>
    return response


@shop_app.get("/late_in_wrapped_body")
async def late_in_wrapped_body():
    return Response(shop.rows())  # <late_in_wrapped_body:first>


@shop_app.after_request
async def measure_body(response):
    if request.endpoint == "late_in_wrapped_body":
        response.response = response.iterable_body_class(measured(response, response.response))
    return response


async def measured(response, body):
    size = 0
    async with body as chunks:
        async for chunk in chunks:
            size += len(chunk)
            yield chunk
    response.headers["X-Size"] = str(size)  # <late_in_wrapped_body:late>


@shop_app.get("/late_in_replacement")
async def late_in_replacement():
    g.original = Response("of the view")
    return g.original


@shop_app.after_request
async def replace_answer(response):
    if request.endpoint != "late_in_replacement":
        return response
    replacement = await make_response(replacing(g.original))  # <late_in_replacement:first>
    g.original.replacement = replacement
    return replacement


async def replacing(original):
    yield "replaced\n"
    original.headers["X-Unsent"] = "1"
    original.replacement.headers["X-Replaced"] = "1"  # <late_in_replacement:late>


@shop_app.get("/late_data")
async def late_data():
    response = Response("short")  # <late_data:first>
    set_going(lengthen(response))
    return response


async def lengthen(response):
    await asyncio.sleep(0.1)
    response.set_data("much longer")  # <late_data:late>


@shop_app.get("/late_file")
async def late_file():
    response = await send_file(FILES / "catalogue.txt")  # <late_file:first>
    set_going(name_file(response))
    return response


async def name_file(response):
    await asyncio.sleep(0.1)
    response.headers.add("Content-Disposition", "attachment", filename="a.txt")  # <late_file:late>


@shop_app.get("/late_etag")
async def late_etag():
    async def lines():
        yield "one\n"
        response.set_etag("v2")  # <late_etag:late>

    response = Response(lines())  # <late_etag:first>
    return response


@shop_app.get("/late_plain_response")
async def late_plain_response():
    def lines():
        yield b"one\n"
        response.headers["X-Werkzeug"] = "1"  # <late_plain_response:late>

    response = PlainResponse(lines())  # <late_plain_response:first>
    return response


LIVE = {}


@shop_app.get("/live/<name>")
async def live(name):
    gate = asyncio.Event()

    async def lines():
        LIVE[name] = response, gate
        yield "waiting\n"
        await asyncio.wait_for(gate.wait(), 5)
        yield "poked\n"

    response = Response(lines())  # <live:first>
    return response


@shop_app.get("/poke/<name>")
async def poke(name):
    response, gate = LIVE.pop(name)
    response.headers["X-Poked"] = "1"  # <live:late>
    gate.set()
    return "poked"


# ---------------------------------------------------------------- late sessions and callbacks
@shop_app.get("/late_session")
async def late_session():
    async def lines():
        yield "hello\n"
        note_visit("late")

    return Response(stream_with_context(lines)())  # <late_session:first>


def note_visit(name):
    session["visit"] = name  # <late_session:late>


@shop_app.get("/late_history")
async def late_history():
    @stream_with_context
    async def reply():
        words = []
        async for word in shop.rows():
            words.append(word)
            yield word
        shop.append_history("".join(words))

    return reply(), 200, {"Content-Type": "text/plain"}  # <late_history:first>


@shop_app.get("/late_session_pop")
async def late_session_pop():
    session["basket"] = ["nut"]

    @stream_with_context
    async def lines():
        yield "sold\n"
        session.pop("basket", None)  # <late_session_pop:late>

    return lines()  # <late_session_pop:first>


@shop_app.get("/late_session_background")
async def late_session_background():
    session["job"] = "queued"

    @copy_current_request_context
    async def job():
        await asyncio.sleep(0.1)
        session["job"] = "done"  # <late_session_background:late>

    shop_app.add_background_task(job)
    return "queued"  # <late_session_background:first>


@shop_app.get("/late_session_permanent")
async def late_session_permanent():
    session["user"] = "ann"

    @stream_with_context
    async def lines():
        yield "remembering\n"
        session.permanent = True  # <late_session_permanent:late>

    return Response(lines())  # <late_session_permanent:first>


@shop_app.get("/late_session_cleared")
async def late_session_cleared():
    session.update(user="ann")

    @stream_with_context
    async def lines():
        try:
            yield "bye\n"
        finally:
            session.clear()  # <late_session_cleared:late>

    return Response(lines())  # <late_session_cleared:first>


@shop_app.get("/late_flash")
async def late_flash():
    @stream_with_context
    async def lines():
        yield "importing\n"
        await flash("imported")  # <late_flash:late>

    return Response(lines())  # <late_flash:first>


@shop_app.get("/late_flash_read")
async def late_flash_read():
    await flash("welcome")

    @stream_with_context
    async def lines():
        yield "page\n"
        for message in get_flashed_messages():  # <late_flash_read:late>
            yield message

    return Response(lines())  # <late_flash_read:first>


@shop_app.get("/late_template")
async def late_template():
    await flash("ordered")
    return await stream_template("quart_messages.html", orders=["a", "b"])  # <late_template:first>


@shop_app.get("/late_teardown_session")
async def late_teardown_session():
    return "torn"  # <late_teardown_session:first>


@shop_app.teardown_request
async def tear_down(error):
    if "torn" in g:
        g.torn.headers["X-Teardown"] = "1"
    if request.endpoint == "late_teardown_session":
        session["torn"] = 1  # <late_teardown_session:late>


@shop_app.get("/late_callback")
async def late_callback():
    @stream_with_context
    async def lines():
        yield "data\n"

        @after_this_request  # <late_callback:late>
        async def mark(response):
            response.headers["X-Marked"] = "1"
            return response

        yield "more\n"

    return Response(lines())  # <late_callback:first>


# ---------------------------------------------------------------- errors after the start
@shop_app.get("/error_in_stream")
async def error_in_stream():
    return Response(shop.broken_rows())  # <error_in_stream:first>


@shop_app.errorhandler(shop.StockError)
async def sold_out(error):
    return {"sold out": str(error)}, 410


@shop_app.get("/error_returned")
async def error_returned():  # <error_returned:def>
    if request.args.get("empty"):
        return "nothing"
    return shop.broken_rows()  # <error_returned:first>


@shop_app.get("/error_plain")
async def error_plain():
    return shop.broken_plain_rows(), {"X-Kind": "plain"}  # <error_plain:first>


@shop_app.get("/error_from")
async def error_from():
    return Response(shop.translated(shop.broken_rows()))  # <error_from:first>


@shop_app.get("/error_reraised")
async def error_reraised():
    return Response(shop.logged(shop.broken_rows(), LOG))  # <error_reraised:first>


@shop_app.get("/error_in_library")
async def error_in_library():
    return Response(shop.decoded(['{"name": "nut"}', "{"]))  # <error_in_library:first>


@shop_app.get("/error_group")
async def error_group():
    return Response(shop.priced(["nut", "bolt"]))  # <error_group:first>


@shop_app.get("/error_in_exit")
async def error_in_exit():
    async def lines():
        async with shop.transaction() as changes:
            async for line in shop.rows():
                changes.append(line)
                yield line

    return Response(lines())  # <error_in_exit:first>


@shop_app.get("/error_before_chunk")
async def error_before_chunk():
    async def lines():
        prepare()
        yield "never\n"

    return Response(lines())  # <error_before_chunk:first>


def prepare():
    raise shop.ExportError("nothing to export")  # <error_before_chunk:late>


@shop_app.get("/sync_error")
def sync_error():
    return Response(shop.broken_plain_rows())  # <sync_error:first>


@shop_app.get("/abort_in_stream")
async def abort_in_stream():
    async def lines():
        for page in range(3):
            shop.allow(page)
            yield f"page {page}\n"

    return Response(lines(), mimetype="text/plain")  # <abort_in_stream:first>


@shop_app.get("/sync_abort")
def sync_abort():
    def lines():
        for page in range(3):
            shop.allow(page)
            yield f"page {page}\n"

    return lines()  # <sync_abort:first>


@shop_app.get("/redirect_in_stream")
async def redirect_in_stream():
    @stream_with_context
    async def lines():
        yield "cart\n"
        shop.go_on(url_for("plain"))

    return Response(lines())  # <redirect_in_stream:first>


@shop_app.get("/value_in_stream")
async def value_in_stream():
    async def lines():
        yield "number\n"
        yield 7

    return Response(lines())  # <value_in_stream:first>


@shop_app.get("/timeout_in_stream")
async def timeout_in_stream():
    async def lines():
        yield "one\n"
        async with asyncio.timeout(0.05):  # <timeout_in_stream:late>
            await asyncio.sleep(1)
        yield "two\n"

    return Response(lines())  # <timeout_in_stream:first>


@shop_app.get("/too_short")
async def too_short():
    return Response(shop.rows(1), headers={"Content-Length": "100"})  # <too_short:first>


@shop_app.get("/too_long")
async def too_long():
    return Response(shop.rows(2), headers={"Content-Length": "6"})  # <too_long:first>


# ---------------------------------------------------------------- who answered
@shop_app.get("/plain")
async def plain():
    return "plain"  # <plain:first> <gate_plain:late>


@shop_app.get("/plain_sync")
def plain_sync():
    return {"plain": True}  # <plain_sync:first>


@shop_app.get("/plain_choice")
async def plain_choice():  # <plain_choice:def>
    if request.args.get("empty"):
        return "nothing"
    return await shop.slowly("something"), 202  # <plain_choice:first>


@shop_app.get("/built")
async def built():
    return jsonify(built=True)  # <built:first> <gate_built:late>


@shop_app.get("/rendered")
async def rendered():
    return await render_template_string("<b>{{ name }}</b>", name="nut")  # <rendered:first>


@shop_app.get("/redirected")
async def redirected():
    return redirect(url_for("plain"))  # <redirected:first>


@shop_app.get("/aborted")
async def aborted():
    abort(403)  # <aborted:first>


@shop_app.get("/teapot")
async def teapot():
    raise shop.Teapot("no coffee")  # <teapot:first>


@shop_app.get("/crashed")
def crashed():
    raise LookupError("no such nut")


@shop_app.get("/handled")
async def handled():
    shop.check(2)
    return "never"


@shop_app.errorhandler(shop.ExportError)
def not_exported(error):
    return {"error": str(error)}, 409  # <handled_plain:first>


@shop_app.get("/handled_plain")
async def handled_plain():
    raise shop.ExportError("nothing to export")


@shop_app.before_request
async def maintenance():
    if "maintenance" in request.args:
        return "back soon", 503  # <maintenance:first>
    return None


# A function that a library registered: nobody sees where it returns.
shop_app.before_request_funcs[None].append(compile_limit())


@shop_app.route("/own_options", methods=["OPTIONS"], provide_automatic_options=False)
async def own_options():
    return "", 204, {"Allow": "OPTIONS"}  # <own_options:first>


@shop_app.get("/slashed/")
async def slashed():
    return "with a slash"


@shop_app.get("/slow_stream")
async def slow_stream():
    async def lines():
        yield "one\n"
        await asyncio.sleep(2)
        yield "two\n"

    return Response(lines())  # <limit:first>


@shop_app.get("/slow_answer")
async def slow_answer():
    await asyncio.sleep(0.5)
    return "too late"  # <slow_answer:late>


@shop_app.get("/broken_stream")
async def broken_stream():
    async def lines():
        yield "one\n"
        raise OSError("disk full")

    return Response(lines())  # <catch_all:first>


@shop_app.get("/busy")
async def busy():
    return "busy", 503  # <retry:first>


# ---------------------------------------------------------------- never a finding
@shop_app.get("/stream")
async def stream():
    return Response(shop.rows(), mimetype="text/csv")


@shop_app.after_request
async def secure(response):
    response.headers["X-Frame-Options"] = "DENY"
    response.set_cookie("seen", "1")
    return response


async def on_finished(sender, response, **extra):
    response.headers["X-Finished"] = "1"


request_finished.connect(on_finished, shop_app)


@shop_app.get("/teardown_in_time")
async def teardown_in_time():
    g.torn = Response(shop.rows())
    return g.torn


@shop_app.get("/callback_in_time")
async def callback_in_time():
    @after_this_request
    def mark(response):
        response.status_code = 202
        session["marked"] = True
        return response

    return Response(shop.rows())


@shop_app.get("/session_in_time")
async def session_in_time():
    session["visit"] = 1
    session.permanent = True
    await flash("hello")

    @stream_with_context
    async def lines():
        yield str(session["visit"])
        yield request.path

    return lines()


CACHED = Response("cached", mimetype="text/plain")
HITS = iter(range(1000))


@shop_app.get("/cached")
async def cached():
    CACHED.headers["X-Hits"] = str(next(HITS))
    return CACHED


@shop_app.get("/never_sent")
async def never_sent():
    async def lines():
        yield "one\n"
        draft = Response("draft")
        draft.headers["X-Draft"] = "1"
        draft.status_code = 500
        yield "two\n"

    discarded = await make_response("discarded")
    response = Response(lines())
    discarded.set_cookie("discarded", "1")
    return response


@shop_app.get("/copied")
async def copied():
    async def lines():
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
async def equal_write():
    session["page"] = 1

    @stream_with_context
    async def lines():
        yield "one\n"
        response.headers["X-Page"] = "1"
        response.status_code = 200
        session["page"] = 1
        session.setdefault("page", 2)

    response = Response(lines(), headers={"X-Page": "1"})
    return response


@shop_app.get("/read_late")
async def read_late():
    @stream_with_context
    async def lines():
        yield session.get("page", "none")
        for message in get_flashed_messages():
            yield message
        yield response.headers.get("X-Page", "none")

    response = Response(lines())
    return response


@shop_app.get("/caught_in_stream")
async def caught_in_stream():
    async def lines():
        try:
            async for line in shop.broken_rows():
                yield line
        except shop.StockError as error:
            yield f"error: {error}\n"

    return Response(lines())


@shop_app.get("/error_in_teardown")
async def error_in_teardown():
    g.fails = True
    return "never seen"


@shop_app.teardown_appcontext
async def tear_down_application(error):
    if "fails" in g:
        raise RuntimeError("answered by the server")


@shop_app.get("/error_after_view")
async def error_after_view():
    @after_this_request
    async def fail(response):
        raise shop.ExportError("not signed")

    return "never seen"


@shop_app.get("/session_decided_twice")
async def session_decided_twice():
    g.unfinished = True
    session["page"] = 1
    return "never seen"


async def on_unfinished(sender, response, **extra):
    if "unfinished" in g and response.status_code == 200:
        raise LookupError("answered by a handler that uses the session")


request_finished.connect(on_unfinished, shop_app)


@shop_app.errorhandler(500)
async def apologize(error):
    session["sorry"] = True
    return "sorry", 500  # <crashed:first>


@shop_app.get("/file")
async def file():
    return await send_file(FILES / "catalogue.txt", conditional=True)  # <file:first>


@shop_app.get("/memory_file")
async def memory_file():
    return await send_file(io.BytesIO(b"in memory"), mimetype="text/plain")


@shop_app.get("/not_modified")
async def not_modified():
    response = Response("the same", headers={"ETag": '"v1"'})
    return await response.make_conditional(request)


@shop_app.get("/no_content")
async def no_content():
    return "", 204


@shop_app.get("/background")
async def background():
    async def work():
        await asyncio.sleep(0.05)
        answer = Response("for nobody")
        answer.headers["X-Answer"] = "1"
        LOG.append("worked")

    shop_app.add_background_task(work)
    return "working"


@shop_app.get("/background_fails")
async def background_fails():
    async def work():
        raise OSError("not for this answer")

    shop_app.add_background_task(work)
    return "working"


@shop_app.get("/pushed")
async def pushed():
    await make_push_promise("/file")
    return "pushed"


@shop_app.get("/subrequest")
async def subrequest():
    client = shop_app.test_client()
    answer = await client.get("/stream")
    answer.headers["X-Mine"] = "1"
    failed = await client.get("/nowhere")
    failed.status_code = 200
    return await answer.get_data()


@shop_app.get("/other_context")
async def other_context():
    @stream_with_context
    async def lines():
        yield "one\n"
        async with shop_app.test_request_context("/elsewhere"):
            session["other"] = "mine"
            yield url_for("plain") + "\n"

    return lines()


@shop_app.post("/upload")
async def upload():
    form = await request.form
    return {"name": form["name"]}, 201


@shop_app.get("/timed")
async def timed():
    response = Response(shop.rows())
    response.timeout = None
    return response


@shop_app.get("/short_timeout")
async def short_timeout():
    async def lines():
        yield "one\n"
        await asyncio.sleep(2)

    response = Response(lines())
    response.timeout = 0.1
    return response


@shop_app.get("/endless")
async def endless():
    async def lines():
        try:
            for number in range(100_000):
                yield f"{number} ".ljust(1000, ".")
                await asyncio.sleep(0.001)
        finally:
            LOG.append("closed")

    response = Response(lines())
    response.timeout = None
    return response


@shop_app.websocket("/echo")
async def echo():
    await websocket.accept()
    session["socket"] = "opened"
    await websocket.send("echo " + await websocket.receive())


@shop_app.websocket("/denied")
async def denied():
    abort(403)


# ---------------------------------------------------------------- one of many at the same time
@shop_app.get("/one_of_many/<name>")
async def one_of_many(name):
    async def lines():
        for _ in range(3):
            await asyncio.sleep(0.02)
            yield f"{name}\n"
        if name.startswith("late"):
            response.headers["X-Late"] = name  # <one_of_many:late>

    response = Response(lines())  # <one_of_many:first>
    return response


for layer in layers.INSIDE:
    shop_app.asgi_app = layer(shop_app.asgi_app)
app = layers.Audit(layers.LateStamp(layers.Tag(shop_app)))
