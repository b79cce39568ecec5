"""Django with DjangoInstrumentor, whose middleware ends the span before the body is iterated."""

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from opentelemetry.instrumentation.django import DjangoInstrumentor
from sdk import set_up, switch_on_at_last

set_up()
settings.configure(SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[], DEBUG=False)
DjangoInstrumentor().instrument()
django.setup()


def streamed(request):
    def rows():
        yield b"id\n"
        response.headers["X-Rows"] = "1"  # <streamed:late>
        yield b"1\n"

    response = StreamingHttpResponse(rows())  # <streamed:first>
    return response


def clean(request):
    return HttpResponse("goods")


urlpatterns = [path("streamed", streamed), path("clean", clean)]
app = get_wsgi_application()
switch_on_at_last()
