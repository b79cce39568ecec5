"""Django under ASGI on real servers: responses leave as return values, and their heads are copied before the body runs."""

from __future__ import annotations

from pathlib import Path

from audited import audited, without_refusal

from respstart.testing import Expected, IntegrationContract, Scenario


def finding(rule: str, outcome: str = "lost", subject: str | None = None) -> tuple[Expected, ...]:
    return (Expected(rule, outcome, subject),)


LATE = [
    Scenario("counted", finding("RS101", subject="x-rows"), misses=("x-rows",), sees=("x-stamp",)),
    Scenario("late_header", finding("RS101", subject="x-done"), misses=("x-done",)),
    Scenario("late_plain_header", (Expected("RS101", "lost", "x-done", late=None),), misses=("x-done",), sees=("x-plain",)),
    Scenario("early_in_generator", finding("RS101", subject="x-early"), misses=("x-early",)),
    Scenario("late_status", finding("RS102")),
    Scenario("late_cookie", finding("RS103", subject="read"), misses=("set-cookie",)),
    Scenario("late_session", finding("RS104", subject="last"), misses=("set-cookie",)),
    Scenario("late_message", finding("RS103", subject="messages"), misses=("set-cookie",)),
    Scenario("late_cookie_by_hand", finding("RS103", subject="plain"), misses=("set-cookie",)),
    Scenario("late_in_sync_stream", finding("RS101", subject="x-sync"), misses=("x-sync",)),
    Scenario("late_in_task", finding("RS101", subject="x-draft"), sees=("x-draft",)),
    Scenario("late_in_close", finding("RS101", subject="x-closed"), misses=("x-closed",)),
    Scenario("late_in_thread", finding("RS101", subject="x-thread"), misses=("x-thread",)),
    Scenario("class_based", finding("RS101", subject="x-touched"), misses=("x-touched",)),
    Scenario("own_class", finding("RS103", subject="export"), misses=("set-cookie",), sees=("content-disposition",)),
]
MORE = [
    Scenario("late_header-nested", finding("RS101", subject="x-done"), path="/outer/inner/late_header", marks="late_header"),
    Scenario(
        "late_header-gzip", finding("RS101", subject="x-done"), path="/late_header", marks="late_header",
        headers={"Accept-Encoding": "gzip"}, sees=("content-encoding",),
    ),
    Scenario("late_header-head", finding("RS101", subject="x-done"), path="/late_header", marks="late_header", method="HEAD"),
]  # fmt: skip
ERRORS = [
    Scenario("error_late", finding("RS401", "truncated"), truncated=True),
    Scenario("not_found_late", finding("RS402", "truncated"), truncated=True),
    Scenario("denied_late", finding("RS402", "truncated"), truncated=True),
]
STARTS = [Scenario("answered_twice", finding("RS201", "raised"))]
CLEAN = [
    Scenario("everything_in_time", status=201, sees=("x-one", "set-cookie")),
    *(Scenario(name) for name in ("caught_inside", "equal_write", "never_sent", "read_messages", "chatty", "plain")),
    Scenario("session_read", sees=("set-cookie",)),
    Scenario("caught_before", status=404),
    Scenario("no_content", status=204),
    Scenario("not_modified", status=304),
    Scenario("moved", status=302),
    Scenario("nowhere", status=404),
    Scenario("raised", status=404),
    Scenario("refused", status=403),
    Scenario("crashed", status=500),
    Scenario("module_level"),
    Scenario("module_level-again", path="/module_level"),
    Scenario("head", path="/chatty", method="HEAD"),
    Scenario("compressed", path="/chatty", headers={"Accept-Encoding": "gzip"}, sees=("content-encoding",)),
]
AUDITED = [
    *(audited(name) for name in ("plain", "replaced", "rendered", "shortcut", "templated", "filed")),
    *(audited(name) for name in ("decorated", "view_method", "module_level")),
    audited("plain-nested", "/outer/inner/plain", marks="plain"),
    audited("raised", status=404),
    audited("refused", status=403),
    audited("crashed", status=500),
    audited("process_exception", status=404),
    audited("closed", status=503),
    audited("redirected", status=302),
    audited("missing", "/nowhere", status=404),
    audited("no_content", status=204),
]

CORE = [*LATE[:7], *STARTS, *CLEAN[:7]]
GONE = Scenario("gone", path="/endless", cut_after=40_000, truncated=True)


def one_of_many(number):
    """One of many requests at the same time, with a late header if its number is odd."""
    findings = finding("RS101", subject=f"x-n{number}") if number % 2 else ()
    body = "".join(f"{number}:{row} " for row in range(4))
    return Scenario(f"mixed-{number}", findings, f"/mixed/{number}", body=body.encode(), marks="mixed")


class TestDjangoAsgi(IntegrationContract):
    integration = "django"
    apps = Path(__file__).parent / "apps"
    app = "django_asgi_app"
    servers = {
        "uvicorn-httptools": [*LATE, *MORE, *ERRORS, *STARTS, *CLEAN, *AUDITED],
        "uvicorn-h11": [*CORE, GONE],
        "hypercorn": CORE,
        "daphne": without_refusal(CORE),
        "gunicorn-asgi": without_refusal(CORE),
    }
    at_once = [one_of_many(number) for number in range(12)]
