import unittest

from shop import app


class ShopCase(unittest.TestCase):
    def setUp(self):
        self.client = app.test_client()

    def test_report(self):  # finds RS101
        self.assertEqual(self.client.get("/report").text, "row 0\n")

    def test_reports(self):  # finds RS101
        for number in range(3):
            with self.subTest(number=number):
                self.assertEqual(self.client.get("/report").text, "row 0\n")

    def test_hello(self):
        self.assertEqual(self.client.get("/hello").headers["X-Hello"], "1")


class AsyncCase(unittest.IsolatedAsyncioTestCase):
    async def test_report_async(self):  # finds RS101
        self.assertEqual(app.test_client().get("/report").text, "row 0\n")

    async def test_hello_async(self):
        self.assertEqual(app.test_client().get("/hello").text, "hello")
