"""Middleware of the site: function and class style, sync and async, raw around the whole."""

from __future__ import annotations

import functools

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpResponse, JsonResponse
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin


class CountRows:
    """Counts what a stream gave, and stamps the number on it when it is over."""

    async_capable = True
    sync_capable = False

    def __init__(self, get_response) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request):
        response = await self.get_response(request)
        if response.streaming and request.path == "/counted":
            response.streaming_content = self.count(response, response.streaming_content)
        return response

    async def count(self, response, chunks):
        total = 0
        async for chunk in chunks:
            total += 1
            yield chunk
        self.stamp(response, total)

    def stamp(self, response, total: int) -> None:
        response["X-Rows"] = str(total)  # <counted:late>


class Short(MiddlewareMixin):
    """Answers in the place of the view, or in the place of its answer."""

    def process_request(self, request):
        if request.path == "/closed":
            return self.closed()
        return None

    def closed(self):
        return HttpResponse("closed", status=503)  # <closed:first>

    def process_response(self, request, response):
        if request.path == "/replaced":
            return JsonResponse({"replaced": True})  # <replaced:first>
        return response

    def process_exception(self, request, exception):
        if isinstance(exception, KeyError):
            return HttpResponse("no such key", status=404)  # <process_exception:first>
        return None


@sync_and_async_middleware
def stamped(get_response):
    """In time: on the way out."""
    if iscoroutinefunction(get_response):

        async def middleware(request):
            response = await get_response(request)
            response["X-Stamp"] = "1"
            return response

    else:

        def middleware(request):
            response = get_response(request)
            response["X-Stamp"] = "1"
            return response

    return middleware


class Audit:
    """Plain ASGI around the site: fails after the answer when it is asked to."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        await self.app(scope, receive, send)
        if dict(scope["headers"]).get(b"x-audit") == b"refuse":
            raise LookupError("the books do not balance")  # <audit:late>


class Second:
    """Plain ASGI: answers again what the site has answered."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        await self.app(scope, receive, send)
        if scope["path"] == "/answered_twice":
            await send({"type": "http.response.start", "status": 500, "headers": []})  # <answered_twice:late>


def no_wraps(view):
    async def inner(request):
        return await view(request)

    return inner


def tagged(view):
    @functools.wraps(view)
    async def inner(request, *args, **kwargs):
        response = await view(request, *args, **kwargs)
        response["X-Tagged"] = "1"
        return response

    return inner
