"""Starlette with StarletteInstrumentor, and a part of the request that has a span of its own."""

from opentelemetry import trace
from opentelemetry.instrumentation.starlette import StarletteInstrumentor
from sdk import set_up, switch_on_at_last
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

set_up()


class Audit:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        with trace.get_tracer("shop").start_as_current_span("audit"):
            await self.app(scope, receive, send)


async def streamed(request):
    async def rows():
        yield "id\n"
        response.headers["X-Rows"] = "1"  # <streamed:late>
        yield "1\n"

    response = StreamingResponse(rows())  # <streamed:first>
    return response


async def clean(request):
    return PlainTextResponse("goods")


app = Starlette(routes=[Route("/streamed", streamed), Route("/clean", clean)], middleware=[Middleware(Audit)])
StarletteInstrumentor.instrument_app(app)
switch_on_at_last()
