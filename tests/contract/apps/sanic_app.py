"""A shop on Sanic's own server, and as an ASGI application. Each route is a scenario; the markers name the lines that a finding must name."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import sys

import sanic_stock as stock
from sanic import Blueprint, HTTPResponse, Sanic, empty, exceptions, file, html, json, raw, redirect, text
from sanic.response import ResponseStream, file_stream
from sanic.views import HTTPMethodView

HERE = os.path.dirname(os.path.abspath(__file__))
POOL = concurrent.futures.ThreadPoolExecutor(2)
GATE = {}

shop = Sanic("contract_shop")
shop.config.FALLBACK_ERROR_FORMAT = "text"
# The guards of Sanic's own worker processes are of no use to a single process.
shop.config.GRACEFUL_SHUTDOWN_TIMEOUT = 1.0


class SoldOut(Exception):
    """Nothing is left."""


@shop.exception(SoldOut)
async def sold_out(request, error):
    return text("sold out", status=409)  # <handled_early:first>


@shop.on_request
async def gate(request):
    if request.path.startswith("/closed"):
        return text("closed", status=403)
    return None


@shop.on_response
async def stamp(request, response):
    response.headers["x-stamp"] = "1"
    if request.path == "/replaced":
        return json({"replaced": True})
    return None


def routed(handler):
    """Serve a handler below its name."""
    return shop.route(f"/{handler.__name__}", methods=["GET", "POST", "HEAD"], name=handler.__name__)(handler)


# ---------------------------------------------------------------- late writes
@routed
async def late_header(request):
    response = await request.respond(content_type="text/plain")
    await response.send("bolts")  # <late_header:first>
    response.headers["x-late"] = "1"  # <late_header:late>


@routed
async def late_update(request):
    response = await request.respond(headers={"x-kind": "shop"})
    await response.send("bolts")  # <late_update:first>
    response.headers.update({"x-kind": "nuts"})  # <late_update:late>


@routed
async def late_added(request):
    response = await request.respond()
    await response.send("bolts")  # <late_added:first>
    response.headers.add("x-more", "1")  # <late_added:late>


@routed
async def late_deleted(request):
    response = await request.respond(headers={"x-kind": "shop"})
    await response.send("bolts")  # <late_deleted:first>
    del response.headers["x-kind"]  # <late_deleted:late>


@routed
async def late_type(request):
    response = await request.respond(content_type="text/plain")
    await response.send("a;b")  # <late_type:first>
    response.content_type = "text/csv"  # <late_type:late>


@routed
async def late_headers_replaced(request):
    response = await request.respond(content_type="text/plain")
    await response.send("a;b")  # <late_headers_replaced:first>
    response.headers = type(response.headers)({**response.headers, "x-new": "1"})  # <late_headers_replaced:late>


@routed
async def late_status(request):
    response = await request.respond()
    await response.send("bolts")  # <late_status:first>
    response.status = 404  # <late_status:late>


@routed
async def late_cookie(request):
    response = await request.respond()
    await response.send("bolts")  # <late_cookie:first>
    response.add_cookie("visit", "1")  # <late_cookie:late>


@routed
async def late_delete_cookie(request):
    response = await request.respond()
    response.add_cookie("kept", "1")
    await response.send("bolts")  # <late_delete_cookie:first>
    response.delete_cookie("visit")  # <late_delete_cookie:late>


@routed
async def late_everything(request):
    response = await request.respond()
    await response.send("bolts")  # <late_everything:first>
    response.headers["x-one"] = "1"  # <late_everything:late_header>
    response.status = 500  # <late_everything:late_status>
    response.cookies.add_cookie("two", "2")  # <late_everything:late_cookie>


@routed
async def after_eof(request):
    response = await request.respond()
    await response.send("bolts")  # <after_eof:first>
    await response.eof()
    response.headers["x-done"] = "1"  # <after_eof:late>


@routed
async def in_context(request):
    response = await request.respond()
    async with response as send:
        await send("bolts")  # <in_context:first>
        response.headers["x-inside"] = "1"  # <in_context:late>


@routed
async def sent_at_once(request):
    response = await request.respond(text("nuts"))
    await response.send(end_stream=True)  # <sent_at_once:first>
    response.headers["x-sent"] = "1"  # <sent_at_once:late>
    return response


@routed
async def late_helper(request):
    response = await stock.open_stream(request)
    await response.send("bolts")  # <late_helper:first>
    tell_total(response)


def tell_total(response):
    response.headers["x-total"] = "1"  # <late_helper:late>


@routed
@stock.stamped
async def late_decorator(request):
    response = await request.respond()
    await response.send("bolts")  # <late_decorator:first>
    return response


@routed
async def late_in_generator(request):
    response = await request.respond()

    async def rows():
        yield "bolts\n"
        response.headers["x-rows"] = "1"  # <late_in_generator:late>
        yield "nuts\n"

    async for row in rows():
        await response.send(row)  # <late_in_generator:first>


@routed
async def late_in_task(request):
    response = await request.respond()

    async def count():
        response.headers["x-task"] = "1"  # <late_in_task:late>

    await response.send("bolts")  # <late_in_task:first>
    await asyncio.create_task(count())


@routed
async def late_in_thread(request):
    response = await request.respond()

    def count():
        response.headers["x-thread"] = "1"  # <late_in_thread:late>

    await response.send("bolts")  # <late_in_thread:first>
    await asyncio.get_running_loop().run_in_executor(POOL, count)


@routed
async def late_in_background(request):
    response = text("nuts")  # <late_in_background:first>
    request.app.add_task(count_later(response))
    return response


async def count_later(response):
    await asyncio.sleep(0.1)
    response.headers["x-count"] = "1"  # <late_in_background:late>


@routed
async def late_in_stream_function(request):
    async def write(response):
        await response.write("bolts")  # <late_in_stream_function:first>
        response.response.headers["x-written"] = "1"  # <late_in_stream_function:late>

    return ResponseStream(write, content_type="text/plain")


@routed
async def late_in_signal(request):
    response = await request.respond()
    await response.send("bolts")  # <late_in_signal:first>


@shop.signal("http.lifecycle.response")
async def on_lifecycle_response(request, response):
    if request.path == "/late_in_signal":
        response.headers["x-signal"] = "1"  # <late_in_signal:late>
    if request.path == "/value":
        response.headers["x-signal-in-time"] = "1"


class Prices(HTTPMethodView):
    async def get(self, request):
        response = await request.respond()
        await response.send("1.50")  # <late_in_view:first>
        response.status = 500  # <late_in_view:late>

    async def post(self, request):
        return text("priced", status=201)


shop.add_route(Prices.as_view(), "/late_in_view")

parts = Blueprint("parts", url_prefix="/parts")


@parts.get("/late_in_blueprint")
async def late_in_blueprint(request):
    response = await request.respond()
    await response.send("bolts")  # <late_in_blueprint:first>
    response.headers["x-part"] = "1"  # <late_in_blueprint:late>


@parts.on_response
async def stamp_part(request, response):
    response.headers["x-parts"] = "1"


@parts.get("/value")
async def part(request):
    return text("bolts")


shop.blueprint(parts)


# ---------------------------------------------------------------- errors after the start
@routed
async def error_late(request):
    response = await request.respond()
    await response.send("bolts")  # <error_late:first>
    raise LookupError("nuts")  # <error_late:late>


@routed
async def helper_fails(request):
    response = await request.respond()
    await response.send("bolts")  # <helper_fails:first>
    await response.send(str(stock.check("none")))


@routed
async def handled_late(request):
    response = await request.respond()
    await response.send("bolts")  # <handled_late:first>
    raise SoldOut  # <handled_late:late>


@routed
async def not_found_late(request):
    response = await request.respond()
    await response.send("bolts")  # <not_found_late:first>
    raise exceptions.NotFound("nuts")  # <not_found_late:late>


@routed
async def own_error_late(request):
    response = await request.respond()
    await response.send("bolts")  # <own_error_late:first>
    raise exceptions.SanicException("nuts", status_code=418)  # <own_error_late:late>


@routed
async def error_after_eof(request):
    response = await request.respond()
    await response.send("bolts")  # <error_after_eof:first>
    await response.eof()
    raise LookupError("nuts")  # <error_after_eof:late>


@routed
async def stream_function_fails(request):
    async def write(response):
        await response.write("bolts")  # <stream_function_fails:first>
        raise LookupError("nuts")  # <stream_function_fails:late>

    return ResponseStream(write)


# ---------------------------------------------------------------- second answers
@routed
async def responds_again(request):
    response = await request.respond()
    await response.send("bolts")  # <responds_again:first>
    await request.respond(status=404)  # <responds_again:late>


@routed
async def helper_responds_again(request):
    response = await request.respond()
    await response.send("bolts")  # <helper_responds_again:first>
    await stock.open_stream(request, "again")


@routed
async def returned_after(request):
    response = await request.respond()
    await response.send("bolts")  # <returned_after:first>
    await response.eof()
    return text("done")  # <returned_after:late>


@routed
async def returned_while_open(request):
    response = await request.respond()
    await response.send("bolts")  # <returned_while_open:first>
    return json({"done": True})  # <returned_while_open:late>


@routed
async def returned_unsent(request):
    await request.respond(status=202)  # <returned_unsent:first>
    return text("nuts")  # <returned_unsent:late>


@routed
async def redirected_after(request):
    response = await request.respond()
    await response.send("bolts")  # <redirected_after:first>
    return redirect("/value")  # <redirected_after:late>


@routed
async def helper_discarded(request):
    response = await request.respond()
    await response.send("bolts")  # <helper_discarded:first>
    return stock.refusal()


@routed
async def file_after(request):
    response = await request.respond()
    await response.send("bolts")  # <file_after:first>
    return await file(os.path.join(HERE, "sanic_stock.py"))  # <file_after:late>


@routed
async def stream_after(request):
    response = await request.respond()
    await response.send("bolts")  # <stream_after:first>
    return await file_stream(os.path.join(HERE, "sanic_stock.py"))  # <stream_after:late>


# ---------------------------------------------------------------- bodies
@routed
async def send_after_eof(request):
    response = await request.respond()
    await response.send("bolts")  # <send_after_eof:first>
    await response.eof()
    await response.send("nuts")  # <send_after_eof:late>


@routed
async def caught_refusal(request):
    response = await request.respond()
    await response.send("bolts", True)  # <caught_refusal:first>
    with contextlib.suppress(exceptions.ServerError):
        await response.send("nuts")  # <caught_refusal:late>


@routed
async def too_long(request):
    response = await request.respond(headers={"content-length": "6"})
    await response.send("bolts")  # <too_long:first>
    await response.send("nuts")  # <too_long:late>


@routed
async def too_short(request):
    response = await request.respond(headers={"content-length": "60"})
    await response.send("bolts")  # <too_short:first>
    await response.eof()  # <too_short:late>


@routed
async def too_short_unended(request):
    response = await request.respond(headers={"content-length": "60"})
    await response.send("bolts")  # <too_short_unended:first>


# ---------------------------------------------------------------- who started it: a write by the server's own last hook tells
@routed
async def built(request):
    response = text("nuts")  # <built:first>
    request.app.add_task(touch(response))
    return response


@routed
async def helper_builds(request):
    response = stock.answer("nuts")
    request.app.add_task(touch(response))
    return response


@routed
async def handled_early_watched(request):
    raise SoldOut


async def touch(response):
    await asyncio.sleep(0.1)
    response.headers["x-touched"] = "1"  # <touch:late>


# ---------------------------------------------------------------- what is no finding
@routed
async def value(request):
    return text("nuts")


@routed
async def in_time(request):
    response = await request.respond(content_type="text/plain")
    response.headers["x-one"] = "1"
    response.status = 201
    response.add_cookie("two", "2", secure=False)
    response.delete_cookie("three")
    await response.send("bolts")


@routed
async def changed_answer(request):
    response = json({"name": "nuts"})
    response.headers["x-one"] = "1"
    response.status = 202
    response.add_cookie("two", "2")
    response.raw_body["more"] = 1
    return response


@routed
async def chatty(request):
    response = await request.respond(content_type="text/plain")
    for row in range(4):
        await response.send(f"{row} ")
    return response


@routed
async def eof_and_returned(request):
    response = await request.respond(text("nuts"))
    await response.send("bolts")
    await response.eof()
    return response


@routed
async def in_block(request):
    response = await request.respond(HTTPResponse(b"nuts", headers={"content-length": "4"}))
    await response.send(data=b"nuts", end_stream=False)


@routed
async def by_keyword(request):
    response = await request.respond()
    await response.send(data="nuts", end_stream=True)


@routed
async def knows_length(request):
    response = await request.respond(headers={"content-length": "10"})
    await response.send("bolts")
    await response.send("bolts")


@routed
async def equal_writes(request):
    response = await request.respond(content_type="text/plain", headers={"x-kind": "shop"})
    response.add_cookie("visit", "1")
    await response.send("bolts")
    response.headers["x-kind"] = "shop"
    response.status = 200
    response.content_type = "text/plain"


@routed
async def looked_at(request):
    response = await request.respond(headers={"x-kind": "shop"})
    assert dict(response.processed_headers)[b"x-kind"] == b"shop"
    response.headers["x-in-time"] = "1"
    await response.send("bolts")


@routed
async def never_sent(request):
    other = text("other")
    response = text("nuts")
    other.headers["x-other"] = "1"
    request.app.add_task(touch(other))
    return response


@routed
async def replaced(request):
    return text("nuts")


@routed
async def unsent(request):
    await request.respond(status=202)


@routed
async def responded_then_failed(request):
    response = await request.respond()
    response.headers["x-one"] = "1"
    raise SoldOut


@routed
async def handled_early(request):
    raise SoldOut


@routed
async def not_found(request):
    raise exceptions.NotFound("nuts")


@routed
async def crashed(request):
    raise LookupError("nuts")


@routed
async def invalid(request):
    return {"name": "nuts"}


@routed
async def caught(request):
    response = await request.respond()
    await response.send("bolts")
    with contextlib.suppress(ValueError):
        stock.check("nuts")
    await response.send("still here")


@routed
async def own_job(request):
    async def work():
        await asyncio.sleep(0.02)

    request.app.add_task(work())
    return json({"done": await asyncio.get_running_loop().run_in_executor(POOL, stock.check, "7")})


@routed
async def redirected(request):
    return redirect("/value")


@routed
async def nothing(request):
    return empty()


@routed
async def not_modified(request):
    return HTTPResponse(status=304)


@routed
async def page(request):
    return html("<p>nuts</p>")


@routed
async def bytes_(request):
    return raw(b"nuts")


@routed
async def filed(request):
    return await file(os.path.join(HERE, "sanic_stock.py"))


@routed
async def file_streamed(request):
    return await file_stream(os.path.join(HERE, "sanic_stock.py"), chunk_size=100)


@routed
async def stream_function(request):
    async def write(response):
        for row in range(4):
            await response.write(f"{row} ")

    return ResponseStream(write, content_type="text/plain")


@routed
@stock.stamped
async def stamped_in_time(request):
    return text("nuts")


def plain(request):
    return text("nuts")


shop.add_route(plain, "/plain")


@shop.post("/upload", stream=True)
async def upload(request):
    response = await request.respond(content_type="text/plain")
    size = 0
    while (body := await request.stream.read()) is not None:
        size += len(body)
        await response.send(".")
    await response.send(str(size))


@shop.post("/posted")
async def posted(request):
    return json({"got": request.json["name"]}, status=201)


@shop.get("/mixed/<number:int>")
async def mixed(request, number):
    response = await request.respond()
    for row in range(4):
        await response.send(f"{number}:{row} ")  # <mixed:first>
        await asyncio.sleep(0.005)
    if number % 2:
        response.headers[f"x-n{number}"] = "1"  # <mixed:late>


@routed
async def cached(request):
    response = GATE.setdefault("cached", None) or text("nuts")
    GATE["cached"] = response
    response.headers["x-count"] = str(int(response.headers.get("x-count", "0")) + 1)
    return response


@routed
async def job_fails(request):
    async def work():
        await asyncio.sleep(0.05)
        raise LookupError("nuts")

    request.app.add_task(work())
    return text("nuts")


@routed
async def handle_request(request):
    response = await request.respond()
    other, response = response, text("never meant to be sent")
    await other.send("bolts" if request.responded else "nuts")
    assert request.responded
    assert response.status == 200


@routed
async def share(request):
    response = GATE["response"] = await request.respond()
    await response.send("bolts")  # <shared:first>
    await asyncio.sleep(0.6)


@routed
async def meddle(request):
    GATE.pop("response").headers["x-meddled"] = "1"  # <shared:late>
    return text("done")


@routed
async def endless(request):
    response = await request.respond()
    for _number in range(2000):
        await response.send("x" * 10_000)
        await asyncio.sleep(0.001)


@shop.websocket("/echo")
async def echo(request, socket):
    async for message in socket:
        await socket.send(f"echo {message}")


shop.static("/static", HERE, name="static")


def main(port):
    shop.run(host="127.0.0.1", port=port, single_process=True, access_log=False, motd=False)


# The contract runs this module on Sanic's own server; other servers are given the ASGI application.
app = main if "own" in sys.argv else shop
