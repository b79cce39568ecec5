import os
import socket
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "uvicorn", "shop:app", "--log-level", "error"]


@pytest.fixture(scope="session")
def url():
    listener = socket.create_server(("127.0.0.1", 0))
    process = subprocess.Popen(
        [*COMMAND, "--fd", str(listener.fileno())], pass_fds=[listener.fileno()], cwd=os.path.dirname(__file__)
    )
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    process.terminate()
    process.wait()
    listener.close()
