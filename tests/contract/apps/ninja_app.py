"""An API on Django Ninja under ASGI, operations with and without `async`: every path is one scenario, named like its marker."""

from __future__ import annotations

import asyncio
import threading

from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY="not-a-secret" * 5,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["ninja", "django.contrib.sessions"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware"],
    LOGGING_CONFIG=None,
)

import django  # noqa: E402

django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse  # noqa: E402
from django.shortcuts import redirect  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import NinjaAPI, Query, Router, Schema  # noqa: E402
from ninja.errors import HttpError  # noqa: E402
from ninja.security import HttpBearer  # noqa: E402

try:
    from ninja.streaming import JSONL
except ImportError:  # an older Ninja: its operations cannot be generators
    JSONL = None

api = NinjaAPI()
router = Router()


class Item(Schema):
    name: str
    price: float = 1.0


class SoldOutError(Exception):
    """Answered by a handler of the API's own."""


@api.exception_handler(SoldOutError)
def sold_out(request: HttpRequest, error: SoldOutError):
    return api.create_response(request, {"sold out": str(error)}, status=410)  # <handled:first>


# ---------------------------------------------------------------------- plain values, and the response that was asked for
@api.get("/value")
def value(request, response: HttpResponse):
    response["X-Total"] = "2"
    response.set_cookie("seen", "yes")
    return {"name": "bolt"}  # <value:first>


@api.get("/awaited", response=Item)
async def awaited(request, response: HttpResponse):
    response["X-Total"] = "2"
    return {"name": "bolt"}  # <awaited:first>


@api.post("/placed", response={201: Item})
def placed(request, item: Item):
    return 201, item  # <placed:first>


@api.delete("/nothing", response={204: None})
def nothing(request):
    return 204, None  # <nothing:first>


@router.get("/routed")
def routed(request):
    return "routed"  # <routed:first>


@api.get("/late_in_thread")
def late_in_thread(request, response: HttpResponse):
    started.clear()
    threading.Thread(target=measure, args=(response,)).start()
    return {"name": "nut"}  # <late_in_thread:first>


started = threading.Event()


def measure(response: HttpResponse) -> None:
    started.wait(0.3)
    response["X-Measured"] = "1"  # <late_in_thread:late>


@api.get("/late_in_task")
async def late_in_task(request, response: HttpResponse):
    async def greet():
        await asyncio.sleep(0.1)
        response.set_cookie("greeted", "yes")  # <late_in_task:late>

    tasks.append(asyncio.create_task(greet()))
    return {"name": "nut"}  # <late_in_task:first>


tasks: list[asyncio.Task] = []


# ---------------------------------------------------------------------- responses of their own
@api.get("/shadowed")
def shadowed(request, response: HttpResponse):
    response["X-Token"] = "1"  # <shadowed:late>
    return HttpResponse("own")  # <shadowed:first>


@api.get("/shadowed_cookie")
async def shadowed_cookie(request, response: HttpResponse):
    response.set_cookie("token", "1")  # <shadowed_cookie:late>
    return redirect("/api/value")  # <shadowed_cookie:first>


@api.get("/shadowed_but_copied")
def shadowed_but_copied(request, response: HttpResponse):
    response["X-Copied"] = "1"
    own = HttpResponse("own")
    own["X-Copied"] = "1"
    return own


@api.get("/returned_itself")
def returned_itself(request, response: HttpResponse):
    response["X-Same"] = "1"
    return response


@api.get("/returned_and_changed")
async def returned_and_changed(request, response: HttpResponse):
    async def count():
        await asyncio.sleep(0.1)
        response["X-Count"] = "1"  # <returned_and_changed:late>

    response["X-Same"] = "1"
    tasks.append(asyncio.create_task(count()))
    return response  # <returned_and_changed:first>


@api.get("/unused")
def unused(request, response: HttpResponse):
    return HttpResponse("own")  # <unused:first>


# ---------------------------------------------------------------------- streams
@api.get("/late_header")
def late_header(request):
    def rows():
        yield b"bolts\n"
        answer["X-Total"] = "1"  # <late_header:late>

    answer = StreamingHttpResponse(rows())  # <late_header:first>
    return answer


@api.get("/late_injected")
def late_injected(request, response: HttpResponse):
    def rows():
        yield b"bolts\n"
        response.set_cookie("read", "all")  # <late_injected:late>

    return StreamingHttpResponse(rows())  # <late_injected:first>


@api.get("/late_session")
def late_session(request):
    def rows():
        yield b"bolts\n"
        request.session["last"] = "bolts"  # <late_session:late>

    return StreamingHttpResponse(rows())  # <late_session:first>


@api.get("/refused_late")
def refused_late(request):
    def rows():
        yield b"bolts\n"
        raise HttpError(409, "no nuts")  # <refused_late:late>

    return StreamingHttpResponse(rows())  # <refused_late:first>


if JSONL is not None:

    @api.get("/lines", response=JSONL[Item])
    def lines(request, response: HttpResponse):  # <lines:first>
        for name in ("bolt", "nut"):
            response["X-Last"] = name  # <lines:late>
            yield {"name": name}

    @api.get("/async_lines", response=JSONL[Item])
    async def async_lines(request, response: HttpResponse):  # <async_lines:first>
        yield {"name": "bolt"}
        response.set_cookie("read", "all")  # <async_lines:late>

    @api.get("/clean_lines", response=JSONL[Item])
    def clean_lines(request):
        yield {"name": "bolt"}


# ---------------------------------------------------------------------- what answers instead
class Bearer(HttpBearer):
    def authenticate(self, request, token):
        return token == "secret"


@api.get("/guarded", auth=Bearer())
def guarded(request):
    return "in"


@api.get("/refused")
def refused(request, response: HttpResponse):
    raise HttpError(403, "not today")  # <refused:first>


@api.get("/handled")
async def handled(request):
    raise SoldOutError("bolts")


@api.get("/number")
def number(request, n: int = Query(...)):
    return n


@api.get("/crashed")
def crashed(request):
    raise RuntimeError("out of nuts")  # <crashed:first>


api.add_router("/router", router)
urlpatterns = [path("api/", api.urls)]


class Audit:
    """Outermost: fails after the answer when it is asked to."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        await self.app(scope, receive, send)
        if dict(scope["headers"]).get(b"x-audit") == b"refuse":
            raise LookupError("the books do not balance")  # <audit:late>


app = Audit(get_asgi_application())
