"""A shop on Django behind WSGI: every path is one scenario, named like its marker."""

from __future__ import annotations

import functools
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django
from django.conf import settings

FILES = Path(tempfile.mkdtemp(prefix="shop"))
(FILES / "catalogue.txt").write_text("nuts\nbolts\nscrews\n", encoding="utf-8")

settings.configure(
    DEBUG=False,
    SECRET_KEY="not a secret " * 5,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.messages"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django_wsgi_parts.Replace",
        "django_wsgi_parts.SessionsByArea",
        "django_wsgi_parts.CountRows",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django_wsgi_parts.add_version",
        "django_wsgi_parts.Shut",
        "django_wsgi_parts.Explain",
    ],
    MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FILES / "shop.sqlite3"}},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [Path(__file__).parent / "templates"]}],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
                    "UNAUTHENTICATED_USER": None},
    LOGGING_CONFIG=None,
    USE_TZ=True,
)
django.setup()

import django_wsgi_api as api  # noqa: E402
import django_wsgi_parts as parts  # noqa: E402
from django.contrib import messages  # noqa: E402 Django wants its settings first
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import (  # noqa: E402
    FileResponse,
    Http404,
    HttpResponse,
    HttpResponseNotModified,
    JsonResponse,
    StreamingHttpResponse,
)
from django.middleware.csrf import get_token  # noqa: E402
from django.shortcuts import redirect, render  # noqa: E402
from django.template.response import TemplateResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.utils.decorators import method_decorator  # noqa: E402
from django.views import View  # noqa: E402
from django.views.decorators.cache import cache_page, never_cache  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from django.views.decorators.gzip import gzip_page  # noqa: E402
from django.views.decorators.http import condition  # noqa: E402

TEXT = ("Content-Type", "text/plain")
POOL = ThreadPoolExecutor(2)
LOG: list[str] = []
VIEWS = []


def route(view):
    VIEWS.append(view)
    return view


# ---------------------------------------------------------------- late writes to the response
@route
def late_header(request):
    def lines():
        yield from parts.rows()
        response["X-Total"] = "3"  # <late_header:late>

    response = StreamingHttpResponse(lines(), content_type="text/csv")  # <late_header:first>
    return response


@route
def late_in_headers(request):
    def lines():
        yield "one\n"
        response.headers.setdefault("X-Late", "1")  # <late_in_headers:late>

    response = streamed(lines())
    return response


def streamed(lines):
    return StreamingHttpResponse(lines)  # <late_in_headers:first>


@route
def late_removal(request):
    def lines():
        yield "one\n"
        del response["X-Draft"]  # <late_removal:late>

    response = StreamingHttpResponse(lines(), headers={"X-Draft": "1"})  # <late_removal:first>
    return response


@route
def own_class(request):
    return parts.Csv([("nut", "1"), ("bolt", "2")], status=201)  # <own_class:first>


@route
@never_cache
def late_status(request):
    def lines():
        try:
            yield from parts.broken_rows()
        except parts.Broken:
            response.status_code = 500  # <late_status:late>
            yield "failed"

    response = StreamingHttpResponse(lines())  # <late_status:first>
    return response


@route
def late_cookie(request):
    def lines():
        yield "one\n"
        response.set_signed_cookie("basket", "nut")  # <late_cookie:late>

    response = StreamingHttpResponse(lines())  # <late_cookie:first>
    return response


@route
def late_cookie_deleted(request):
    def lines():
        yield "one\n"
        response.delete_cookie("basket")  # <late_cookie_deleted:late>

    response = StreamingHttpResponse(lines())  # <late_cookie_deleted:first>
    return response


@route
def late_morsel(request):
    def lines():
        yield "one\n"
        response.cookies["release"]["max-age"] = 60  # <late_morsel:late>

    response = StreamingHttpResponse(lines())  # <late_morsel:first>
    return response


def tagged(view):
    def wrapper(request, **arguments):
        answer = view(request, **arguments)
        answer["X-Tagged"] = "1"
        return answer

    return wrapper


@route
@tagged
def decorated(request):
    def lines():
        yield "one\n"
        response["X-Late"] = "1"  # <decorated:late>

    response = StreamingHttpResponse(lines())  # <decorated:first>
    return response


@route
@gzip_page
def compressed(request):
    def lines():
        yield "one " * 100
        response["X-Late"] = "1"  # <compressed:late>

    response = StreamingHttpResponse(lines())  # <compressed:first>
    return response


@route
def wrapped_body(request):
    return StreamingHttpResponse(parts.rows())  # <wrapped_body:first>


@route
def replaced(request):
    return HttpResponse("of the view", status=418)


@route
def late_in_exit(request):
    response = StreamingHttpResponse()  # <late_in_exit:first>

    def lines():
        with parts.lock(response):
            yield from parts.rows()

    response.streaming_content = lines()
    return response


@route
def late_in_timer(request):
    response = HttpResponse("at once")  # <late_in_timer:first>
    parts.later(expire, response)
    return response


def expire(response):
    response.delete_cookie("basket")  # <late_in_timer:late>


@route
def late_in_pool(request):
    def lines():
        yield "working\n"
        POOL.submit(functools.partial(finish, response)).result()
        yield "done\n"

    response = StreamingHttpResponse(lines())  # <late_in_pool:first>
    return response


def finish(response):
    response["X-Job"] = "done"  # <late_in_pool:late>


@route
async def async_view(request):
    def lines():
        yield "one\n"
        response["X-Async"] = "1"  # <async_view:late>

    response = StreamingHttpResponse(lines())  # <async_view:first>
    return response


@route
def late_in_mixin(request):
    return StreamingHttpResponse()  # <late_in_mixin:first>


def export(kind, request):
    def lines():
        yield f"{kind}\n"
        response["X-Kind"] = kind  # <partial_view:late>

    response = StreamingHttpResponse(lines())  # <partial_view:first>
    return response


class Shelf:
    """A view that is an object."""

    def __call__(self, request):
        self.response = StreamingHttpResponse(self.lines())  # <object_view:first>
        return self.response

    def lines(self):
        yield "shelf\n"
        self.response.cookies["shelf"] = "1"  # <object_view:late>


class Report(View):
    """A class-based view."""

    def get(self, request, name):
        return self.answer(name)

    def answer(self, name):
        self.response = StreamingHttpResponse(self.lines(name))  # <class_based:first>
        return self.response

    def lines(self, name):
        yield f"{name}\n"
        self.response.headers["X-Report"] = name  # <class_based:late>


@method_decorator(never_cache, name="dispatch")
class Generic(View):
    """A class-based view with a decorated dispatch."""

    def dispatch(self, request, *args, **kwargs):
        LOG.append(request.path)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return StreamingHttpResponse(parts.broken_rows())  # <error_in_generic:first>


def not_found(request, exception):
    def lines():
        yield "nothing here\n"
        response["X-Searched"] = "1"  # <custom_404:late>

    response = StreamingHttpResponse(lines(), status=404)  # <custom_404:first> <cascade:first>
    return response


# ---------------------------------------------------------------- late sessions and messages
def visit(request):
    def lines():
        yield "hello\n"
        request.session["visit"] = "late"  # <late_session:late> <late_session_db:late> <late_session_cache:late>

    return StreamingHttpResponse(lines())  # <late_session:first> <late_session_db:first> <late_session_cache:first>


def visit_existing(request):
    request.session["started"] = True

    def lines():
        yield "hello\n"
        request.session["visit"] = "late"  # <late_session_existing:late> <late_session_unsaved:late>
        request.session.set_expiry(60)

    return StreamingHttpResponse(lines())  # <late_session_existing:first> <late_session_unsaved:first>


def visit_saved(request):
    request.session["started"] = True

    def lines():
        yield "hello\n"
        request.session["visit"] = "late"
        request.session.save()

    return StreamingHttpResponse(lines())


def visit_saved_unknown(request):
    def lines():
        yield "hello\n"
        request.session["visit"] = "late"  # <late_session_unknown:late>
        request.session.save()

    return StreamingHttpResponse(lines())  # <late_session_unknown:first>


def visit_cycled(request):
    request.session["started"] = True

    def lines():
        yield "hello\n"
        request.session["user"] = "ann"  # <late_session_cycled:late>
        request.session.cycle_key()  # <late_session_cycled:late>

    return StreamingHttpResponse(lines())  # <late_session_cycled:first>


def visit_flushed(request):
    request.session["user"] = "ann"

    def lines():
        yield "bye\n"
        request.session.flush()  # <late_session_flushed:late>

    return StreamingHttpResponse(lines())  # <late_session_flushed:first>


@route
def late_message(request):
    def lines():
        yield "storing\n"
        parts.tell(request)

    return StreamingHttpResponse(lines())  # <late_message:first>


@route
def late_token(request):
    def lines():
        yield "form\n"
        yield get_token(request)  # <late_token:late>

    return StreamingHttpResponse(lines())  # <late_token:first>


@route
def token_in_time(request):
    token = get_token(request)
    return StreamingHttpResponse(iter([token, get_token(request)]))


@route
def late_message_read(request):
    messages.info(request, "welcome")

    def lines():
        yield "page\n"
        for message in messages.get_messages(request):  # <late_message_read:late>
            yield str(message)

    return StreamingHttpResponse(lines())  # <late_message_read:first>


# ---------------------------------------------------------------- errors after the start
@route
def error_in_stream(request):
    return StreamingHttpResponse(parts.broken_rows())  # <error_in_stream:first>


@route
def error_from(request):
    return StreamingHttpResponse(parts.translated(parts.broken_rows()))  # <error_from:first>


@route
def missing_in_stream(request):
    return StreamingHttpResponse(map(parts.page, range(1, 4)))  # <missing_in_stream:first>


@route
def denied_in_stream(request):
    lines = (parts.secret(number) for number in range(2))
    return StreamingHttpResponse(lines)  # <denied_in_stream:first>


@route
def error_in_close(request):
    return parts.Audited("done")  # <error_in_close:first>


# ---------------------------------------------------------------- behind a WSGI middleware
@route
def cascade(request):
    raise Http404("not here")


@route
def cascade_explained(request):
    return {}["nothing"]


@route
def cascade_template(request):
    return TemplateResponse(request, "django_wsgi_page.html", {"name": "nut"})  # <cascade_template:first>


@route
def cascade_denied(request):
    parts.deny(request)


@route
def cascade_redirect(request):
    return redirect("/plain")  # <cascade_redirect:first>


class Cascade:
    """Answers itself where the site did not, although the site has answered by then."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        statuses = []

        def watching(status, headers, exc_info=None):
            statuses.append(status)
            return start_response(status, headers, exc_info)

        body = self.application(environ, watching)
        if "cascade" in environ["PATH_INFO"] or "shut" in environ["QUERY_STRING"] or environ["PATH_INFO"] == "/items/0/":
            body.close()
            return self.fallback(start_response)
        return body

    def fallback(self, start_response):
        start_response("200 OK", [TEXT])  # <fallback:late>
        return [b"from elsewhere"]


# ---------------------------------------------------------------- never a finding
@route
def plain(request):
    return HttpResponse("plain")


@route
def stream(request):
    return StreamingHttpResponse(parts.rows())


@route
def template(request):
    response = TemplateResponse(request, "django_wsgi_page.html", {"name": "nut"})
    response.add_post_render_callback(lambda rendered: rendered.headers.setdefault("X-Rendered", "1"))
    return response


@route
def rendered(request):
    return render(request, "django_wsgi_page.html", {"name": "bolt"})


CACHED = HttpResponse("cached")
HITS = iter(range(1000))


@route
def cached(request):
    CACHED["X-Hits"] = str(next(HITS))
    return CACHED


@route
@cache_page(60)
def cached_page(request):
    return JsonResponse({"cached": True})


@route
@condition(etag_func=lambda request: '"v1"')
def conditional(request):
    return HttpResponse("the same")


@route
def not_modified(request):
    return HttpResponseNotModified()


@route
def file(request):
    return FileResponse((FILES / "catalogue.txt").open("rb"))


@route
def no_content(request):
    return HttpResponse(status=204)


@route
def never_sent(request):
    def lines():
        yield "one\n"
        draft = HttpResponse("draft")
        draft["X-Draft"] = "1"
        draft.status_code = 500
        yield "two\n"

    return StreamingHttpResponse(lines())


@route
def equal_write(request):
    request.session["page"] = 1

    def lines():
        yield "one\n"
        response["X-Page"] = "1"
        response.status_code = 200
        request.session["page"] = 1

    response = StreamingHttpResponse(lines(), headers={"X-Page": "1"})
    return response


@route
def read_late(request):
    def lines():
        yield str(request.session.get("page"))
        yield from map(str, messages.get_messages(request))
        yield response["Content-Type"]
        copied = dict(response.items())
        copied["X-Copy"] = "1"

    response = StreamingHttpResponse(lines())
    return response


@route
def error_in_time(request):
    raise ValueError("answered by the framework")


@route
def denied_in_time(request):
    parts.secret(1)


@route
def error_before_first_chunk(request):
    def lines():
        parts.check(5)
        yield "never"

    return StreamingHttpResponse(lines())


@route
def caught_in_stream(request):
    def lines():
        try:
            yield from parts.broken_rows()
        except parts.Broken:
            yield "error"

    return StreamingHttpResponse(lines())


@route
def subrequest(request):
    answer = Client().get("/plain")
    answer["X-Inner"] = "1"
    return HttpResponse(answer.content)


@route
@csrf_exempt
def posted(request):
    request.session["posted"] = True
    messages.success(request, "stored")
    return redirect("/plain")


@route
def one_of_many(request):
    name = request.GET["name"]

    def lines():
        for _ in range(3):
            time.sleep(0.02)
            yield f"{name}\n"
        if name.startswith("late"):
            response["X-Late"] = threading.current_thread().name  # <one_of_many:late>

    response = StreamingHttpResponse(lines())  # <one_of_many:first>
    return response


SESSION_VIEWS = (visit, visit_existing, visit_saved, visit_saved_unknown, visit_cycled, visit_flushed)
handler404 = not_found
urlpatterns = [
    *(path(Path(area, view.__name__).as_posix(), view) for area in ("signed", "db", "cache") for view in SESSION_VIEWS),
    *(path(view.__name__, view) for view in VIEWS if view.__name__ != "wrapper"),
    path("decorated", decorated),
    path("partial_view", functools.partial(export, "csv")),
    path("object_view", Shelf()),
    path("class_based/<name>", Report.as_view()),
    path("error_in_generic", Generic.as_view()),
    path("drf_stream", api.DrfStream.as_view()),
    path("drf_error", api.DrfError.as_view()),
    path("drf_late", api.drf_late),
    path("", include(api.router.urls)),
]

call_command("migrate", verbosity=0)
app = Cascade(WSGIHandler())
