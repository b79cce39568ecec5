"""A price from the cache or from its origin, whichever is faster: plain ASGI, without a framework."""

import asyncio

from prices import cached_price, current_price


async def answer_from_cache(send, item):
    price, age = await cached_price(item)
    headers = [(b"content-type", b"text/plain"), (b"age", str(age).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})  # <first>
    await send({"type": "http.response.body", "body": price.encode()})


async def answer_from_origin(send, item):
    price = await current_price(item)
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})  # <late>
    await send({"type": "http.response.body", "body": price.encode()})


async def app(scope, receive, send):
    assert scope["type"] == "http"
    item = scope["path"].rpartition("/")[2]
    answers = [asyncio.create_task(source(send, item)) for source in (answer_from_cache, answer_from_origin)]
    await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*answers)
