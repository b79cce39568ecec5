"""A plain WSGI application in OpenTelemetry's middleware, whose span records until the body is closed."""

from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from sdk import set_up, switch_on_at_last

set_up()


def shop(environ, start_response):
    headers = [("Content-Type", "text/plain")]
    start_response("200 OK", headers)  # <edited:first>
    yield b"goods"
    if environ["PATH_INFO"] == "/edited":
        start_response("500 Sorry", headers)  # <edited:late>


app = OpenTelemetryMiddleware(shop)
switch_on_at_last()
