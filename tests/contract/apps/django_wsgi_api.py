"""The API of the Django shop, on Django REST framework."""

from __future__ import annotations

import django_wsgi_parts as parts
from django.http import StreamingHttpResponse
from rest_framework import serializers, viewsets
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound, Throttled
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView


class Item(serializers.Serializer):
    """What can be sold."""

    name = serializers.CharField(max_length=20)


class DrfStream(APIView):
    """A stream with an error of the API in the middle."""

    def get(self, request):
        return StreamingHttpResponse(self.lines())  # <drf_stream:first>

    def lines(self):
        yield "one\n"
        self.limit()

    def limit(self):
        raise Throttled(wait=3)  # <drf_stream:late>


class DrfError(APIView):
    """A stream that breaks."""

    def get(self, request):
        return StreamingHttpResponse(parts.broken_rows())  # <drf_error:first>


@api_view(["GET", "POST"])
def drf_late(request):
    if request.method == "POST":
        item = Item(data=request.data)
        item.is_valid(raise_exception=True)
        return Response(item.data, status=201)
    response = Response({"name": "nut"})  # <drf_late:first>
    parts.later(stamp, response)
    return response


def stamp(response):
    response["X-Stamp"] = "late"  # <drf_late:late>


class Items(viewsets.ViewSet):
    """Routes by a router."""

    def list(self, request):
        return Response([{"name": "nut"}])

    def retrieve(self, request, pk=None):
        if pk == "0":
            raise NotFound(pk)  # <drf_cascade:first>
        response = Response({"name": pk})  # <drf_viewset:first>
        parts.later(self.remember, response)
        return response

    def remember(self, response):
        response.set_cookie("item", "1")  # <drf_viewset:late>


router = SimpleRouter()
router.register("items", Items, basename="item")
