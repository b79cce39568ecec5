import multiprocessing

import pytest
import shop

multiprocessing.set_start_method("fork")  # as the plugin needs it


@pytest.fixture(scope="session")
def app():
    shop.app.config["SERVER_NAME"] = "localhost"
    return shop.app
