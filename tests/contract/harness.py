"""Real servers in subprocesses, a client on a raw socket, and what respstart wrote about each request.

A test module names an application (`apps/<name>_app.py`, whose helper modules are `apps/<name>_*.py`), a server and a table
of scenarios. Lines of the application carry the expectation: `# <scenario:first>` and `# <scenario:late>`, several where
several lines would do.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
APPS = HERE / "apps"
PATIENCE = 30.0
SETTLE = 0.6

WSGI_SERVERS = ("wsgiref", "werkzeug", "runserver", "gunicorn-sync", "gunicorn-gthread", "waitress", "hypercorn-wsgi")
ASGI_SERVERS = ("uvicorn-h11", "uvicorn-httptools", "hypercorn", "daphne")


# ---------------------------------------------------------------- what a scenario expects
@dataclass(frozen=True)
class Expected:
    """One finding. `first` and `late` are the names of markers; None: nobody may be named."""

    rule: str
    outcome: str
    subject: str | None = None
    first: str | None = "first"
    late: str | None = "late"


@dataclass(frozen=True)
class Scenario:
    """One request to one route, what the client must see of it, and the findings: none for a clean one.

    `sees` and `misses` are names of response headers; `body` is a part of the body.
    """

    name: str
    *_findings: Any = ()
