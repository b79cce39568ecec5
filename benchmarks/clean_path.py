#!/usr/bin/env python3
"""What respstart adds to a clean request: CPU time, in process, beside the bare application, interleaved in one run.

    python benchmarks/clean_path.py [--rounds 15] [--requests 400] [starlette fastapi flask django]

One worker process per application and variant; rounds in shuffled order; medians of paired ratios, with A/A (bare against bare) beside
them to show the noise. Absolute times are of this machine; compare the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import statistics
import subprocess
import sys
import time
import types
from collections.abc import Callable

APPLICATIONS = ("starlette", "fastapi", "flask", "django")
VARIANTS = ("bare", "bare again", "respstart")


def application(name: str) -> object:
    """A hello-world application: the dearest case as a share."""
    if name == "starlette":
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route

        async def hello(request):
            return PlainTextResponse("Hello, world")

        return Starlette(routes=[Route("/", hello)])
    if name == "fastapi":
        from fastapi import FastAPI

        api = FastAPI()
        api.get("/")(fastapi_hello)
        return api
    if name == "flask":
        from flask import Flask

        flask = Flask("benchmark")
        flask.add_url_rule("/", view_func=lambda: "Hello, world")
        return flask
    return django_application()


async def fastapi_hello():
    return {"message": "Hello, world"}


def django_application() -> object:
    from django.conf import settings

    settings.configure(SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF="benchmark_urls", MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
    ])  # fmt: skip
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path

    urls = sys.modules["benchmark_urls"] = types.ModuleType("benchmark_urls")
    urls.urlpatterns = [path("", lambda request: HttpResponse("Hello, world"))]
    return get_wsgi_application()


def driver(name: str) -> Callable[[int], None]:
    """A function that asks the application n times."""
    app = application(name)
    return asgi_driver(app) if name in ("starlette", "fastapi") else wsgi_driver(app)


def asgi_driver(app) -> Callable[[int], None]:
    loop = asyncio.new_event_loop()
    headers = [(b"host", b"127.0.0.1"), (b"user-agent", b"benchmark"), (b"accept", b"*/*")]

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        pass

    async def ask(number):
        for _ in range(number):
            scope = {
                "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET", "scheme": "http",
                "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "", "headers": list(headers), "client": ("127.0.0.1", 1),
                "server": ("127.0.0.1", 80), "state": {},
            }  # fmt: skip
            await app(scope, receive, send)

    return lambda number: loop.run_until_complete(ask(number))


def wsgi_driver(app) -> Callable[[int], None]:
    def ask(number):
        for _ in range(number):
            environ = {
                "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
                "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
                "wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
            }  # fmt: skip
            body = app(environ, lambda *start: None)
            list(body)
            getattr(body, "close", lambda: None)()

    return ask


def worker(name: str, variant: str) -> None:
    """Answer each line on standard input (a number of requests) with the CPU seconds that they took."""
    if variant == "respstart":
        import respstart

        respstart.install(output="off", otel="off")
    ask = driver(name)
    ask(300)
    for line in sys.stdin:
        before = time.process_time()
        ask(int(line))
        print(time.process_time() - before, flush=True)


def measure(name: str, rounds: int, requests: int) -> str:
    """One line of the table for one application."""
    command = [sys.executable, __file__, "--worker", name]
    workers = {each: subprocess.Popen([*command, each], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for each in VARIANTS}
    times: dict[str, list[float]] = {each: [] for each in VARIANTS}
    for _ in range(rounds):
        for each in random.sample(VARIANTS, len(VARIANTS)):
            process = workers[each]
            print(requests, file=process.stdin, flush=True)
            times[each].append(float(process.stdout.readline()) / requests * 1e6)
    for process in workers.values():
        process.stdin.close()
        process.wait()
    ratio = {each: statistics.median(a / b for a, b in zip(times[each], times["bare"], strict=True)) for each in VARIANTS}
    added = statistics.median(a - b for a, b in zip(times["respstart"], times["bare"], strict=True))
    bare = statistics.median(times["bare"])
    return f"| {name} | {bare:.1f} | {added:+.1f} | {ratio['respstart']:.2f} | {ratio['bare again']:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("applications", nargs="*", default=APPLICATIONS)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(*options.worker)
        return
    print("| application | bare, µs | respstart adds, µs | ratio | A/A ratio |", "|---|---|---|---|---|", sep="\n")
    for name in options.applications:
        print(measure(name, options.rounds, options.requests), flush=True)


if __name__ == "__main__":
    main()
