"""Falcon on real ASGI servers."""

from __future__ import annotations

from falcon_scenarios import CLEAN, ERRORS, GONE, LAYERS, STARTS, WRITES, Falcon, core, cut, late, second

from respstart.testing import IntegrationContract, Scenario

ONLY_WRITES = [
    late("late_in_task", "RS102"),
    late("late_in_schedule", "RS101", "x-job", misses=("x-job",)),
    late("late_in_schedule_sync", "RS103", "booked"),
    late("late_in_executor", "RS102"),
    late("late_event", "RS103", "last_event", body=b"two"),
]
ONLY_ERRORS = [
    cut("error_before_first_chunk"),
    cut("error_in_event", body=b"one"),
    cut("error_in_group", body=b"row 1"),
]
ONLY_CLEAN = [Scenario("events", body=b"2"), Scenario("scheduled")]
# Under ASGI a second start comes when the client has had the first response.
STATUSES = {
    "limit_empty": 202, "limit_raised": 410, "limit_redirect": 301, "limit_translated": 410, "limit_crashed": 500, "limit_handled": 403,
    "early_error": 503, "error_in_way_out": 409, "by_framework_404": 404, "by_framework_405": 405, "cascade": 404, "retry": 503,
}  # fmt: skip
EVERYTHING = [
    *WRITES, *ONLY_WRITES, *ERRORS, *ONLY_ERRORS, *CLEAN, *ONLY_CLEAN, GONE,
    *(
        each.but(status=STATUSES.get(each.name, 200))
        for each in (*STARTS, second("limit_events"), *LAYERS)
        if each.name not in ("limit_head", "limit_raised_elsewhere")
    ),
]  # fmt: skip


class TestFalconAsgi(Falcon, IntegrationContract):
    app = "falcon_asgi_app"
    # daphne lets the client of a cut answer wait.
    servers = {
        "uvicorn-h11": EVERYTHING,
        "hypercorn": EVERYTHING,
        "daphne": [each for each in core(EVERYTHING) if not each.truncated or each is GONE],
    }
