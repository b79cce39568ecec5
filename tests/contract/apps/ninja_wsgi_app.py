"""A smaller API on Django Ninja, under WSGI."""

from __future__ import annotations

import threading

from django.conf import settings

settings.configure(
    DEBUG=False, SECRET_KEY="not-a-secret" * 5, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, INSTALLED_APPS=["ninja"], LOGGING_CONFIG=None
)

import django  # noqa: E402

django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse, StreamingHttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import NinjaAPI  # noqa: E402
from ninja.errors import HttpError  # noqa: E402

api = NinjaAPI()


@api.get("/value")
def value(request, response: HttpResponse):
    response["X-Total"] = "2"
    return {"name": "bolt"}


@api.get("/late_in_thread")
def late_in_thread(request, response: HttpResponse):
    def measure():
        threading.Event().wait(0.3)
        response["X-Measured"] = "1"  # <late_in_thread:late>

    threading.Thread(target=measure).start()
    return {"name": "nut"}  # <late_in_thread:first>


@api.get("/shadowed")
def shadowed(request, response: HttpResponse):
    response["X-Token"] = "1"  # <shadowed:late>
    return HttpResponse("own")  # <shadowed:first>


@api.get("/late_injected")
def late_injected(request, response: HttpResponse):
    def rows():
        yield b"bolts\n"
        response.set_cookie("read", "all")  # <late_injected:late>

    return StreamingHttpResponse(rows())  # <late_injected:first>


@api.get("/refused_late")
def refused_late(request):
    def rows():
        yield b"bolts\n"
        raise HttpError(409, "no nuts")  # <refused_late:late>

    return StreamingHttpResponse(rows())  # <refused_late:first>


@api.get("/refused")
def refused(request, response: HttpResponse):
    raise HttpError(403, "not today")


urlpatterns = [path("api/", api.urls)]
app = get_wsgi_application()
