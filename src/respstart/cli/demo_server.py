"""The other process of `respstart demo`: uvicorn, watched by respstart, serves `shop.app` from the working directory."""

from __future__ import annotations

import socket
import sys
from pathlib import Path


def main(port: int, output: str) -> int:
    """Serve until terminated; findings go to stderr in the form `output`. The first line on stdout is the port.

    2, after one sentence on stderr, when it cannot start.
    """
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        return _fail(f"cannot listen on port {port} ({error.strerror}): choose another with --port")
    try:
        _serve(listener, output)
    except Exception as error:
        return _fail(f"the demo's server did not start: {error or type(error).__name__}")
    return 0


def _serve(listener: socket.socket, output: str) -> None:
    import uvicorn

    import respstart

    problem = respstart.install(output=output, otel="off").problem
    if problem:
        raise RuntimeError(problem)
    sys.path.insert(0, str(Path.cwd()))
    server = uvicorn.Server(uvicorn.Config("shop:app", log_level="critical", lifespan="off"))
    print(listener.getsockname()[1], flush=True)
    server.run(sockets=[listener])


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
