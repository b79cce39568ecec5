"""The same random application, bare and under respstart: the bytes, the exceptions and the objects must be equal.

Generated WSGI call sequences run on wsgiref in memory, ASGI message sequences on a server that is as strict as uvicorn.
"""

import asyncio
import io
import sys
from wsgiref.handlers import SimpleHandler

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import respstart

QUIET = {"output": "off", "otel": "off"}
HEADERS = [("Content-Type", "text/plain"), ("Content-Length", "5"), ("Content-Length", "3"), ("Set-Cookie", "a=b"), ("X-Bad", "a\r\nb")]
CHUNKS = st.lists(st.sampled_from([b"", b"hello", b"abc", b"x" * 70_000]), max_size=3)
WSGI = st.fixed_dictionaries({
    "calls": st.lists(st.sampled_from(["start", "start", "exc_info", "write", "raise"]), min_size=0, max_size=3),
    "statuses": st.lists(st.sampled_from(["200 OK", "404 Not Found", "200", "204 No Content", "304 Not Modified", 200]), min_size=3, max_size=3),
    "headers": st.lists(st.lists(st.sampled_from(HEADERS), max_size=3), min_size=3, max_size=3),
    "result": st.sampled_from(["list", "tuple", "generator", "lazy", "iterator", "file", "closing", "reiterable", "bytes", "none", "number"]),
    "chunks": CHUNKS,
    "fails_at": st.sampled_from([None, None, 0, 1]),
    "method": st.sampled_from(["GET", "HEAD"]),
})  # fmt: skip


@pytest.fixture(autouse=True)
def installed():
    with respstart.tracing(**QUIET):
        yield


class Closing:
    def __init__(self, chunks, log):
        self.chunks, self.log = iter(chunks), log

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.chunks)

    def close(self):
        self.log.append("closed")


class Reiterable:
    def __init__(self, chunks):
        self.chunks = chunks

    def __iter__(self):
        return iter(self.chunks)


def wsgi_app(plan, log):
    def app(environ, start_response):
        def call(number, kind):
            status, headers = plan["statuses"][number], list(plan["headers"][number])
            try:
                if kind == "raise":
                    raise RuntimeError("app")
                if kind == "exc_info":
                    try:
                        raise KeyError("k")
                    except KeyError:
                        log.append(type(start_response(status, headers, sys.exc_info())).__name__)
                else:
                    write = start_response(status, headers)
                    log.append(type(write).__name__)
                    if kind == "write":
                        write(b"written")
            except Exception as error:
                log.append((type(error).__name__, str(error)))
                if kind == "raise" or number == 2:
                    raise

        def run():
            for number, kind in enumerate(plan["calls"]):
                call(number, kind)

        def generate():
            if plan["result"] == "lazy":
                run()
            for number, chunk in enumerate(plan["chunks"]):
                if plan["fails_at"] == number:
                    raise ValueError("mid")
                yield chunk
            log.append("exhausted")

        if plan["result"] != "lazy":
            run()
        chunks = plan["chunks"]
        return {
            "list": lambda: list(chunks), "tuple": lambda: tuple(chunks), "generator": generate, "lazy": generate,
            "iterator": lambda: iter(chunks), "file": lambda: environ["wsgi.file_wrapper"](io.BytesIO(b"".join(chunks))),
            "closing": lambda: Closing(generate(), log), "reiterable": lambda: Reiterable(chunks), "bytes": lambda: b"ab",
            "none": lambda: None, "number": lambda: 5,
        }[plan["result"]]()  # fmt: skip

    return app


BARE = SimpleHandler.run  # as it is before respstart is installed


def serve_wsgi(plan, wrap, run=None):
    log, out, err = [], io.BytesIO(), io.StringIO()

    class Handler(SimpleHandler):
        http_version = "1.1"
        server_software = "T"

        def sendfile(self):
            log.append(f"sendfile {type(self.result).__name__}")
            return False

        def log_exception(self, exc_info):
            log.append(f"server saw {exc_info[0].__name__}: {exc_info[1]}")

    environ = {"REQUEST_METHOD": plan["method"], "PATH_INFO": "/", "SERVER_NAME": "x", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1"}
    handler = Handler(io.BytesIO(), out, err, environ)
    (run or type(handler).run)(handler, wrap(wsgi_app(plan, log)))
    lines = [line for line in out.getvalue().split(b"\r\n") if not line.startswith(b"Date:")]
    return lines, log


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=WSGI)
def test_wsgi_is_the_same_bare_and_watched(plan):
    assert SimpleHandler.run is not BARE
    bare = serve_wsgi(plan, lambda app: app, BARE)
    assert serve_wsgi(plan, lambda app: app) == bare
    assert serve_wsgi(plan, respstart.wsgi, BARE) == bare


ASGI = st.lists(
    st.sampled_from(["start", "start headers", "start bad", "body", "body more", "body empty", "unknown", "no type", "raise", "task", "swallow"]),
    min_size=1, max_size=5,
)  # fmt: skip
MESSAGES = {
    "start": {"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1")]},
    "start headers": {"type": "http.response.start", "status": 404},
    "start bad": {"type": "http.response.start", "status": "no", "headers": None},
    "body": {"type": "http.response.body", "body": b"hello"},
    "body more": {"type": "http.response.body", "body": b"hel", "more_body": True},
    "body empty": {"type": "http.response.body"},
    "unknown": {"type": "http.response.bogus"},
    "no type": {},
}


async def asgi_app_of(plan, scope, receive, send, log):
    swallow = False
    for step in plan:
        if step == "raise":
            raise ValueError("app")
        if step == "swallow":
            swallow = True
            continue
        message = dict(MESSAGES["body" if step == "task" else step])
        try:
            if step == "task":
                await asyncio.create_task(send(message))
            else:
                log.append(await send(message))
        except Exception as error:
            log.append((type(error).__name__, str(error)))
            if not swallow:
                raise


def serve_asgi(plan, wrap):
    sent, log, state = [], [], ["start"]

    async def send(message):
        kind = message["type"]
        if kind == "http.response.start" and state[0] == "start":
            if not isinstance(message["status"], int):
                raise ValueError("status")
            state[0] = "body"
        elif kind == "http.response.body" and state[0] == "body":
            state[0] = "body" if message.get("more_body") else "done"
        else:
            raise RuntimeError(f"{kind} in state {state[0]}")
        sent.append((id(type(message)), dict(message)))

    async def receive():
        return {"type": "http.request"}

    async def app(scope, receive, send):
        log.append(sorted(scope))
        await asgi_app_of(plan, scope, receive, send, log)

    async def main():
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
        try:
            await wrap(app)(scope, receive, send)
        except Exception as error:
            log.append(("server saw", type(error).__name__, str(error)))

    asyncio.run(main())
    return sent, log


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=ASGI)
def test_asgi_is_the_same_bare_and_watched(plan):
    assert serve_asgi(plan, respstart.asgi) == serve_asgi(plan, lambda app: app)


def test_messages_and_header_lists_pass_by_identity():
    headers = [(b"x-a", b"1")]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    seen = []

    async def app(scope, receive, send):
        await send(start)

    async def send(message):
        seen.append((message is start, message["headers"] is headers))

    asyncio.run(respstart.asgi(app)({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send))
    assert seen == [(True, True)]


def test_sequences_and_file_wrappers_pass_by_identity_and_write_is_the_servers():
    chunks = [b"a"]

    def write(data):
        return None

    results = []

    def app(environ, start_response):
        results.append(start_response("200 OK", []) is write)
        return chunks

    assert respstart.wsgi(app)({"REQUEST_METHOD": "GET"}, lambda status, headers: write) is chunks
    assert results == [True]


def test_nothing_is_put_into_environ_or_scope():
    seen = []

    def app(environ, start_response):
        seen.append(dict(environ))
        start_response("200 OK", [])
        return []

    respstart.wsgi(app)({"REQUEST_METHOD": "GET"}, lambda status, headers: None)
    assert seen == [{"REQUEST_METHOD": "GET"}]


def test_a_send_that_is_a_coroutine_function_stays_one():
    import inspect

    found = []

    async def app(scope, receive, send):
        check = inspect.iscoroutinefunction if sys.version_info >= (3, 12) else asyncio.iscoroutinefunction
        found.append(check(send))

    async def send(message):
        pass

    asyncio.run(respstart.asgi(app)({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send))
    assert found == [True]


def test_websockets_and_lifespan_are_left_alone():
    sends = []

    async def app(scope, receive, send):
        sends.append(send)

    async def send(message):
        pass

    for kind in ("websocket", "lifespan"):
        asyncio.run(respstart.asgi(app)({"type": kind}, None, send))
    assert sends == [send, send]


def test_an_iterator_of_headers_is_left_to_the_server():
    seen = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": iter([(b"x-a", b"1")])})

    async def send(message):
        seen.extend(message["headers"])

    asyncio.run(respstart.asgi(app)({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send))
    assert seen == [(b"x-a", b"1")]
