"""A Django application whose streams fail."""

import django
import log_lines
from django.conf import settings

settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="none", ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None)
django.setup()
log_lines.configure()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import StreamingHttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


def stream(request):
    def rows():
        yield "one"
        raise KeyError("two")

    return StreamingHttpResponse(rows())  # <stream:first>


def before(request):
    raise KeyError("nothing was started")


urlpatterns = [path("stream", stream), path("before", before)]
app = get_wsgi_application()
