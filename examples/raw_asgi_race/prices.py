"""Where prices come from; the origin is slower than the cache."""

import asyncio


async def cached_price(item):
    return "24.00\n", 60


async def current_price(item):
    await asyncio.sleep(0.05)
    return "25.50\n"
