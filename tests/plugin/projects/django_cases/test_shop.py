import urllib.request

from django.test import LiveServerTestCase, SimpleTestCase, TestCase


class Simple(SimpleTestCase):
    def test_rows(self):  # finds RS101
        response = self.client.get("/rows")
        self.assertEqual(response.getvalue(), b"row 0\nrow 1\n")

    def test_rows_although_the_header_is_there(self):  # finds RS101
        response = self.client.get("/rows")
        self.assertTrue(response.getvalue())
        self.assertEqual(response["X-Rows"], "2")

    async def test_visits(self):  # finds RS104
        response = await self.async_client.get("/visits")
        self.assertEqual([chunk async for chunk in response], [b"visit\n"])

    def test_hello(self):
        response = self.client.get("/hello")
        response["X-Mine"] = "what a test does to its result"
        self.assertContains(response, "hello")

    async def test_hello_async(self):
        response = await self.async_client.get("/hello")
        self.assertContains(response, "hello")


class WithData(TestCase):
    def test_rows_in_a_transaction(self):  # finds RS101
        self.assertEqual(b"".join(self.client.get("/rows")), b"row 0\nrow 1\n")


class Live(LiveServerTestCase):
    def fetch(self, path):
        with urllib.request.urlopen(f"{self.live_server_url}{path}", timeout=30) as response:
            return response.read()

    def test_rows_live(self):  # finds RS101
        self.assertEqual(self.fetch("/rows"), b"row 0\nrow 1\n")

    def test_rows_live_once_more(self):  # finds RS101
        self.assertEqual(self.fetch("/rows"), b"row 0\nrow 1\n")

    def test_hello_live(self):
        self.assertEqual(self.fetch("/hello"), b"hello")
