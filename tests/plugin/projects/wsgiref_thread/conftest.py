import threading
from wsgiref.simple_server import make_server

import pytest
from shop import app


@pytest.fixture(scope="session")
def url():
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
