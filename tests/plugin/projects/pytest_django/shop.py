"""A site in one file: rows that are counted, and a visit that is remembered, when the answer is on its way already."""

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

ROOT_URLCONF = __name__
SECRET_KEY = "not a secret, and longer than fifty characters, as Django asks for"
ALLOWED_HOSTS = ["*"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "/static/"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware"]


def rows(request):
    def lines():
        yield "row 0\n"
        yield "row 1\n"
        response["X-Rows"] = "2"  # late: RS101

    response = StreamingHttpResponse(lines())  # first: RS101
    return response


async def visits(request):
    async def lines():
        yield "visit\n"
        request.session["visits"] = 1  # late: RS104

    return StreamingHttpResponse(lines())  # first: RS104


def hello(request):
    request.session["hello"] = True
    return HttpResponse("hello", headers={"X-Hello": "1"})


urlpatterns = [path("rows", rows), path("visits", visits), path("hello", hello)]
