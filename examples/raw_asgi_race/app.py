"""A price from the cache or from its origin, whichever is faster: plain ASGI, without a framework."""

import asyncio

from prices import cached_price, current_price


async def respond(send, text):
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


async def answer_from_cache(send, item):
    await respond(send, await cached_price(item))  # <first>


async def answer_from_origin(send, item):
    await respond(send, await current_price(item))  # <late>


async def app(scope, receive, send):
    assert scope["type"] == "http"
    item = scope["path"].rpartition("/")[2]
    answers = [asyncio.create_task(source(send, item)) for source in (answer_from_cache, answer_from_origin)]
    await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*answers)
