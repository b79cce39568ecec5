"""Middlewares, response classes and helpers of the Django shop."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from importlib import import_module

from django.contrib import messages
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.utils.deprecation import MiddlewareMixin


class Broken(Exception):
    """A row that cannot be read."""


class SessionsByArea(SessionMiddleware):
    """Each area of the site keeps its sessions elsewhere: in signed cookies, in the database, in the cache."""

    def process_request(self, request):
        area = request.path.split("/")[1]
        engine = {"db": "db", "cache": "cache"}.get(area, "signed_cookies")
        store = import_module(f"django.contrib.sessions.backends.{engine}").SessionStore
        request.session = store(request.COOKIES.get("sessionid"))


class AreaResponses:
    """What the middlewares of this shop have in common: each has one path that it cares for."""

    path = ""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        return self.changed(response) if request.path == self.path else response


class CountRows(AreaResponses):
    """Wraps the body, and adds what it counted when it is too late."""

    path = "/wrapped_body"

    def changed(self, response):
        response.streaming_content = self.counted(response, response.streaming_content)
        return response

    def counted(self, response, chunks):
        total = 0
        for chunk in chunks:
            total += 1
            yield chunk
        response["X-Chunks"] = str(total)  # <wrapped_body:late>


class Replace(AreaResponses):
    """Sends a response of its own instead of the one that the view made."""

    path = "/replaced"

    def changed(self, response):
        fresh = StreamingHttpResponse(self.lines())  # <replaced:first>
        fresh["X-Was"] = str(response.status_code)
        response["X-Dropped"] = "1"
        self.fresh = fresh
        return fresh

    def lines(self):
        yield "replaced "
        self.fresh["X-Replaced"] = "1"  # <replaced:late>


class Explain(MiddlewareMixin):
    """In the old style: answers errors, and looks at every response."""

    def process_exception(self, request, exception):
        if isinstance(exception, LookupError):
            return JsonResponse({"error": str(exception)}, status=404)  # <cascade_explained:first>
        return None

    def process_response(self, request, response):
        response["X-Explained"] = "1"
        if request.path == "/late_in_mixin":
            response.streaming_content = self.watched(response)
        return response

    def watched(self, response):
        yield from rows()
        response.status_code = 206  # <late_in_mixin:late>


class Shut(MiddlewareMixin):
    """Answers before any view is asked."""

    def process_request(self, request):
        if "shut" in request.GET:
            return HttpResponse("shut", status=503)  # <cascade_shut:first>
        return None


def add_version(get_response):
    def middleware(request):
        response = get_response(request)
        response["X-Version"] = "1"
        response.set_cookie("release", "1")
        return response

    return middleware


class Csv(StreamingHttpResponse):
    """A response with a constructor of its own."""

    def __init__(self, table, **options):
        super().__init__(self.encoded(table), content_type="text/csv", **options)
        self["Content-Disposition"] = "attachment"

    def encoded(self, table):
        for row in table:
            yield ",".join(row) + "\n"
        self["X-Rows"] = str(len(table))  # <own_class:late>


class Audited(HttpResponse):
    """A response that does its last work when it is closed."""

    def close(self):
        super().close()
        self.work()

    def work(self):
        raise Broken("no audit")  # <error_in_close:late>


def rows(count=3):
    for number in range(count):
        yield f"row {number}\n"


def check(number):
    if number > 1:
        raise Broken(number)  # <error_in_stream:late> <drf_error:late> <error_in_generic:late>
    return number


def broken_rows():
    for number in range(4):
        yield f"row {check(number)}\n"


def translated(lines):
    try:
        yield from lines
    except Broken as error:
        raise LookupError("no more rows") from error  # <error_from:late>


def page(number):
    if number == 2:
        raise Http404(f"page {number}")  # <missing_in_stream:late>
    return f"page {number}\n"


def secret(number):
    if number:
        raise PermissionDenied  # <denied_in_stream:late>
    return "public\n"


def deny(request):
    raise PermissionDenied(request.path)  # <cascade_denied:first>


@contextmanager
def lock(response):
    yield
    response["X-Lock"] = "released"  # <late_in_exit:late>


def later(function, *arguments):
    timer = threading.Timer(0.1, function, arguments)
    timer.daemon = True
    timer.start()


def tell(request):
    messages.success(request, "stored")  # <late_message:late>
