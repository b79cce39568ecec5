"""Plain ASGI, no framework: every path is one scenario, named like its marker."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading

from raw_asgi_wire import BODY, START, Outbox, Reply, begin, write

HELLO = {"type": START, "status": 200, "headers": [(b"x-hello", b"1")]}


class Refused(Exception):
    """Nobody handles it."""


# ---------------------------------------------------------------- second starts
async def missing_return(scope, receive, send):
    if not scope["query_string"]:
        await send({"type": START, "status": 400, "headers": []})  # <missing_return:first>
        await send({"type": BODY, "body": b"what?"})
    await send({"type": START, "status": 200, "headers": []})  # <missing_return:late>
    await send({"type": BODY, "body": b"fine"})


async def shared_helper(scope, receive, send):
    await begin(send, 400)
    await write(send, b"no")
    await begin(send, 200)
    await write(send, b"yes")


async def two_replies(scope, receive, send):
    await Reply(b"first")(scope, receive, send)
    await Reply(b"second", 500)(scope, receive, send)


async def start_twice(scope, receive, send):
    """Before any body byte."""
    await send({"type": START, "status": 200, "headers": []})  # <start_twice:first>
    with contextlib.suppress(Exception):
        await send({"type": START, "status": 500, "headers": []})  # <start_twice:late>
    await send({"type": BODY, "body": b"one"})


async def answer_error(send, error):
    await send({"type": START, "status": 500, "headers": []})  # <error_answer:late> <error_answer_early:first>
    await send({"type": BODY, "body": str(error).encode()})


async def error_answer(scope, receive, send):
    try:
        await send({"type": START, "status": 200, "headers": []})  # <error_answer:first>
        for number in range(3):
            await send({"type": BODY, "body": check(number), "more_body": True})
    except Refused as error:
        await answer_error(send, error)


def check(number: int) -> bytes:
    if number == 2:
        raise Refused(number)
    return b"%d" % number


async def error_answer_early(scope, receive, send):
    try:
        check(2)
    except Refused as error:
        await answer_error(send, error)
        raise


async def race(scope, receive, send):
    async def answer(name: bytes, delay: float) -> None:
        await asyncio.sleep(delay)
        await send({"type": START, "status": 200, "headers": [(b"x-from", name)]})  # <race:first> <race:late>
        await send({"type": BODY, "body": name})

    await asyncio.gather(answer(b"cache", 0.01), answer(b"origin", 0.03), return_exceptions=True)


async def deadline(scope, receive, send):
    async def patience():
        await asyncio.sleep(0.1)
        await send({"type": START, "status": 504, "headers": []})  # <deadline:late>

    guard = asyncio.create_task(patience(), name="patience")
    await stream(send)
    await asyncio.gather(guard, return_exceptions=True)


async def stream(send):
    await send({"type": START, "status": 200, "headers": []})  # <deadline:first>
    for _ in range(8):
        await asyncio.sleep(0.02)
        await send({"type": BODY, "body": b".", "more_body": True})
    await send({"type": BODY})


async def cancelled_in_time(scope, receive, send):
    """The guard is called off before it answers."""

    async def patience():
        await asyncio.sleep(5)
        await send({"type": START, "status": 504, "headers": []})

    guard = asyncio.create_task(patience())
    await Reply(b"in time")(scope, receive, send)
    guard.cancel()


async def after_return(scope, receive, send):
    """A task outlives the application and sends a second answer."""
    await send({"type": START, "status": 202, "headers": []})  # <after_return:first>
    await send({"type": BODY, "body": b"accepted"})
    TASKS.append(asyncio.create_task(late_answer(send)))


TASKS: list[asyncio.Task] = []


async def late_answer(send):
    await asyncio.sleep(0.03)
    with contextlib.suppress(Exception):
        await send({"type": START, "status": 200, "headers": []})  # <after_return:late>


def from_thread(function):
    """Answers from a thread of its own, through the loop."""

    @functools.wraps(function)
    async def app(scope, receive, send):
        loop = asyncio.get_running_loop()

        def call(message):
            asyncio.run_coroutine_threadsafe(send(message), loop).result()

        worker = threading.Thread(target=function, args=(call,))
        worker.start()
        await asyncio.to_thread(worker.join)

    return app


@from_thread
def threaded(call):
    call({"type": START, "status": 200, "headers": []})  # <threaded:first>
    call({"type": BODY, "body": b"once"})
    with contextlib.suppress(Exception):
        call({"type": START, "status": 500, "headers": []})  # <threaded:late>


async def queued(scope, receive, send):
    outbox = Outbox(send)
    writer = asyncio.create_task(outbox.run())
    await outbox.put({"type": START, "status": 200, "headers": []})  # <queued:first>
    await outbox.put({"type": BODY, "body": b"queued"})
    await outbox.put(None)
    await writer
    await send({"type": BODY, "body": b"more"})  # <queued:late>


# ---------------------------------------------------------------- middleware of every habit
def forwarding(inner):
    """Forwards through a closure, a partial and a bound method."""

    async def tagged(send, message):
        if message["type"] == START:
            message["headers"].append((b"x-tagged", b"1"))
        await send(message)

    async def app(scope, receive, send):
        await inner(scope, receive, Forward(functools.partial(tagged, send)).send)

    return app


class Forward:
    def __init__(self, send) -> None:
        self.target = send

    async def send(self, event) -> None:
        await self.pass_on(event)

    async def pass_on(self, event) -> None:
        await self.target(event)


def rewriting(inner):
    """Copies the start and sends the copy."""

    async def app(scope, receive, send):
        async def rewritten(message):
            if message["type"] == START:
                message = {**message, "headers": [*message["headers"], (b"x-copy", b"1")]}
            await send(message)

        await inner(scope, receive, rewritten)

    return app


def merging(inner):
    """Keeps the start until the first body message, then sends both."""

    async def app(scope, receive, send):
        pending = None

        async def held(message):
            nonlocal pending
            if message["type"] == START:
                pending = message
                return
            if pending is not None:
                start, pending = pending, None
                await send(start)  # <missing_return:first> <missing_return:late>
            await send(message)

        await inner(scope, receive, held)

    return app


async def footer(scope, receive, send, *, inner):
    await inner(scope, receive, send)
    await send({"type": BODY, "body": b"footer"})  # <footer:late>


async def hello(scope, receive, send):
    await say_hello(send)
    await send({"type": BODY, "body": b"hello"})


async def say_hello(send):
    await send({"type": START, "status": 200, "headers": [(b"x-hello", b"1")]})  # <footer:first> <twice:first> <twice:late>


async def twice(scope, receive, send):
    """Calls the same inner application twice."""
    await hello(scope, receive, send)
    await hello(scope, receive, send)  # <twice:late>


def choosing(*apps):
    """Tries the applications and forwards only the answer that is no 404: done right."""

    async def app(scope, receive, send):
        for inner in apps:
            messages = []

            async def keep(message, messages=messages):
                messages.append(message)

            await inner(dict(scope), receive, keep)
            if messages[0]["status"] != 404:
                break
        for message in messages:
            await send(message)

    return app


async def unknown(scope, receive, send):
    await Reply(b"unknown", 404)(scope, receive, send)


async def sub_request(scope, receive, send):
    """Asks another application for a fragment, which has its own answer, in a scope of its own."""
    fragment = []

    async def collect(message):
        fragment.append(message.get("body", b""))

    await hello({**scope, "path": "/fragment"}, receive, collect)
    await unknown(scope, receive, collect)
    await Reply(b"page with " + b"".join(fragment))(scope, receive, send)


# ---------------------------------------------------------------- bodies
async def body_first(scope, receive, send):
    await send({"type": BODY, "body": b"too early"})  # <body_first:late>


async def body_after_end(scope, receive, send):
    await begin(send)
    await write(send, b"all")
    await more(send)


async def more(send):
    await send({"type": BODY, "body": b"more"})  # <body_after_end:late>


async def too_long(scope, receive, send):
    await send({"type": START, "status": 200, "headers": [(b"content-length", b"3")]})  # <too_long:first> <too_long:late>
    with contextlib.suppress(Exception):
        await send({"type": BODY, "body": b"abc", "more_body": True})
        await send({"type": BODY, "body": b"def"})  # <too_long:late>


async def too_short(scope, receive, send):
    await send({"type": START, "status": 200, "headers": [(b"content-length", b"10")]})  # <too_short:first>
    await send({"type": BODY, "body": b"abc"})


async def ends_itself(scope, receive, send):
    """An empty last message after the end is what a double `finally` does; some servers refuse it."""
    try:
        await begin(send)
        await write(send, b"done")
    finally:
        with contextlib.suppress(Exception):
            await send({"type": BODY, "body": b"", "more_body": False})  # <ends_itself:late>


# ---------------------------------------------------------------- late headers
async def late_append(scope, receive, send):
    headers = await begin(send)
    headers.append((b"x-late", b"1"))
    await write(send, b"a")


async def late_status(scope, receive, send):
    start = {"type": START, "status": 200, "headers": []}
    await send(start)  # <late_status:first>
    start["status"] = 500
    await write(send, b"a")


async def fresh_lists(scope, receive, send):
    """The list is used again, for the next thing, as a copy."""
    headers = await begin(send)
    trailer = [*headers, (b"x-trailer", b"1")]
    await write(send, b"%d" % len(trailer))


# ---------------------------------------------------------------- exceptions
async def error_late(scope, receive, send):
    await open_stream(send)
    for number in range(3):
        await send({"type": BODY, "body": check_late(number), "more_body": True})


async def open_stream(send):
    await send({"type": START, "status": 200, "headers": []})  # <error_late:first> <error_in_group:first> <error_chained:first>


def check_late(number: int) -> bytes:
    if number == 2:
        raise Refused(number)  # <error_late:late> <error_in_group:late>
    return b"%d" % number


async def error_in_group(scope, receive, send):
    await open_stream(send)
    await send({"type": BODY, "body": b"a", "more_body": True})
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(1))
        group.create_task(fail_soon())


async def fail_soon():
    await asyncio.sleep(0.01)
    check_late(2)


async def error_chained(scope, receive, send):
    await open_stream(send)
    await send({"type": BODY, "body": b"a", "more_body": True})
    try:
        int("x")
    except ValueError as error:
        raise Refused("number") from error  # <error_chained:late>


async def error_after_end(scope, receive, send):
    await send({"type": START, "status": 200, "headers": []})  # <error_after_end:first>
    await send({"type": BODY, "body": b"all"})
    raise Refused("after the end")  # <error_after_end:late>


async def error_before(scope, receive, send):
    raise Refused("before")


async def caught(scope, receive, send):
    await begin(send)
    with contextlib.suppress(Refused):
        check(2)
    await write(send, b"caught")


# ---------------------------------------------------------------- clean
async def informational(scope, receive, send):
    if "http.response.early_hint" in scope.get("extensions", {}):
        await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})
    if "http.response.informational" in scope.get("extensions", {}):
        await send({"type": "http.response.informational", "status": 103, "headers": [(b"link", b"</a.css>")]})
    await Reply(b"hinted")(scope, receive, send)


async def trailers(scope, receive, send):
    """Trailers are headers after the body, and legal where the server can send them."""
    able = "http.response.trailers" in scope.get("extensions", {})
    await send({"type": START, "status": 200, "headers": [(b"trailer", b"x-sum")], "trailers": able})
    await send({"type": BODY, "body": b"summed"})
    if able:
        await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"1")], "more_trailers": False})


async def constant(scope, receive, send):
    """One start message for all requests: it is never changed."""
    await send(HELLO)
    await send({"type": BODY, "body": b"hello"})


async def streaming(scope, receive, send):
    await begin(send)
    for number in range(4):
        await asyncio.sleep(0.01)
        await write(send, b"%d" % number, more=True)
    await write(send, b"")


async def head(scope, receive, send):
    await send({"type": START, "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": BODY, "body": b""})


async def no_content(scope, receive, send):
    await send({"type": START, "status": 204, "headers": []})
    await send({"type": BODY})


async def not_modified(scope, receive, send):
    await send({"type": START, "status": 304, "headers": [(b"content-length", b"12")]})
    await send({"type": BODY})


async def endless(scope, receive, send):
    """Until the client goes."""
    await begin(send)
    leaving = asyncio.create_task(gone(receive))
    while not leaving.done():
        await send({"type": BODY, "body": b"x" * 10_000, "more_body": True})
        await asyncio.sleep(0.005)


async def gone(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


async def mixed(scope, receive, send):
    """For concurrent requests: those with an odd number end twice."""
    number = int(scope["query_string"] or b"0")
    await send({"type": START, "status": 200, "headers": [(b"x-number", b"%d" % number)]})  # <mixed:first>
    for _ in range(4):
        await asyncio.sleep(0.01 + 0.005 * (number % 3))
        await send({"type": BODY, "body": b"%d " % number, "more_body": True})
    await send({"type": BODY})
    if number % 2:
        with contextlib.suppress(Exception):
            await send({"type": START, "status": 500, "headers": []})  # <mixed:late>


async def echo(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": f"echo {message['text']}"})


async def lifespan(receive, send):
    for step in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{step}.complete"})


ROUTES = {
    f"/{function.__name__}": function
    for function in (
        missing_return, shared_helper, two_replies, start_twice, error_answer, error_answer_early, race, deadline, cancelled_in_time,
        after_return, threaded, queued, twice, sub_request, body_first, body_after_end, too_long, too_short, ends_itself, late_append,
        late_status, fresh_lists, error_late, error_in_group, error_chained, error_after_end, error_before, caught, informational, trailers,
        constant, streaming, head, no_content, not_modified, endless, mixed, hello,
    )
} | {
    "/forwarding": forwarding(missing_return),
    "/merging": merging(missing_return),
    "/rewriting": rewriting(functools.partial(footer, inner=hello)),
    "/forwarded_footer": forwarding(functools.partial(footer, inner=hello)),
    "/rewritten_error": rewriting(error_answer),
    "/footer": functools.partial(footer, inner=hello),
    "/choosing": choosing(unknown, hello),
    "/layers": forwarding(rewriting(merging(streaming))),
}  # fmt: skip


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await echo(scope, receive, send)
    else:
        await ROUTES.get(scope["path"], unknown)(scope, receive, send)
