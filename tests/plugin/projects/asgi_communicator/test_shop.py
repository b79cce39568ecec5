import shop
from asgiref.testing import ApplicationCommunicator


async def messages(application, number):
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request", "body": b""})
    received = [await communicator.receive_output() for _ in range(number)]
    await communicator.wait()
    return received


async def test_twice():  # finds RS201
    assert (await messages(shop.twice, 3))[1]["status"] == 404


async def test_footed():  # finds RS301
    assert (await messages(shop.footed, 3))[2]["body"] == b"the end\n"


async def test_hello():
    assert (await messages(shop.hello, 2))[1]["body"] == b"hello\n"
