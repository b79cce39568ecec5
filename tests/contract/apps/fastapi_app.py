"""A shop on FastAPI: every route is one scenario, named like its marker."""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from fastapi_orders import SoldOut, router as orders
from pydantic import BaseModel

try:
    from fastapi.sse import EventSourceResponse, ServerSentEvent
except ImportError:  # an older FastAPI: its endpoints cannot be generators
    EventSourceResponse = None
# Older versions know one scope of dependencies.
FUNCTION_SCOPE = {"scope": "function"} if "scope" in inspect.signature(Depends).parameters else {}


class Item(BaseModel):
    name: str
    price: float = 1.0


class Audit:
    """Plain ASGI, outermost: fails after the answer when it is asked to."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            self.check(dict(scope.get("headers", ())).get(b"x-audit"))

    def check(self, wish: bytes | None) -> None:
        if wish == b"refuse":
            raise LookupError("the books do not balance")  # <audit:late>


main = FastAPI()
main.include_router(orders)


@main.exception_handler(SoldOut)
async def sold_out(request: Request, error: SoldOut):
    return JSONResponse({"sold out": str(error)}, status_code=410)  # <handled:first>


@main.exception_handler(RequestValidationError)
async def invalid(request: Request, error: RequestValidationError):
    return JSONResponse({"invalid": len(error.errors())}, status_code=422)  # <invalid:first>


@main.middleware("http")
async def timed(request: Request, call_next):
    response = await call_next(request)
    response.headers["X-Time"] = "1"
    return response


# ---------------------------------------------------------------- who started it: refused later by the audit
@main.get("/returned")
async def returned(short: bool = False):  # <returned_early:first>
    if short:
        return {}
    return load("nuts")  # <returned:first>


def load(name: str) -> dict:
    return {"name": name}


@main.get("/model", response_model=Item)
def model() -> Item:
    return Item(name="nuts")  # <model:first>


@main.get("/text", response_class=HTMLResponse)
async def text():
    return f"<p>{load('nuts')}</p>"  # <text:first>


@main.delete("/nothing", status_code=204, response_model=None)
async def nothing() -> None:  # <nothing:first> <wrong_method:first>
    load("nuts")  # <nothing:first>


def logged(function):
    @functools.wraps(function)
    async def inner(*args, **kwargs):
        result = await function(*args, **kwargs)
        load("log")
        return result

    return inner


@main.get("/decorated")
@logged
async def decorated(name: str = "nuts"):
    return load(name)  # <decorated:first>


@main.get("/invalid")
async def wants_number(number: int):
    return number


@main.get("/handled")
async def handled(name: str = "nuts"):
    raise SoldOut(name)


@main.get("/refused")
async def refused():
    return forbid("nuts")


def forbid(name: str):
    raise HTTPException(403, name)  # <refused:first>


def needs_key(request: Request) -> str:
    key = request.headers.get("x-key")
    if key is None:
        raise HTTPException(401, "key?")  # <dependency_refuses:first>
    return key


@main.get("/dependency_refuses", dependencies=[Depends(needs_key)])
async def dependency_refuses():
    return {}


@main.get("/bearer", dependencies=[Depends(HTTPBearer())])
async def bearer():  # <bearer:first>
    return {}


@main.get("/crashed")
async def crashed():
    raise OSError("disk")


class View:
    """Methods as endpoints."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    async def show(self, name: str = "nuts"):
        return {self.prefix: name}  # <bound_method:first>


main.add_api_route("/bound_method", View("tool").show)


class TimedRoute(APIRoute):
    """The documented way to wrap the handler of a route."""

    def get_route_handler(self):
        original = super().get_route_handler()

        async def handler(request: Request) -> Response:
            response = await original(request)
            response.headers["X-Route"] = "timed"
            return response

        return handler


timed_routes = APIRouter(route_class=TimedRoute, prefix="/timed")


@timed_routes.get("/returned")
async def timed_returned():
    return load("timed")  # <route_class:first>


main.include_router(timed_routes)


# ---------------------------------------------------------------- the injected response
@main.get("/merged")
async def merged(response: Response):
    response.headers["X-Merged"] = "1"
    response.set_cookie("merged", "1")
    response.status_code = 201
    return {"merged": True}


@main.get("/shadowed")
async def shadowed(response: Response, kind: str = "cookie"):
    if kind == "cookie":
        response.set_cookie("token", "1")  # <shadowed_cookie:late>
    elif kind == "header":
        response.headers["X-Token"] = "1"  # <shadowed_header:late>
    else:
        response.status_code = 202  # <shadowed_status:late>
    return JSONResponse({"ok": True})  # <shadowed_cookie:first> <shadowed_header:first> <shadowed_status:first>


@main.get("/shadowed_redirect")
def shadowed_redirect(response: Response):
    remember(response, "user")
    return RedirectResponse("/returned")  # <shadowed_redirect:first>


def remember(response: Response, name: str) -> None:
    response.set_cookie(name, "1", httponly=True)  # <shadowed_redirect:late>


@main.get("/shadowed_stream")
async def shadowed_stream(response: Response):
    response.headers["X-Total"] = "3"  # <shadowed_stream:late>
    return StreamingResponse(words())  # <shadowed_stream:first>


@main.get("/shadowed_but_copied")
async def shadowed_but_copied(response: Response):
    response.headers["X-Copied"] = "1"
    return JSONResponse({}, headers=dict(response.headers))


@main.get("/injected_then_raised")
async def injected_then_raised(response: Response):
    response.headers["X-Lost"] = "1"
    raise HTTPException(404, "an error is not merged, and nobody promised that")


@main.get("/injected_and_returned")
async def injected_and_returned(response: Response):
    response.headers["X-Same"] = "1"
    response.body = b"same"
    response.headers["Content-Length"] = "4"
    response.status_code = 200
    return response


@main.get("/late_injected_in_background")
async def late_injected_in_background(response: Response, tasks: BackgroundTasks):
    tasks.add_task(stamp, response)
    return {"queued": True}  # <late_injected_in_background:first>


async def stamp(response: Response) -> None:
    response.set_cookie("done", "1")  # <late_injected_in_background:late>


# ---------------------------------------------------------------- streams
async def words():
    for word in ("one", "two", "three"):
        await asyncio.sleep(0.01)
        yield f"{word} "


@main.get("/late_cookie")
async def late_cookie():
    async def lines():
        async for word in words():
            yield word
        finish(response)

    response = StreamingResponse(lines())  # <late_cookie:first>
    return response


def finish(response: Response) -> None:
    response.set_cookie("read", "all")  # <late_cookie:late>


@main.get("/handled_late")
def handled_late():
    def lines():
        for name in ("nuts", "gone"):
            yield pick(name)

    return StreamingResponse(lines())  # <handled_late:first>


def pick(name: str) -> str:
    if name == "gone":
        raise SoldOut(name)  # <handled_late:late>
    return name


@main.get("/http_exception_late")
async def http_exception_late():
    async def lines():
        yield "a"
        forbid_late()

    return StreamingResponse(lines())  # <http_exception_late:first>


def forbid_late():
    raise HTTPException(403, "too late")  # <http_exception_late:late>


@main.get("/error_late")
async def error_late():
    async def lines():
        for text in ("{}", "{"):
            yield str(json.loads(text))  # <error_late:late>

    return StreamingResponse(lines())  # <error_late:first>


if EventSourceResponse is not None:

    @main.get("/events/{count}", response_class=EventSourceResponse)
    async def events(count: int, response: Response) -> AsyncIterable[ServerSentEvent]:  # <native_events:first>
        for number in range(count):
            await asyncio.sleep(0.01)
            if number == 2:
                exhausted(response)
            yield ServerSentEvent(data={"number": number})


def exhausted(response: Response) -> None:
    response.headers["X-Quota"] = "0"  # <native_events:late>


@main.get("/background_fails")
async def background_fails(tasks: BackgroundTasks):
    tasks.add_task(notify, "a@shop.test")
    return {"queued": True}  # <background_fails:first>


def notify(address: str) -> None:
    raise OSError(f"no route to {address}")  # <background_fails:late>


@main.get("/background_works")
async def background_works(tasks: BackgroundTasks):
    tasks.add_task(load, "nuts")
    return {"queued": True}


# ---------------------------------------------------------------- dependencies that yield, clean ones
async def careful():
    try:
        yield "resource"
    except HTTPException:
        raise
    finally:
        await asyncio.sleep(0)


@main.get("/careful/{name}")
async def uses_careful(name: str, resource: Annotated[str, Depends(careful)]):
    if name == "missing":
        raise HTTPException(404, "missing")
    return {"name": name, "resource": resource}


async def translating():
    try:
        yield "db"
    except KeyError as error:
        raise HTTPException(404, "no such key") from error  # <translated:first>


@main.get("/translated")
async def translated(db: Annotated[str, Depends(translating)]):
    return {}[db]


async def function_scoped():
    yield "db"
    raise HTTPException(409, "in time: before the response")  # <function_scope:first>


@main.get("/function_scope")
async def function_scope(db: Annotated[str, Depends(function_scoped, **FUNCTION_SCOPE)]):
    return {"db": db}


# ---------------------------------------------------------------- second starts
@main.get("/sent_then_returned")
async def sent_then_returned(request: Request):
    ready = PlainTextResponse("ready")
    await ready(request.scope, request.receive, request._send)  # <sent_then_returned:first>
    return {"ready": True}  # <sent_then_returned:late>


class Deadline:
    """Plain ASGI: answers when the rest is too slow, started or not."""

    def __init__(self, app, limit: float) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope, receive, send) -> None:
        try:
            async with asyncio.timeout(self.limit):
                await self.app(scope, receive, send)
        except TimeoutError:
            await JSONResponse({"detail": "too slow"}, 504)(scope, receive, send)  # <deadline:late>


slow = FastAPI()


@slow.get("/stream")
async def slow_stream():
    return StreamingResponse(slow_words())  # <deadline:first>


async def slow_words():
    for _ in range(40):
        await asyncio.sleep(0.02)
        yield "."


@slow.get("/error")
async def slow_error():
    raise HTTPException(400, "at once")


slow.add_middleware(Deadline, limit=0.15)
main.mount("/slow", slow)


@main.websocket("/echo")
async def echo(websocket: WebSocket, resource: Annotated[str, Depends(careful)]):
    await websocket.accept()
    async for line in websocket.iter_text():
        await websocket.send_text(f"{resource} {line}")


# ---------------------------------------------------------------- the same without the middleware
bare = FastAPI()


@bare.get("/sent_then_returned")
async def bare_sent_then_returned(request: Request):
    ready = PlainTextResponse("ready")
    await ready(request.scope, request.receive, request._send)  # <bare_sent:first>
    return {"ready": True}  # <bare_sent:late>


def commit():
    yield "db"
    raise HTTPException(409, "sold out")  # <bare_commit:late>


@bare.get("/commit")
def bare_commit(db: Annotated[str, Depends(commit)]):
    return {"db": db}  # <bare_commit:first>


@bare.get("/handled_late")
async def bare_handled_late():
    return StreamingResponse(bare_lines())  # <bare_handled_late:first>


async def bare_lines():
    yield "a"
    raise HTTPException(400, "bad record")  # <bare_handled_late:late>


sites = FastAPI()
sites.mount("/bare", bare)
sites.mount("/", main)

app = Audit(sites)
