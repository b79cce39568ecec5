"""Falcon on real WSGI servers."""

from __future__ import annotations

from falcon_scenarios import CLEAN, ERRORS, GONE, LAYERS, STARTS, WRITES, Falcon, core, late, lost

from respstart.testing import Expected, IntegrationContract, Scenario

ONLY_WRITES = [
    late("late_in_close", "RS101", "x-count"),
    late("late_in_pool", "RS102"),
    late("late_in_subrequest", "RS101", "x-failed", body=b"plain"),
]
LENGTHS = [
    Scenario("too_short", (Expected("RS302", "truncated", late=None),), truncated=True),
    Scenario("too_long", (lost("RS302"),)),
]
ONLY_CLEAN = [Scenario("error_before_first_chunk", status=500), Scenario("file_like", body=b"bolts")]
EVERYTHING = [*WRITES, *ONLY_WRITES, *ERRORS, *LENGTHS, *STARTS, *LAYERS, *CLEAN, *ONLY_CLEAN, GONE]


class TestFalcon(Falcon, IntegrationContract):
    app = "falcon_app"
    # wsgiref speaks HTTP/1.0: an answer that was cut looks complete.
    servers = {
        "waitress": EVERYTHING,
        "gunicorn-gthread": EVERYTHING,
        "wsgiref": [each.but(truncated=False) for each in core(EVERYTHING)],
        "cheroot": core(EVERYTHING),
    }
