"""The contract of the integration: on every server the right lines, and silence where nothing is wrong."""

from __future__ import annotations

from pathlib import Path

from respstart.testing import Expected, IntegrationContract, Scenario


def busy(name):
    """One of many requests at the same time, with a late header if its name says so."""
    findings = (Expected("RS101", "lost", "x-busy"),) if name.startswith("late") else ()
    return Scenario(name, findings, path=f"/busy?{name}", body=f"{name}\n".encode() * 3, marks="busy")


LATE = [
    Scenario("late_header", (Expected("RS101", "lost", "x-total"),), misses=("x-total",)),
    Scenario("late_removal", (Expected("RS101", "lost", "x-draft"),), sees=("x-draft",)),
    Scenario("late_status", (Expected("RS102", "lost"),), body=b"bolts"),
    Scenario("late_in_thread", (Expected("RS101", "lost", "x-measured"),), misses=("x-measured",), body=b"nuts"),
]
ERRORS = [
    Scenario("error_in_stream", (Expected("RS401", "truncated"),), truncated=True, body=b"bolts"),
    Scenario("refused_in_stream", (Expected("RS402", "truncated"),), truncated=True, body=b"bolts"),
]
CLEAN = [
    Scenario("text", body=b"bolts"),
    Scenario("in_time", status=201, sees=("x-total",)),
    Scenario("refused", status=403),
    Scenario("never_sent", body=b"bolts"),
    Scenario("nowhere", status=404),
    Scenario("head", path="/text", method="HEAD"),
]
# What the table says that it cannot detect.
LIMITS = [Scenario("late_in_fields", (Expected("RS101", "lost", "x-total", late=None),), misses=("x-total",))]
GONE = Scenario("gone", path="/endless", cut_after=5000, truncated=True)


class TestWren(IntegrationContract):
    integration = "wren"
    apps = Path(__file__).parent / "apps"
    app = "wren_app"
    servers = {
        "waitress": [*LATE, *ERRORS, *CLEAN, *LIMITS, GONE],
        # It speaks HTTP/1.0: an answer that was cut looks complete.
        "wsgiref": [*LATE, *(each.but(truncated=False) for each in ERRORS), *CLEAN],
    }
    at_once = [busy(f"{kind}-{number}") for number in range(4) for kind in ("late", "good")]
    on_one_connection = [LATE[0].again("kept-1"), CLEAN[0].again("kept-2")]
