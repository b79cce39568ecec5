from aiohttp.test_utils import AioHTTPTestCase, make_mocked_request
from shop import hello, make_app


class ShopCase(AioHTTPTestCase):
    async def get_application(self):
        return make_app()

    async def test_ticks(self):  # finds RS103
        response = await self.client.get("/ticks")
        self.assertEqual(await response.text(), "tick\n")

    async def test_export(self):  # finds RS101
        response = await self.client.get("/export")
        self.assertEqual(response.status, 200)

    async def test_hello(self):
        response = await self.client.get("/hello")
        self.assertEqual(await response.json(), {"hello": "you"})

    async def test_a_handler_itself(self):
        response = await hello(make_mocked_request("GET", "/hello"))
        response.headers["X-Mine"] = "what a test does to its result"
        self.assertEqual(response.status, 200)
