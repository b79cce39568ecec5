from shop import make_app
from tornado.testing import AsyncHTTPTestCase, gen_test


class ShopCase(AsyncHTTPTestCase):
    def get_app(self):
        return make_app()

    def test_export(self):  # finds RS102
        response = self.fetch("/export")
        self.assertEqual((response.code, response.body), (200, b"order\n"))

    def test_count(self):  # finds RS101
        self.assertEqual(self.fetch("/count").body, b"1\n")

    @gen_test
    async def test_count_in_a_coroutine(self):  # finds RS101
        response = await self.http_client.fetch(self.get_url("/count"))
        self.assertNotIn("X-Count", response.headers)

    def test_hello(self):
        self.assertEqual(self.fetch("/hello").headers["X-Hello"], "1")
