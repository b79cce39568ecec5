"""Views for the tests with Django's own clients: imported by the test process, which has the settings."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView


class Sold(Exception):
    """Nothing is left."""


def rows(count=3):
    for number in range(count):
        yield f"row {number}\n"


def late_header(request):
    def lines():
        yield from rows()
        response["X-Total"] = "3"  # <late_header:late>

    response = StreamingHttpResponse(lines())  # <late_header:first>
    return response


def late_cookie(request):
    def lines():
        yield "one\n"
        response.set_cookie("late", "1")  # <late_cookie:late>

    response = StreamingHttpResponse(lines())  # <late_cookie:first>
    return response


def late_session(request):
    def lines():
        yield "one\n"
        request.session["late"] = True  # <late_session:late>

    return StreamingHttpResponse(lines())  # <late_session:first>


def late_in_closer(request):
    response = HttpResponse("plain")  # <late_in_closer:first>
    response._resource_closers.append(lambda: response.headers.setdefault("X-Closed", "1"))  # <late_in_closer:late>
    return response


def error_in_stream(request):
    def lines():
        yield "one\n"
        sell()

    return StreamingHttpResponse(lines())  # <error_in_stream:first>


def sell():
    raise Sold  # <error_in_stream:late>


def missing_in_stream(request):
    def lines():
        yield "one\n"
        raise Http404  # <missing_in_stream:late>

    return StreamingHttpResponse(lines())  # <missing_in_stream:first>


class LateInApi(APIView):
    """A stream of the API that changes its status."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request):
        self.response = StreamingHttpResponse(self.lines())  # <late_in_api:first>
        return self.response

    def lines(self):
        yield "one\n"
        self.response.status_code = 507  # <late_in_api:late>


class Api(APIView):
    """An answer of the API."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request):
        return Response({"name": "nut"}, headers={"X-Api": "1"})

    def post(self, request):
        return Response(request.data, status=201)


def plain(request):
    request.session["seen"] = True
    messages.info(request, "seen")
    response = HttpResponse("plain")
    response["X-Plain"] = "1"
    return response


def moved(request):
    return redirect("/plain")


def stream(request):
    return StreamingHttpResponse(rows())


def refused(request):
    raise Http404


urlpatterns = [
    *(
        path(view.__name__, view)
        for view in (
            late_header, late_cookie, late_session, late_in_closer, error_in_stream, missing_in_stream, plain, moved, stream, refused,
        )
    ),
    path("late_in_api", LateInApi.as_view()),
    path("api", Api.as_view()),
]
