"""A shop on aiohttp with its own server: every route is one scenario, named like its marker."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import tempfile
import threading
from pathlib import Path

import aiohttp_session
from aiohttp import web
from aiohttp_session import SimpleCookieStorage, get_session
from aiohttp_store import (
    EventStream,
    KeptStorage,
    StockError,
    check_stock,
    count_down,
    forget_cart,
    kept,
    open_stream,
    opened,
    sign,
    stamp_all,
)

FILES = Path(tempfile.mkdtemp(prefix="shop"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n")
(FILES / "packed.txt").write_text("nuts\n")
(FILES / "packed.txt.gz").write_bytes(gzip.compress(b"nuts\n"))
tasks = set()
subscribers = asyncio.Queue()


def later(coroutine) -> None:
    """Run something that outlives the request."""
    task = asyncio.get_running_loop().create_task(coroutine)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


# ---------------------------------------------------------------- late writes
async def late_header(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <late_header:first>
    await response.write(b"a")
    response.headers["X-Total"] = "1"  # <late_header:late>
    return response


async def late_status(request):
    response = await open_stream(request)
    await response.write(b"a")
    response.set_status(500)  # <late_status:late>
    return response


async def late_status_caught(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <late_status_caught:first>
    try:
        response.set_status(500)  # <late_status_caught:late>
    except AssertionError:
        await response.write(b"failed")
    return response


async def late_cookie(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <late_cookie:first>
    async for row in count_down(2):
        await response.write(row)
    response.set_cookie("visit", "1")  # <late_cookie:late>
    return response


async def late_delete(request):
    response = web.StreamResponse(headers={"X-Draft": "1"})
    await response.prepare(request)  # <late_delete:first>
    del response.headers["X-Draft"]  # <late_delete:late>
    return response


async def late_cookie_delete(request):
    response = web.StreamResponse()
    response.set_cookie("cart", "1")
    await response.prepare(request)  # <late_cookie_delete:first>
    forget_cart(response)
    return response


async def late_cookie_attribute(request):
    response = web.StreamResponse()
    response.set_cookie("cart", "1")
    await response.prepare(request)  # <late_cookie_attribute:first>
    assert response.headers["Set-Cookie"]
    response.cookies["cart"]["max-age"] = 5  # <late_cookie_attribute:late>
    return response


async def late_properties(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <late_properties:first>
    response.content_type = "text/csv"  # <late_properties:late>
    response.last_modified = 0  # <late_properties:late_modified>
    response.etag = "v1"  # <late_properties:late_etag>
    return response


async def two_lines(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <two_lines:first>
    response.headers["X-One"] = "1"  # <two_lines:late_one>
    if "X-Two" not in response.headers:
        response.headers.update({"X-Two": "2"})  # <two_lines:late_two>
    assert response.headers["X-Two"]
    return response


async def kept_headers(request):
    """Taken on one line, and written on another, in another function."""
    response = web.StreamResponse()
    await response.prepare(request)  # <kept_headers:first>
    headers = response.headers
    stamp_all(headers)
    assert response.headers is headers
    return response


async def kept_before(request):
    """Taken before the start: whoever only looks is not to blame."""
    response = web.StreamResponse()
    headers = response.headers
    headers["X-Kind"] = "stream"
    await response.prepare(request)  # <kept_before:first>
    assert "X-Kind" in response.headers
    headers["X-Late"] = "1"  # <kept_before:late>
    assert response.headers["X-Late"]
    return response


async def after_the_end(request):
    """Written by a task that lives on, when the request has long been handled."""
    response = web.StreamResponse()
    await response.prepare(request)  # <after_the_end:first>

    async def stamp():
        await asyncio.sleep(0.05)
        response.headers["X-Task"] = "1"  # <after_the_end:late>

    later(stamp())
    return response


async def after_an_answer(request):
    response = web.json_response({"ok": True})  # <after_an_answer:first>
    headers = response.headers

    async def stamp():
        await asyncio.sleep(0.05)
        response.set_cookie("job", "done")  # <after_an_answer:late>

    later(stamp())
    headers["X-In-Time"] = "1"
    return response


async def in_thread(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <in_thread:first>

    def stamp():
        response.headers["X-Thread"] = "1"  # <in_thread:late>

    thread = threading.Thread(target=stamp)
    thread.start()
    await asyncio.to_thread(thread.join)
    return response


async def in_executor(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <in_executor:first>
    await asyncio.get_running_loop().run_in_executor(None, sign, response)
    return response


async def in_timer(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <in_timer:first>

    def stamp():
        response.headers.add("X-Timer", "1")  # <in_timer:late>

    asyncio.get_running_loop().call_later(0.01, stamp)
    await asyncio.sleep(0.03)
    return response


async def in_generator(request):
    async def lines():
        yield b"a"
        await asyncio.sleep(0.01)
        response.headers["X-Total"] = "1"  # <in_generator:late>

    response = web.Response(body=lines())  # <in_generator:first>
    return response


async def early_in_generator(request):
    async def lines():
        response.set_cookie("early", "1")  # <early_in_generator:late>
        yield b"a"

    response = web.Response(body=lines(), content_type="text/csv")  # <early_in_generator:first>
    return response


async def own_class(request):
    stream = EventStream()
    await stream.prepare(request)  # <own_class:first>
    await stream.send("one")
    return stream


async def own_start(request):
    stream = await EventStream().begin(request)
    await stream.send("one")
    return stream


def decorated(handler):
    @functools.wraps(handler)
    async def stamped(request):
        response = await handler(request)
        response.headers["X-Stamp"] = "1"  # <wrapped:late>
        return response

    return stamped


@decorated
async def wrapped(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <wrapped:first>
    return response


class Report(web.View):
    async def get(self):
        response = web.StreamResponse()
        await response.prepare(self.request)  # <view:first>
        response.headers["X-View"] = "1"  # <view:late>
        return response


async def prepared_answer(request):
    response = web.Response(text="done")
    await response.prepare(request)  # <prepared_answer:first>
    response.headers["X-Late"] = "1"  # <prepared_answer:late>
    return response


async def signal(request):
    return web.Response(text="ok", headers={"X-Track": "ann"})  # <signal:first>


async def late_file(request):
    response = web.FileResponse(FILES / "catalogue.txt")
    await response.prepare(request)  # <late_file:first>
    response.headers["X-Served"] = "1"  # <late_file:late>
    return response


# ---------------------------------------------------------------- exceptions
async def fails_late(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <fails_late:first>
    await response.write(b"a")
    check_stock()


async def fails_in_generator(request):
    async def lines():
        yield b"a" * 100
        raise StockError("sold out")  # <fails_in_generator:late>

    return web.Response(body=lines())  # <fails_in_generator:first>


async def fails_before_first_chunk(request):
    async def lines():
        raise StockError("sold out")  # <fails_before_first_chunk:late>
        yield b"a"

    return web.Response(body=lines())  # <fails_before_first_chunk:first>


async def refuses_in_generator(request):
    async def lines():
        yield b"a"
        raise web.HTTPNotFound  # <refuses_in_generator:late>

    return web.Response(body=lines())  # <refuses_in_generator:first>


async def redirects_late(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <redirects_late:first>
    await response.write(b"a")
    raise web.HTTPFound("/plain")  # <redirects_late:late>


async def times_out(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <times_out:first>
    await response.write(b"a")
    async with asyncio.timeout(0.01):  # <times_out:late>
        await asyncio.sleep(5)
    return response


async def fails_after_end(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <fails_after_end:first>
    await response.write_eof(b"all")
    check_stock()  # the client has its answer


async def grouped(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <grouped:first>
    await response.write(b"a")
    async with asyncio.TaskGroup() as group:
        group.create_task(fail())
    return response


async def fail():
    raise StockError("sold out")  # <grouped:late>


# ---------------------------------------------------------------- second heads
async def other_returned(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <other_returned:first>
    await response.write(b"a")
    return web.json_response({"error": "sold out"}, status=500)  # <other_returned:late>


async def refused(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <refused:first>
    await response.write(b"a")
    raise web.HTTPForbidden(text="no")  # <refused:late>


async def nothing_returned(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <nothing_returned:first>
    await response.write(b"a")
    return  # <nothing_returned:late>


async def lost_in_middleware(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <lost_in_middleware:first>
    return response


async def two_streams(request):
    first = web.StreamResponse()
    await first.prepare(request)  # <two_streams:first>
    await first.write(b"a")
    second = web.StreamResponse()
    await second.prepare(request)  # <two_streams:late>
    return second


async def stream_after_eof(request):
    first = web.StreamResponse()
    await first.prepare(request)  # <stream_after_eof:first>
    await first.write_eof(b"all")
    second = web.StreamResponse()
    await second.prepare(request)  # <stream_after_eof:late>
    return second


async def after_eof(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <after_eof:first>
    await response.write_eof(b"all")
    return web.Response(text="and more")  # <after_eof:late>


async def raises_in_stream(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <raises_in_stream:first>
    await response.write(b"a")
    raise StockError("sold out")


async def flaky(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <flaky:first>
    await response.write(b"a")
    raise StockError("sold out")


# ---------------------------------------------------------------- bodies
async def write_after_eof(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <write_after_eof:first>
    await response.write_eof(b"all")
    await response.write(b"more")  # <write_after_eof:late>
    return response


async def too_short(request):
    response = web.StreamResponse(headers={"Content-Length": "10"})
    await response.prepare(request)  # <too_short:first>
    await response.write(b"five.")
    return response


async def too_long(request):
    response = web.StreamResponse(headers={"Content-Length": "3"})
    await response.prepare(request)  # <too_long:first> <too_long:late>
    await response.write(b"five.")
    return response


async def short_generator(request):
    return web.Response(body=count_down(3), headers={"Content-Length": "10"})  # <short_generator:first>


# ---------------------------------------------------------------- sessions
async def late_session(request):
    session = await get_session(request)
    response = web.StreamResponse()
    await response.prepare(request)  # <late_session:first>
    await response.write(b"a")
    session["seen"] = 1  # <late_session:late>
    return response


async def late_session_loaded(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <late_session_loaded:first>
    session = await get_session(request)
    session["seen"] = 1  # <late_session_loaded:late>
    return response


async def late_session_dropped(request):
    session = await get_session(request)
    response = web.StreamResponse()
    await response.prepare(request)  # <late_session_dropped:first>
    session.invalidate()  # <late_session_dropped:late>
    return response


async def session_saved_late(request):
    """A cookie storage, saved by hand: too late, like the change itself."""
    session = await get_session(request)
    response = web.StreamResponse()
    await response.prepare(request)  # <session_saved_late:first>
    session["seen"] = 1  # <session_saved_late:late>
    await request["aiohttp_session_storage"].save_session(request, response, session)  # <session_saved_late:late_cookie>
    return response


async def kept_session(request):
    """A storage on the server side: what is never saved is lost."""
    session = await get_session(request)
    response = web.StreamResponse()
    await response.prepare(request)  # <kept_session:first>
    session["seen"] = 1  # <kept_session:late>
    return response


# ---------------------------------------------------------------- clean
async def plain(request):
    return web.json_response({"ok": True})


async def in_time(request):
    response = web.StreamResponse(status=203)
    headers = response.headers
    headers["X-One"] = "1"
    response.set_cookie("visit", "1")
    response.content_type = "text/csv"
    await response.prepare(request)
    await response.write(b"a,b\n")
    assert response.headers["X-One"] == "1"
    assert response.status == 203
    return response


async def equal_write(request):
    response = web.StreamResponse(headers={"X-One": "1"})
    response.set_cookie("visit", "1")
    await response.prepare(request)
    response.headers["X-One"] = "1"
    response.set_cookie("visit", "1")
    await response.prepare(request)
    return response


async def copied_headers(request):
    response = web.StreamResponse(headers={"X-One": "1"})
    await response.prepare(request)
    copied = response.headers.copy()
    copied["X-Two"] = "2"
    await response.write_eof()
    return response


async def never_sent(request):
    draft = web.StreamResponse()
    draft.headers["X-Draft"] = "1"
    response = web.StreamResponse()
    await response.prepare(request)
    draft.headers["X-Draft"] = "2"
    draft.set_cookie("draft", "1")
    draft.set_status(404)
    with contextlib.suppress(ValueError):
        draft.set_status("none")
    return response


async def replaced(request):
    """The head of a whole response waits for its body: until then it can be replaced."""
    draft = web.Response(text="draft")
    await draft.prepare(request)
    return web.Response(text="final", status=202)


async def replaced_by_redirect(request):
    draft = web.Response(text="draft")
    await draft.prepare(request)
    raise web.HTTPFound("/plain")


async def replaced_by_error(request):
    draft = web.Response(text="draft")
    await draft.prepare(request)
    raise StockError("sold out")


async def caught_inside(request):
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        check_stock()
    except StockError:
        await response.write(b"sold out")
    return response


async def fails_early(request):
    check_stock()


async def fails_while_preparing(request):
    return web.Response(text="x", headers={"X-Broken": "1"})


async def refused_early(request):
    raise web.HTTPForbidden(text="no")


async def redirected(request):
    raise web.HTTPFound("/plain")


async def nothing_at_all(request):
    return None


async def no_content(request):
    return web.Response(status=204)


async def not_modified(request):
    return web.Response(status=304, headers={"ETag": '"v1"', "Content-Length": "10"})


async def compressed(request):
    response = web.Response(text="nuts and bolts " * 40)
    response.enable_compression()
    return response


async def compressed_stream(request):
    response = web.StreamResponse()
    response.enable_compression()
    await response.prepare(request)
    await response.write(b"nuts and bolts " * 40)
    return response


async def sized_stream(request):
    response = web.StreamResponse(headers={"Content-Length": "12"})
    await response.prepare(request)
    await response.write(memoryview(b"abcdefgh").cast("I"))
    await response.write_eof(bytearray(b"ijkl"))
    return response


async def own_writer(request):
    """The writer that `prepare` returns may be used as well."""
    response = web.StreamResponse(headers={"Content-Length": "6"})
    writer = await response.prepare(request)
    await writer.write(b"abc")
    await response.write(b"def")
    return response


async def file(request):
    return web.FileResponse(FILES / "catalogue.txt", headers={"X-File": "1"})


async def packed(request):
    return web.FileResponse(FILES / "packed.txt")


async def opened_file(request):
    return web.Response(body=(FILES / "catalogue.txt").open("rb"))


async def generated(request):
    return web.Response(body=count_down(3), headers={"X-Kind": "rows"})


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    socket.headers["X-Late"] = "1"
    async for message in socket:
        await socket.send_str(message.data)
    return socket


async def cloned(request):
    response = web.StreamResponse()
    await response.prepare(request.clone(method="GET"))
    await response.write(b"a")
    return response


async def events(request):
    async with opened(request) as stream:
        for number in range(3):
            await stream.send(str(number))
    return stream


async def endless(request):
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"tick\n" * 4000)
        await asyncio.sleep(0.005)


async def gives_up(request):
    """The client is gone: what is returned then reaches nobody."""
    response = web.StreamResponse()
    await response.prepare(request)
    with contextlib.suppress(ConnectionResetError):
        while True:
            await response.write(b"tick\n" * 4000)
            await asyncio.sleep(0.005)
    return web.Response(text="gone")


async def slow(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <too_slow:first>
    await response.write(b"a")
    await asyncio.sleep(5)
    return response


async def slow_answer(request):
    await asyncio.sleep(5)
    return web.Response(text="slow")


async def session_in_time(request):
    session = await get_session(request)
    session["count"] = session.get("count", 0) + 1
    return web.json_response(dict(session))


async def session_only_read(request):
    session = await get_session(request)
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(str(session.get("count")).encode())
    return response


async def session_saved_by_hand(request):
    session = await get_session(request)
    session["count"] = 1
    response = web.StreamResponse()
    await request["aiohttp_session_storage"].save_session(request, response, session)
    await response.prepare(request)
    return response


async def kept_session_saved(request):
    """A storage on the server side, that the client knows: a late save keeps everything."""
    session = await get_session(request)
    response = web.StreamResponse()
    await response.prepare(request)
    session["seen"] = 1
    await request["aiohttp_session_storage"].save_session(request, response, session)
    return response


async def subscribe(request):
    """Another request writes to this one."""
    response = web.StreamResponse(headers={"Content-Length": "6"})
    await response.prepare(request)
    done = asyncio.Event()
    subscribers.put_nowait((response, done))
    await done.wait()
    return response


async def publish(request):
    response = web.StreamResponse(headers={"Content-Length": "2"})
    await response.prepare(request)
    stream, done = await subscribers.get()
    await stream.write(b"abc")
    await stream.write_eof(b"def")
    done.set()
    await response.write(b"ok")
    return response


async def tagged(request):
    """Whose requests are asked at the same time, and on one connection."""
    response = web.StreamResponse()
    await response.prepare(request)  # <tagged:first>
    await asyncio.sleep(0.02)
    response.headers["X-" + request.headers["X-Request-ID"]] = "1"  # <tagged:late>
    return response


# ---------------------------------------------------------------- middlewares and signals
@web.middleware
async def stamp_middleware(request, handler):
    response = await handler(request)
    response.headers["X-Stamp"] = "1"  # <stamp:late>
    return response


@web.middleware
async def careful_middleware(request, handler):
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        refusal.headers["X-Seen"] = "refused"
        raise
    except StockError:
        return web.Response(status=409, text="sold out")
    if not response.prepared:
        response.headers["X-Seen"] = "1"
    return response


@web.middleware
async def catch_middleware(request, handler):
    try:
        return await handler(request)
    except StockError:
        return web.json_response({"error": "sold out"}, status=409)  # <raises_in_stream:late>


@web.middleware
async def retry_middleware(request, handler):
    try:
        return await handler(request)
    except StockError:
        return await handler(request)  # <retry:late>


@web.middleware
async def deadline_middleware(request, handler):
    try:
        return await asyncio.wait_for(handler(request), 0.02)
    except TimeoutError:
        return web.Response(status=504, text="too slow")  # <too_slow:late>


@web.middleware
async def forgetful_middleware(request, handler):
    await handler(request)  # the return is missing <lost_in_middleware:late>


async def on_prepare(request, response):
    response.headers["X-Prepared"] = "1"
    if "X-Track" in response.headers:
        response.set_cookie("track", "1")  # <signal:late>
    if "X-Broken" in response.headers:
        raise StockError("sold out")


def sub(*handlers, middlewares=(), **named):
    app = web.Application(middlewares=middlewares)
    for handler in handlers:
        app.router.add_get(f"/{handler.__name__}", handler)
    for name, handler in named.items():
        app.router.add_get(f"/{name}", handler)
    return app


def sessions(storage, *handlers):
    app = sub(*handlers)
    aiohttp_session.setup(app, storage)
    return app


def make_app() -> web.Application:
    app = sub(
        late_header, late_status, late_status_caught, late_cookie, late_delete, late_cookie_delete, late_cookie_attribute,
        late_properties, two_lines, kept_headers, kept_before, after_the_end, after_an_answer, in_thread, in_executor, in_timer,
        in_generator, early_in_generator, own_class, own_start, wrapped, prepared_answer, signal, late_file,
        fails_late, fails_in_generator, fails_before_first_chunk, refuses_in_generator, redirects_late, times_out, fails_after_end,
        grouped, other_returned, refused, nothing_returned, two_streams, stream_after_eof, after_eof, write_after_eof, too_short, too_long, short_generator,
        plain, in_time, equal_write, copied_headers, never_sent, replaced, replaced_by_redirect, replaced_by_error, caught_inside,
        fails_early, fails_while_preparing, refused_early, redirected, nothing_at_all, no_content, not_modified, compressed,
        compressed_stream, sized_stream, own_writer, file, packed, opened_file, generated, echo, cloned, events, endless, gives_up,
        tagged, subscribe, publish,
    )  # fmt: skip
    app.on_response_prepare.append(on_prepare)
    app.router.add_view("/view", Report)
    app.router.add_static("/static", FILES)
    app.add_subapp("/stamp", sub(late_header, plain, middlewares=[stamp_middleware]))
    app.add_subapp("/careful", sub(in_time, plain, refused_early, fails_early, middlewares=[careful_middleware]))
    app.add_subapp("/catch", sub(raises_in_stream, fails_early, middlewares=[catch_middleware]))
    app.add_subapp("/retry", sub(flaky, nothing_returned, middlewares=[retry_middleware]))
    app.add_subapp("/deadline", sub(slow, slow_answer, in_time, middlewares=[deadline_middleware]))
    app.add_subapp("/forget", sub(lost_in_middleware, middlewares=[forgetful_middleware]))
    app.add_subapp(
        "/session",
        sessions(
            SimpleCookieStorage(), late_session, late_session_loaded, late_session_dropped, session_saved_late,
            session_in_time, session_only_read, session_saved_by_hand, refused_early, redirected, fails_early,
        ),
    )  # fmt: skip
    app.add_subapp("/kept", sessions(KeptStorage(kept), kept_session, kept_session_saved, session_in_time, session_only_read))
    return app


def app(port: int) -> None:
    web.run_app(make_app(), host="127.0.0.1", port=port, print=None, shutdown_timeout=1, handler_cancellation=False)
