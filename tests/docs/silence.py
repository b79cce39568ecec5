"""What servers and frameworks say about what comes too late: `python tests/docs/silence.py` measures it and writes the tables of the page.

Servers are asked here, without respstart. What frameworks do is what their contract tests expect, on real servers.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from docs.narrated import DOCS, ROOT, Reader
from respstart.testing import SERVERS, client

PAGE = DOCS / "explanation" / "silence.md"
APPS = Path(__file__).parent / "apps"
WSGI = ("wsgiref", "werkzeug", "runserver", "gunicorn-sync", "waitress", "cheroot", "granian-wsgi", "hypercorn-wsgi", "tornado-wsgi", "uvicorn-wsgi")
ASGI = ("uvicorn-httptools", "hypercorn", "daphne", "granian-asgi", "gunicorn-asgi")
FRAMEWORKS = (
    "flask", "django", "starlette", "fastapi", "aiohttp", "tornado", "sanic", "quart", "litestar", "falcon", "pyramid", "bottle", "cherrypy", "webpy",
)  # fmt: skip
LATE = {"a header": "RS101", "the status": "RS102", "a cookie": "RS103", "the session": "RS104"}
SAID = {"lost": "silent", "raised": "raises"}


def with_tables(page: str) -> str:
    """The page with its tables made anew."""
    for marker, lines in (("frameworks", frameworks()), ("servers", servers())):
        table = "\n".join([*lines, ""])
        page = re.sub(rf"(<!-- {marker}:start -->\n).*?(<!-- {marker}:end -->)", lambda found, table=table: found[1] + table + found[2], page, flags=re.DOTALL)
    return page


def frameworks() -> Iterator[str]:
    """A framework in each row, and what it says when its response is changed too late."""
    sys.path.insert(0, str(ROOT / "tests" / "contract"))
    from support import contracts

    outcomes = defaultdict(set)
    for contract in contracts():
        for server in contract.servers:
            for scenario in contract.scenarios(server):
                for each in scenario.findings:
                    outcomes[contract.integration, each.rule].add(SAID.get(each.outcome, each.outcome))
    yield f"| framework | {' | '.join(LATE)} |"
    yield "|---" * (len(LATE) + 1) + "|"
    for name in FRAMEWORKS:
        yield f"| {name} | {' | '.join(' or '.join(sorted(outcomes[name, rule])) or '-' for rule in LATE.values())} |"


def servers() -> Iterator[str]:
    """A server in each row, and what it says to the application, to the client and to its log."""
    yield "| server | second start raises | the client gets | after the exception it has | logged |"
    yield "|---|---|---|---|---|"
    with ThreadPoolExecutor(3) as pool:
        yield from pool.map(_row, WSGI + ASGI)


def _row(server: str) -> str:
    with tempfile.TemporaryDirectory() as name, Reader(Path(name)) as reader:
        module = "silent_wsgi" if server in WSGI else "silent_asgi"
        shutil.copy(APPS / f"{module}.py", name)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RESPSTART")}
        path = os.pathsep.join([name, environment.get("PYTHONPATH", "")])
        reader.serve(SERVERS[server].argv(module, reader.port), {**environment, "HOME": name, "PYTHONPATH": path})
        second = client.ask(reader.port, "/second_start")
        error = client.ask(reader.port, "/error_after_start")
        raised = Path(name, "raised")
        call = f"`{raised.read_text()}`" if raised.exists() else "nothing"
        reader.close()  # the server has said all
        logged = "yes" if "LookupError" in reader.log.read_text(encoding="utf-8") else "no"
    winner = "the first" if second.status == 200 else "the second"
    end = "nothing" if error.status is None else "a cut answer" if error.truncated else "what looks complete"
    return f"| {server} | {call} | {winner} | {end} | {logged} |"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
