"""The options, the configuration file, the report and the baseline."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.once

LATE = """
def test_late(client):
    client.get("/export").text


def test_fine(client):
    client.get("/").text
"""


@pytest.mark.parametrize(("value", "failed"), [("none", 0), ("all", 1), ("RS103", 1), ("late-cookie,RS4", 1), ("RS2,late-session", 0)])
def test_fail_on(traced, value, failed):
    traced(f"--response-start-fail-on={value}", test_late=LATE).assert_outcomes(passed=2 - failed, failed=failed)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--trace-response-start", "--response-start-fail-on=RS103,late-cokie"], "--response-start-fail-on: there is no rule 'late-cokie', the nearest is late-cookie"),
        (["--trace-response-start", "--response-start-report=report.pdf"], "--response-start-report: 'report.pdf' does not tell a format; *.jsonl*"),
        (["--trace-response-start", "--response-start-baseline=known.json"], "there is no baseline *known.json; --response-start-update-baseline writes it"),
        (["--trace-response-start", "--response-start-update-baseline"], "--response-start-update-baseline needs --response-start-baseline=FILE"),
        (["--response-start-fail-on=RS1"], "--response-start-fail-on needs --trace-response-start (or trace_response_start = true)"),
        (["--response-start-update-baseline"], "--response-start-update-baseline needs --trace-response-start *"),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_anything_runs(run, arguments, complaint):
    result = run(*arguments, test_late=LATE)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {complaint}"])
    assert "INTERNALERROR" not in str(result.stderr) + str(result.stdout)


def test_mistakes_in_the_settings_of_respstart_are_told(traced, pytester):
    pytester.makepyprojecttoml("[tool.respstart]\nignroe = ['RS1']\n")
    result = traced(test_late=LATE)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'ignroe' in [[]tool.respstart[]] of *: there is no such setting; the nearest is ignore"])


def test_the_settings_of_the_project_hold_but_none_disturbs(traced, pytester):
    pytester.makepyprojecttoml('[tool.respstart]\nignore = ["RS103"]\nmode = "raise"\noutput = "json"\nfile = "all.jsonl"\nsample = 0.0\n')
    result = traced("-s", test_late=LATE + '\n\ndef test_error(client):\n    try:\n        client.get("/fails").text\n    except RuntimeError:\n        pass\n')
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_late.py::test_error - LateMutation: RS401 *"])
    assert '"rule"' not in str(result.stdout) + str(result.stderr)
    assert not (pytester.path / "all.jsonl").exists()


@pytest.mark.parametrize("form", ["ini", "pyproject"])
def test_the_configuration_file(run, pytester, form):
    if form == "ini":
        pytester.makeini("[pytest]\ntrace_response_start = true\nresponse_start_ignore = RS4 late-session\nresponse_start_fail_on = RS103,RS401")
    else:
        pytester.makepyprojecttoml(
            "[tool.pytest.ini_options]\ntrace_response_start = true\nresponse_start_ignore = ['RS4,late-session']\nresponse_start_fail_on = ['RS103', 'RS401']\n"
        )
    tests = LATE + "\n\ndef test_error(client):\n    try:\n        client.get('/fails').text\n    except RuntimeError:\n        pass\n"
    result = run(test_late=tests)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["respstart: *; findings of RS103, RS401 fail a test"])
    run("--response-start-fail-on=none", test_late=tests).assert_outcomes(passed=3)
    off = run("--no-trace-response-start", test_late=tests)
    off.assert_outcomes(passed=3)
    assert "respstart:" not in str(off.stdout)


@pytest.mark.parametrize("name", ["all.jsonl", "all.json", "all.sarif", "all.xml", "all.txt"])
def test_the_report(traced, pytester, name):
    result = traced(f"--response-start-report={name}", "--response-start-fail-on=none", test_late=LATE)
    result.stdout.fnmatch_lines([f"report: *{name}"])
    text = (pytester.path / name).read_text()
    assert "RS103" in text
    assert "test_late.py::test_late" in text
    if name == "all.jsonl":
        assert [json.loads(line)["test"] for line in text.splitlines()] == ["test_late.py::test_late"]


def test_a_report_without_findings_is_written_too(traced, pytester):
    traced("--response-start-report=all.jsonl", "-k", "fine", test_late=LATE).assert_outcomes(passed=1, deselected=1)
    assert (pytester.path / "all.jsonl").read_text() == ""


def test_a_report_that_cannot_be_written_fails_the_run(traced):
    result = traced("--response-start-report=nowhere/all.jsonl", "-k", "fine", test_late=LATE)
    result.assert_outcomes(passed=1, deselected=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["a file could not be written: *nowhere/all.jsonl*"])


def test_the_baseline(traced, pytester):
    written = traced("--response-start-baseline=known.json", "--response-start-update-baseline", test_late=LATE)
    written.assert_outcomes(passed=2)
    assert written.ret == 0
    written.stdout.fnmatch_lines(["not shown: 1 known", "baseline: 1 finding written to *known.json"])
    known = json.loads((pytester.path / "known.json").read_text())
    assert known == {"respstart_baseline": 1, "findings": [{
        "rule": "RS103", "name": "late-cookie", "subject": "last_export", "started_by": "shop.py export", "changed_by": "shop.py remember",
        "fingerprint": known["findings"][0]["fingerprint"],
    }]}  # fmt: skip
    again = traced("--response-start-baseline=known.json", "-n2", test_late="# moved\n\n" + LATE, test_new=LATE.replace("export", "fails"))
    again.assert_outcomes(passed=3, failed=1)
    again.stdout.fnmatch_lines(["respstart: *; 1 known finding in *known.json", "RS401 *", "not shown: 1 known"])


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"respstart_baseline": 2, "findings": []}', '{"respstart_baseline": 1, "findings": [3]}'])
def test_a_broken_baseline_is_told(traced, pytester, content):
    (pytester.path / "known.json").write_text(content)
    result = traced("--response-start-baseline=known.json", test_late=LATE)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *known.json *respstart*"])


def test_the_baseline_of_the_configuration_file_lies_beside_it(run, pytester):
    pytester.makeini("[pytest]\ntrace_response_start = true\nresponse_start_baseline = known.json")
    run("--response-start-update-baseline", test_late=LATE).assert_outcomes(passed=2)
    folder = pytester.mkdir("below")
    (folder / "test_below.py").write_text(LATE)
    pytester.chdir()
    import os

    os.chdir(folder)
    pytester.runpytest_subprocess("-p", "respstart.pytest_plugin", "..").assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ('expect="RS999"', "*test_late.py::test_late: @pytest.mark.respstart(expect=...): there is no rule 'RS999', the nearest is *"),
        ('expct="RS103"', "*test_late.py::test_late: @pytest.mark.respstart has no argument expct; it has expect=... and ignore=..."),
        ('"RS103"', "*test_late.py::test_late: @pytest.mark.respstart has no argument 'RS103'; it has expect=... and ignore=..."),
        ("ignore=103", "*test_late.py::test_late: @pytest.mark.respstart(ignore=...): 103 is neither a rule nor a list of rules*"),
    ],
)
def test_mistakes_in_markers_are_told_before_the_first_test(traced, marker, complaint):
    result = traced(test_late=f"import pytest\n\n\n@pytest.mark.respstart({marker})\ndef test_late():\n    pass\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {complaint}"])


def test_the_project_under_test_is_the_users_code_where_it_is_installed(traced, shop, pytester, monkeypatch):
    site = pytester.mkdir("site-packages")
    (site / "shopkeeper").mkdir()
    (site / "shopkeeper" / "__init__.py").write_text(shop)
    (site / "shopkeeper-1.0.dist-info").mkdir()
    (site / "shopkeeper-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: shopkeeper\nVersion: 1.0\n")
    (site / "shopkeeper-1.0.dist-info" / "RECORD").write_text("shopkeeper/__init__.py,,\nshopkeeper-1.0.dist-info/METADATA,,\n")
    monkeypatch.setenv("PYTHONPATH", str(site))
    test = "import shopkeeper\n\n\ndef test_late():\n    shopkeeper.app.test_client().get('/export').text\n"
    foreign = traced(test_late=test)
    foreign.stdout.fnmatch_lines(["FAILED test_late.py::test_late - LateMutation: RS103 *"])
    pytester.makepyprojecttoml('[project]\nname = "shopkeeper"\n')
    own = traced(test_late=test)
    own.stdout.fnmatch_lines(["FAILED test_late.py::test_late - LateMutation: RS103 late-cookie: started */shopkeeper/__init__.py:* export; changed *__init__.py:* remember"])
    own.stdout.fnmatch_lines(["  changed by *shopkeeper/__init__.py:* in remember  (explicit)"])
    foreign.stdout.no_fnmatch_line("  changed by *shopkeeper/__init__.py:* in remember  (explicit)")
