import multiprocessing
from wsgiref.simple_server import make_server

import pytest
from shop import app


@pytest.fixture(scope="session")
def url():
    server = make_server("127.0.0.1", 0, app)
    process = multiprocessing.get_context("fork").Process(target=server.serve_forever)
    process.start()
    yield f"http://127.0.0.1:{server.server_port}"
    process.terminate()
    process.join()
    server.server_close()
