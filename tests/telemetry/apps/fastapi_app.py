"""FastAPI with FastAPIInstrumentor: the span records while the body is streamed, and has ended when a background task runs."""

from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from sdk import set_up, switch_on_at_last

set_up()
app = FastAPI()


@app.get("/streamed")
async def streamed():
    async def rows():
        yield "id\n"
        response.headers["X-Rows"] = "1"  # <streamed:late>
        yield "1\n"

    response = StreamingResponse(rows())  # <streamed:first>
    return response


@app.get("/background")
async def background(tasks: BackgroundTasks):
    tasks.add_task(send_mail)
    return {"ordered": True}  # <background:first>


def send_mail():
    raise LookupError("no such customer")  # <background:late>


@app.get("/clean")
async def clean():
    return {}


FastAPIInstrumentor.instrument_app(app)
switch_on_at_last()
