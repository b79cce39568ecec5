"""Quart on real servers and on its own test client: what is named when something comes too late, and silence where nothing does."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pytest
from audited import audited

import respstart
from respstart.testing import Application, Expected, IntegrationContract, Scenario, judge_findings

QUART = Application(Path(__file__).parent / "apps", "quart_app")
# Which of several returns it was is known from 3.12 on; before, the function that answers is named.
RETURN = "first" if sys.version_info >= (3, 12) else "def"
CANCELS = tuple(map(int, version("quart").split(".")[:2])) >= (0, 23)
LATE_RETURN = "late" if sys.version_info >= (3, 12) else None


def lost(rule, subject=None, **writers):
    return Expected(rule, "lost", subject, **writers)


def cut(name, rule="RS401", first="first", **facts):
    """An exception in the middle of a stream."""
    return Scenario(name, (Expected(rule, "truncated", first=first, late=facts.pop("late", "late")),), truncated=True, **facts)


def only_with_return_lines(*scenarios):
    """Before 3.12 nothing tells which of several user functions has returned the answer: a limit that the docs name."""
    return scenarios if sys.version_info >= (3, 12) else ()


def second(name, path, rule="RS201", **facts):
    """A second start, which the server refuses."""
    return Scenario(name, (Expected(rule, "raised"),), path=path, **facts)


LATE_WRITES = [
    Scenario("late_header", (lost("RS101", "x-total"),), misses=("x-total",), body=b"row 2"),
    Scenario("built_elsewhere", (lost("RS101", "x-total"),), misses=("x-total",), sees=("x-view",)),
    Scenario("own_class", (lost("RS101", "x-rows"),), misses=("x-rows",), body=b"bolt,2"),
    Scenario("own_body", (lost("RS101", "x-closed"),), misses=("x-closed",), body=b"row 2"),
    Scenario("late_status", (lost("RS102"),), body=b"failed"),
    Scenario(
        "late_status_and_header",
        (lost("RS102", late="late_status"), lost("RS101", "retry-after", late="late_header")), misses=("retry-after",),
    ),
    Scenario("late_cookie", (lost("RS103", "last_row"),)),
    Scenario("late_cookie_deleted", (lost("RS103", "basket"),)),
    Scenario("late_removal", (lost("RS101", "x-draft"),), sees=("x-draft",)),
    Scenario("late_cache_control", (lost("RS101", "cache-control"),), misses=("cache-control",)),
    Scenario("late_mimetype", (lost("RS101", "content-type"),)),
    Scenario("late_etag", (lost("RS101", "etag"),), misses=("etag",)),
    Scenario("before_first_chunk", (lost("RS101", "x-early"),), misses=("x-early",)),
    Scenario("returned_tuple", (lost("RS101", "x-late"),), status=202, misses=("x-late",), sees=("x-kind",)),
    Scenario("sync_view", (lost("RS101", "x-sync"),), misses=("x-sync",), body=b"two"),
    Scenario("sync_generator", (lost("RS103", "sync"),), body=b"one"),
    Scenario("late_in_task", (lost("RS101", "x-measured"),), misses=("x-measured",)),
    Scenario("late_in_background", (lost("RS101", "x-noted"),), misses=("x-noted",)),
    Scenario("late_in_plain_background", (lost("RS103", "noted"),)),
    Scenario("late_in_loop", (lost("RS103", "expired"),)),
    # A callback that is the header method itself: there is no line of the user's to name, and still the write is lost.
    Scenario("late_in_loop_method", (lost("RS101", "x-timer", late=None),), misses=("x-timer",)),
    Scenario("late_in_timer", (lost("RS103", "expired"),)),
    Scenario("late_in_thread", (lost("RS101", "x-weight"),), misses=("x-weight",)),
    Scenario("late_in_pool", (lost("RS102"),), body=b"done"),
    Scenario("from_handler", (lost("RS101", "retry-after"),), status=409, body=b"sold out"),
    Scenario("late_in_subrequest", (lost("RS101", "x-failed"),), body=b"plain"),
    Scenario("late_in_wrapped_body", (lost("RS101", "x-size"),), misses=("x-size",), body=b"row 2"),
    Scenario("late_in_replacement", (lost("RS101", "x-replaced"),), body=b"replaced"),
    Scenario("late_data", (lost("RS101", "content-length"),), body=b"short"),
    Scenario("late_file", (lost("RS101", "content-disposition"),), body=b"bolts"),
    Scenario("late_plain_response", (lost("RS101", "x-werkzeug"),), body=b"one"),
    Scenario("decorated_stream", (lost("RS101", "x-late"),), path="/panel/decorated_stream", sees=("x-panel",), misses=("x-late",)),
    Scenario("method_view", (lost("RS103", "counted"),), path="/panel/method_view", body=b"stock end"),
    Scenario("class_view", (lost("RS102"),), path="/panel/class_view", sees=("cache-control",)),
]
LATE_SESSIONS = [
    Scenario("late_session", (lost("RS104", "visit"),)),
    Scenario("late_history", (lost("RS104", "history"),), body=b"row 2"),
    Scenario("sync_returned", (lost("RS104", "sync", first=RETURN),)),
    Scenario("late_session_pop", (lost("RS104", "basket"),)),
    Scenario("late_session_background", (lost("RS104", "job"),)),
    Scenario("late_session_permanent", (lost("RS104", "_permanent"),)),
    Scenario("late_session_cleared", (lost("RS104", "user"),)),
    Scenario("late_flash", (lost("RS104", "_flashes"),)),
    Scenario("late_flash_read", (lost("RS104", "_flashes"),), body=b"welcome"),
    Scenario("late_template", (lost("RS104", "_flashes"),), body=b"ordered"),
    # The head has not left when a request is torn down, but the cookie is in it already.
    Scenario("late_teardown_session", (lost("RS104", "torn"),)),
    Scenario("late_callback", (lost("RS105", "mark"),), misses=("x-marked",)),
]
ERRORS = [
    cut("error_in_stream", body=b"row 1"),
    cut("error_returned", first=RETURN, body=b"row 1"),
    cut("error_plain", sees=("x-kind",)),
    cut("error_from"),
    cut("error_reraised"),
    cut("error_in_library", body=b"nut"),
    cut("error_group", body=b"prices"),
    cut("error_in_exit", body=b"row 2"),
    cut("error_before_chunk"),
    cut("sync_error", body=b"row 1"),
    cut("abort_in_stream", "RS402", body=b"page 0"),
    cut("sync_abort", "RS402", body=b"page 0"),
    cut("redirect_in_stream", "RS403", body=b"cart"),
    # Quart takes it for its own time limit, and says nothing.
    cut("timeout_in_stream", body=b"one"),
    Scenario("too_short", (Expected("RS302", "truncated", late=None),), truncated=True),
]
LAYERS = [
    Scenario("tagged", (lost("RS101", "x-total"),), path="/tag/late_header", marks="late_header", sees=("x-tag",)),
    Scenario("stamped", (lost("RS101", "x-stamp", late=None),), path="/stamp/plain", marks="plain", misses=("x-stamp",)),
    *only_with_return_lines(second("gate_plain", "/gate/plain", status=401, body=b"key?")),
    second("gate_built", "/gate/built", status=401, body=b"key?"),
    second("limit", "/limit/slow_stream", truncated=True, body=b"one"),
    # Until 0.23 Quart's view goes on when its middleware has given up, and answers in the end.
    Scenario(
        "slow_answer", () if CANCELS else (Expected("RS201", "raised", late=LATE_RETURN),), path="/limit/slow_answer",
        status=504, body=b"too slow",
    ),
    second("catch_all", "/catch/broken_stream", truncated=True, body=b"one"),
    second("retry", "/retry/busy", "RS202", status=503, body=b"busy"),
]
AUDITED = [
    audited("plain"),
    audited("plain_sync"),
    audited("plain_head", "/plain", marks="plain", method="HEAD"),
    audited("built"),
    audited("rendered"),
    audited("redirected", status=302),
    audited("aborted", status=403),
    audited("teapot", status=418),
    *only_with_return_lines(
        audited("plain_choice", status=202),
        audited("crashed", status=500),
        audited("handled_plain", status=409),
        audited("maintenance", "/plain?maintenance=1", status=503),
        audited("closed", "/panel/decorated_plain?closed=1", status=503),
        audited("panel_conflict", "/panel/conflict", status=409),
    ),
    audited("static", "/static/quart_messages.html", marks=""),
    audited("third_party", "/plain?third_party=1", marks="", status=429),
    audited("decorated_plain", "/panel/decorated_plain"),
    audited("decorated_clean", "/panel/decorated_clean"),
    audited("class_plain", "/panel/class_plain"),
    audited("method_post", "/panel/method_view", method="POST", sends=b"x"),
    audited("method_delete", "/panel/method_view", method="DELETE", status=403),
    audited("close_gate", "/close_gate/plain", status=401),
    audited("hidden", "/hide/busy", status=503),
    audited("buffered", "/buffer/plain", marks="plain"),
    audited("file"),
    audited("own_options", method="OPTIONS", status=204),
    audited("automatic_options", "/plain", marks="", method="OPTIONS"),
    audited("missing", "/nowhere", marks="", status=404),
    audited("not_allowed", "/plain", marks="", method="POST", sends=b"x=1", status=405),
    audited("slashed", marks="", status=308),
]
CLEAN = [
    Scenario("plain-clean", path="/plain", sees=("x-frame-options", "x-finished")),
    Scenario("stream", body=b"row 2"),
    Scenario("stream_head", path="/stream", method="HEAD"),
    Scenario("options", path="/plain", method="OPTIONS", sees=("allow",)),
    Scenario("wrong_method", path="/plain", method="POST", sends=b"x=1", status=405),
    Scenario("nowhere", status=404),
    Scenario("decorated_also", path="/panel/decorated_also", sees=("x-panel",)),
    Scenario("teardown_in_time", sees=("x-teardown",), body=b"row 2"),
    Scenario("callback_in_time", status=202, sees=("set-cookie",)),
    Scenario("session_in_time", sees=("set-cookie",), body=b"1/session_in_time"),
    Scenario("cached", sees=("x-hits",)),
    Scenario("cached_again", path="/cached", sees=("x-hits",)),
    Scenario("never_sent"),
    Scenario("copied"),
    Scenario("equal_write"),
    Scenario("read_late", body=b"none"),
    Scenario("caught_in_stream", body=b"error: 2"),
    Scenario("crashed_in_time", path="/crashed", status=500),
    Scenario("handled", status=410, body=b"sold out"),
    Scenario("error_in_teardown", status=500),
    Scenario("error_after_view", status=500),
    Scenario("session_decided_twice", status=500, body=b"sorry", sees=("set-cookie",)),
    Scenario("file_clean", path="/file", body=b"bolts", sees=("etag",)),
    Scenario("file_head", path="/file", method="HEAD"),
    Scenario("file_range", path="/file", headers={"Range": "bytes=0-4"}, status=206, body=b"nuts"),
    Scenario("memory_file", body=b"in memory"),
    Scenario("not_modified", headers={"If-None-Match": '"v1"'}, status=304),
    Scenario("modified", path="/not_modified", body=b"the same"),
    Scenario("no_content", status=204),
    Scenario("background"),
    Scenario("background_fails"),
    Scenario("pushed"),
    Scenario("subrequest", body=b"row 2"),
    Scenario("other_context", body=b"/plain"),
    Scenario("upload", method="POST", sends=b"name=nut", headers={"Content-Type": "application/x-www-form-urlencoded"}, status=201),
    Scenario("timed", body=b"row 2"),
    Scenario("patient", path="/patient/busy", status=503),
    Scenario("buffered_late", path="/buffer/stream", body=b"row 2"),
    Scenario("caught_early", path="/catch/plain", body=b"plain"),
    Scenario("gate_opened", path="/gate/plain", headers={"X-Key": "1"}, body=b"plain"),
]
GONE = Scenario("client_leaves", path="/endless", cut_after=3000, truncated=True)
EVERYTHING = [*LATE_WRITES, *LATE_SESSIONS, *ERRORS, *LAYERS, *AUDITED, *CLEAN, GONE]
CORE_NAMES = (
    "late_header", "late_status", "late_session", "late_callback", "late_in_task", "sync_view", "error_in_stream", "abort_in_stream",
    "stream", "teardown_in_time", "nowhere", "file_clean", "no_content", "client_leaves",
)
CORE = [scenario for scenario in EVERYTHING if scenario.name in CORE_NAMES]


def one_of_many(name):
    """One of many requests at the same time, with a late header if its name says so."""
    findings = (lost("RS101", "x-late"),) if name.startswith("late") else ()
    return Scenario(name, findings, f"/one_of_many/{name}", body=f"{name}\n".encode() * 3, marks="one_of_many")


def kept(name, number):
    """A scenario as a request of a connection that is kept."""
    return next(each for each in EVERYTHING if each.name == name).again(f"{name}-kept-{number}")


class TestQuart(IntegrationContract):
    integration = "quart"
    apps = QUART.folder
    app = QUART.module
    servers = {"uvicorn-h11": EVERYTHING, "hypercorn": EVERYTHING, "daphne": CORE, "granian-asgi": CORE}
    at_once = [one_of_many(f"{kind}-{number}") for number in range(6) for kind in ("late", "good")]
    on_one_connection = [kept(name, number) for number, name in enumerate(("late_header", "plain-clean", "late_session", "plain-clean"))]

    def test_another_request_is_late(self, visited):
        """The finding is about the response that was started, and names the request whose code came too late."""
        name = f"live-{visited.server}"
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(visited.running.ask, f"/live/{name}", request_id=name)
            poked = None
            while poked is None or poked.status == 500:  # until the first request has come so far
                poked = visited.running.ask(f"/poke/{name}", request_id=f"poke-{name}")

        assert (answer.result().body, poked.body) == (b"waiting\npoked\n", b"poked")
        findings = visited.running.findings(name)
        judge_findings(Scenario("live", (lost("RS101", "x-poked"),)), findings, visited.running.application)
        assert findings[0]["late_in"]["request"]["id"] == f"poke-{name}"
        assert visited.running.findings(f"poke-{name}", 0) == []


class TestOnHypercorn(IntegrationContract):
    """What needs more than one question."""

    integration = "quart"
    apps = QUART.folder
    app = QUART.module
    servers = {"hypercorn": [Scenario("plain-clean", path="/plain")]}

    def test_web_sockets_are_left_alone(self, visited):
        from websockets.exceptions import InvalidStatus
        from websockets.sync.client import connect

        address = f"ws://127.0.0.1:{visited.running.port}"
        with connect(f"{address}/echo", additional_headers={"X-Request-ID": "socket"}) as socket:
            socket.send("hello")
            assert socket.recv() == "echo hello"
        with pytest.raises(InvalidStatus) as refused, connect(f"{address}/denied", additional_headers={"X-Request-ID": "denied"}):
            pass
        assert refused.value.response.status_code == 403
        assert visited.running.findings("socket", 0) == visited.running.quiet("denied") == []


# ---------------------------------------------------------------- Quart's own test client
@pytest.fixture
def findings(monkeypatch):
    """respstart switched on in this process, and what it finds. The application is imported before."""
    monkeypatch.syspath_prepend(str(QUART.folder))
    import quart_app  # noqa: F401 imported before respstart is switched on, as in most test suites

    found = []
    with respstart.tracing(output="off", otel="off"):
        forget = respstart.on_finding(lambda finding: found.append(finding.to_dict()))
        yield found
        forget()


@pytest.fixture
def client(findings):
    return sys.modules["quart_app"].shop_app.test_client()


async def ask(client, path, **options):
    """One request. What the test does to its result is no finding."""
    response = await client.get(path, **options)
    response.headers["X-Test"] = "an edit of the result"
    response.status_code = 599
    await response.get_data()


TESTED = [each for each in (*LATE_WRITES, *LATE_SESSIONS, *CLEAN) if not each.sends and each.method == "GET" and each.status < 500]
CUT = [each for each in ERRORS if each.findings[0].rule.startswith("RS4") and each.name != "timeout_in_stream"]


@pytest.fixture(scope="module")
def asked():
    """What was raised, by scenario, and everything that was found: each was asked once, then what is late had its time."""
    found = []

    async def ask_all():
        raised = {}
        for each in (*TESTED, *CUT):
            try:
                await ask(sys.modules["quart_app"].shop_app.test_client(), each.url, headers={**each.headers, "X-Request-ID": each.name})
            except Exception as error:
                raised[each.name] = error
        await asyncio.sleep(0.5)
        return raised

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(QUART.folder))
        import quart_app  # noqa: F401 imported before respstart is switched on, as in most test suites
    with respstart.tracing(output="off", otel="off"):
        forget = respstart.on_finding(lambda finding: found.append(finding.to_dict()))
        raised = asyncio.run(ask_all())
        forget()
    return raised, found


@pytest.mark.parametrize("scenario", [*TESTED, *CUT], ids=lambda each: each.name)
def test_client_of_quart(asked, scenario):
    """The same findings as on a server; what broke a stream is raised."""
    raised, found = asked
    assert (scenario.name in raised) == (scenario in CUT)
    judge_findings(scenario, [each for each in found if each["request"]["id"] == scenario.name], QUART)


def test_client_of_quart_accuses_nobody_else(asked):
    _, found = asked
    assert {each["request"]["id"] for each in found} == {each.name for each in (*TESTED, *CUT) if each.findings}


def test_client_of_quart_keeps_its_cookies(findings, client):
    """The session of one request is read by the next, and each request has a record of its own."""

    async def ask_three():
        await client.get("/session_in_time")
        await client.get("/late_session_pop", headers={"X-Request-ID": "second"})
        return await (await client.get("/read_late")).get_data()

    assert b"hello" in asyncio.run(ask_three())
    assert {(each["rule"], each["request"]["id"]) for each in findings} >= {("RS104", "second")}


def test_nothing_is_found_after_the_block(findings, client):
    respstart.uninstall()
    asyncio.run(ask(client, "/late_header"))
    asyncio.run(ask(client, "/late_callback"))
    assert findings == []
