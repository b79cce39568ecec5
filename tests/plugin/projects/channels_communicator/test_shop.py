from channels.testing import HttpCommunicator
from shop import Export, Hello


async def test_export():  # finds RS301
    communicator = HttpCommunicator(Export.as_asgi(), "GET", "/export")
    assert (await communicator.get_response())["body"] == b"order\n"


async def test_hello():
    response = await HttpCommunicator(Hello.as_asgi(), "GET", "/hello").get_response()
    assert response["body"] == b"hello"
