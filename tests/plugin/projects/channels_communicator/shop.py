"""Consumers of Django Channels: one says more after its last word."""

import django
from channels.generic.http import AsyncHttpConsumer
from django.conf import settings

settings.configure(SECRET_KEY="not a secret")
django.setup()


class Export(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers(status=200, headers=[(b"Content-Type", b"text/plain")])  # first: RS301
        await self.send_body(b"order\n")
        await self.send_body(b"the end\n")  # late: RS301


class Hello(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(200, b"hello", headers=[(b"Content-Type", b"text/plain")])
