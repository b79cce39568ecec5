"""A site on Django under ASGI: every path is one scenario, named like its marker."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
from pathlib import Path

from django.conf import settings

FILES = Path(tempfile.mkdtemp(prefix="site"))
(FILES / "page.html").write_text("<p>{{ name }}</p>")
(FILES / "broken.html").write_text("<p>{{ boom }}</p>")

settings.configure(
    DEBUG=False,
    SECRET_KEY="not-a-secret" * 5,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.sessions", "django.contrib.messages"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
    MIDDLEWARE=[
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "django_asgi_middleware.stamped",
        "django_asgi_middleware.CountRows",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django_asgi_middleware.Short",
        "django.middleware.common.CommonMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [FILES]}],
    LOGGING_CONFIG=None,
)

import django  # noqa: E402

django.setup()

from django.contrib import messages  # noqa: E402
from django.contrib.sessions.backends.base import SessionBase  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.exceptions import PermissionDenied  # noqa: E402
from django.http import (  # noqa: E402
    FileResponse,
    Http404,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render  # noqa: E402
from django.template.response import TemplateResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views import View  # noqa: E402
from django_asgi_middleware import Audit, Second, no_wraps, tagged  # noqa: E402


async def rows(count: int = 3):
    for number in range(count):
        await asyncio.sleep(0.01)
        yield f"row {number}\n"


# ---------------------------------------------------------------- late writes
async def counted(request):
    return StreamingHttpResponse(rows())  # <counted:first>


async def late_header(request):
    async def lines():
        async for row in rows():
            yield row
        response.headers["X-Done"] = "1"  # <late_header:late>

    response = StreamingHttpResponse(lines())  # <late_header:first>
    return response


async def late_plain_header(request):
    """Headers that are a dict of the view's own: who writes to that is not seen."""

    async def lines():
        yield "bolts"
        response.headers["X-Done"] = "1"

    response = StreamingHttpResponse(lines())  # <late_plain_header:first>
    response.headers = {"X-Plain": "1"}
    return response


async def early_in_generator(request):
    """The head was copied before the generator ran."""

    async def lines():
        response["X-Early"] = "1"  # <early_in_generator:late>
        yield "a"

    response = as_stream(lines())
    return response


def as_stream(iterator):
    return StreamingHttpResponse(iterator, content_type="text/csv")  # <early_in_generator:first> <late_status:first>


async def late_status(request):
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        response.status_code = 500  # <late_status:late>

    return (response := as_stream(lines()))


async def late_cookie(request):
    async def lines():
        async for row in rows():
            yield row
        remember(response, "read")

    response = StreamingHttpResponse(lines())  # <late_cookie:first>
    return response


def remember(response, name):
    response.set_cookie(name, "1", httponly=True)  # <late_cookie:late>


async def late_cookie_by_hand(request):
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        response.cookies["plain"] = "1"  # <late_cookie_by_hand:late>

    response = StreamingHttpResponse(lines())  # <late_cookie_by_hand:first>
    return response


async def late_session(request):
    async def lines():
        async for row in rows():
            yield row
        await save(request.session, "rows")

    return StreamingHttpResponse(lines())  # <late_session:first>


AWAITABLE = hasattr(SessionBase, "aset")  # from Django 5.1 on


async def save_in_time(session, name, value):
    if AWAITABLE:
        await session.aset(name, value)
    else:
        session[name] = value


async def save(session, name):
    if AWAITABLE:
        await session.aset("last", name)  # <late_session:late>
    else:
        session["last"] = name  # <late_session:late>


async def late_message(request):
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        messages.success(request, "exported")  # <late_message:late>

    return StreamingHttpResponse(lines())  # <late_message:first>


def late_in_sync_stream(request):
    """A synchronous iterator under ASGI: Django reads it up in a thread."""

    def lines():
        yield "a"
        response["X-Sync"] = "1"  # <late_in_sync_stream:late>

    response = StreamingHttpResponse(lines())  # <late_in_sync_stream:first>
    return response


async def late_in_task(request):
    async def stamp():
        await asyncio.sleep(0.02)
        del response["X-Draft"]  # <late_in_task:late>

    async def lines():
        async for row in rows(5):
            yield row
        await task

    response = StreamingHttpResponse(lines(), headers={"X-Draft": "1"})  # <late_in_task:first>
    task = asyncio.create_task(stamp())
    return response


def late_in_close(request):
    response = HttpResponse("closing")  # <late_in_close:first>
    response._resource_closers.append(lambda: response.headers.setdefault("X-Closed", "1"))  # <late_in_close:late>
    return response


def late_in_thread(request):
    started = threading.Event()

    async def lines():
        yield "a"
        started.set()
        await asyncio.to_thread(worker.join)

    def stamp():
        started.wait()
        response["X-Thread"] = "1"  # <late_in_thread:late>

    response = StreamingHttpResponse(lines())  # <late_in_thread:first>
    worker = threading.Thread(target=stamp)
    worker.start()
    return response


class Export(View):
    """Class-based: made in one method, changed in another."""

    async def get(self, request):
        self.response = self.answer()
        return self.response

    def answer(self):
        return StreamingHttpResponse(self.lines())  # <class_based:first>

    async def lines(self):
        yield "a"
        await asyncio.sleep(0.01)
        self.touch()

    def touch(self):
        self.response.headers.setdefault("X-Touched", "1")  # <class_based:late>


class Csv(StreamingHttpResponse):
    """A response class of the site's own."""

    def __init__(self, source, name: str) -> None:
        super().__init__(self.watched(source), content_type="text/csv")
        self["Content-Disposition"] = f"attachment; filename={name}"

    async def watched(self, source):
        async for row in source:
            yield row
        self.delete_cookie("export")  # <own_class:late>


async def own_class(request):
    return Csv(rows(), "rows.csv")  # <own_class:first>


# ---------------------------------------------------------------- exceptions
async def error_late(request):
    async def lines():
        for text in ("{}", "{"):
            await asyncio.sleep(0.01)
            yield str(json.loads(text))  # <error_late:late>

    return StreamingHttpResponse(lines())  # <error_late:first>


async def not_found_late(request):
    async def lines():
        for name in ("here", "nowhere"):
            yield find(name)

    return StreamingHttpResponse(lines())  # <not_found_late:first>


def find(name):
    if name == "nowhere":
        raise Http404(name)  # <not_found_late:late> <raised:first>
    return name


async def denied_late(request):
    async def lines():
        yield "a"
        raise PermissionDenied("not for you")  # <denied_late:late>

    return StreamingHttpResponse(lines())  # <denied_late:first>


async def caught_inside(request):
    async def lines():
        yield "a"
        try:
            find("nowhere")
        except Http404:
            yield "nothing"

    return StreamingHttpResponse(lines())


# ---------------------------------------------------------------- who started it: refused later by the audit
def plain(request):
    return HttpResponse("plain")  # <plain:first>


async def raised(request):
    return HttpResponse(find("nowhere"))


async def crashed(request):
    raise OSError("disk")  # <crashed:first>


async def refused(request):
    return HttpResponse(permit("nuts"))


def permit(name):
    raise PermissionDenied(name)  # <refused:first>


async def process_exception(request):
    return HttpResponse({}["key"])


async def replaced(request):
    return HttpResponse("original")


async def rendered(request):
    return await asyncio.to_thread(render, request, "page.html", {"name": "nuts"})  # <rendered:first>


def shortcut(request):
    return render(request, "page.html", {"name": "nuts"})  # <shortcut:first>


def templated(request):
    return TemplateResponse(request, "page.html", {"name": "nuts"})  # <templated:first>


def redirected(request):
    return redirect("/plain")  # <redirected:first>


async def filed(request):
    return FileResponse((FILES / "page.html").open("rb"))  # <filed:first>


@no_wraps
@tagged
async def decorated(request):
    return JsonResponse({"decorated": True})  # <decorated:first>


class Methods(View):
    def get(self, request):
        return self.options_for("get")

    def options_for(self, name):
        return HttpResponse(name)  # <view_method:first>


SHARED = HttpResponse("shared")  # <module_level:first>


def module_level(request):
    return SHARED  # <module_level:first>


async def answered_twice(request):
    return JsonResponse({"n": 1})  # <answered_twice:first>


# ---------------------------------------------------------------- clean
async def everything_in_time(request):
    response = HttpResponse("ok", status=201)
    response["X-One"] = "1"
    response.set_cookie("one", "1")
    await save_in_time(request.session, "one", 1)
    messages.info(request, "in time")
    return response


async def session_read(request):
    await save_in_time(request.session, "seen", "x")

    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        yield await request.session.aget("seen") if AWAITABLE else request.session["seen"]

    return StreamingHttpResponse(lines())


async def equal_write(request):
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        response["X-Same"] = "1"
        response.status_code = 200

    response = StreamingHttpResponse(lines(), headers={"X-Same": "1"})
    return response


async def never_sent(request):
    draft = HttpResponse("draft")

    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        draft["X-Draft"] = "1"
        HttpResponse("another").set_cookie("x", "1")

    return StreamingHttpResponse(lines())


async def read_messages(request):
    async def lines():
        yield "a"
        await asyncio.sleep(0.01)
        yield str([str(message) for message in messages.get_messages(request)])

    return StreamingHttpResponse(lines())


def caught_before(request):
    try:
        find("nowhere")
    except Http404:
        return HttpResponse("nothing", status=404)
    return HttpResponse("found")


async def no_content(request):
    return HttpResponse(status=204)  # <no_content:first>


async def not_modified(request):
    return HttpResponseNotModified()


async def chatty(request):
    return HttpResponse("many words " * 300)


async def moved(request):
    return HttpResponseRedirect("/plain")


async def endless(request):
    async def lines():
        for _ in range(2000):
            yield "x" * 10_000
            await asyncio.sleep(0.005)

    return StreamingHttpResponse(lines())


async def mixed(request, number):
    async def lines():
        for row in range(4):
            await asyncio.sleep(0.01 + 0.005 * (number % 3))
            yield f"{number}:{row} "
        if number % 2:
            response[f"X-N{number}"] = "1"  # <mixed:late>

    response = StreamingHttpResponse(lines())  # <mixed:first>
    return response


def paths(*views):
    return [path(view.__name__, view) for view in views]


nested = [path("inner/", include(paths(late_header, plain)))]

urlpatterns = [
    *paths(
        counted, late_header, late_plain_header, early_in_generator, late_status, late_cookie, late_cookie_by_hand, late_session, late_message,
        late_in_sync_stream, late_in_task, late_in_close, late_in_thread, own_class, error_late, not_found_late, denied_late,
        caught_inside, plain, raised, crashed, refused, process_exception, replaced, rendered, shortcut, templated,
        redirected, filed, module_level,
        answered_twice, everything_in_time, session_read, equal_write, never_sent, read_messages, caught_before, no_content,
        not_modified,
        chatty, moved, endless,
    ),
    path("decorated", decorated),
    path("class_based", Export.as_view()),
    path("view_method", Methods.as_view()),
    path("mixed/<int:number>", mixed),
    path("outer/", include(nested)),
]  # fmt: skip


def handler404(request, exception):
    return HttpResponse("nothing here", status=404)  # <missing:first> <raised:first>


site = get_asgi_application()
app = Audit(Second(site))
