"""An interface for machines: a change that is accepted, and whose number is told, when the answer is on its way already."""

from django.http import StreamingHttpResponse
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

ROOT_URLCONF = __name__
SECRET_KEY = "not a secret, and longer than fifty characters, as Django asks for"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"]
REST_FRAMEWORK = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}


class Orders(APIView):
    def get(self, request):
        def lines():
            yield b"[]"
            response.headers["X-Count"] = "0"  # late: RS101

        response = StreamingHttpResponse(lines(), content_type="application/json")  # first: RS101
        return response

    def post(self, request):
        return Response(request.data, status=201, headers={"X-Order": "1"})

    def delete(self, request):
        response = Response(status=202)  # first: RS103
        response.add_post_render_callback(lambda rendered: None)
        response._resource_closers.append(lambda: response.set_cookie("deleted", "1"))  # late: RS103
        return response


urlpatterns = [path("orders", Orders.as_view())]
