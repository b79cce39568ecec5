"""The commands, as a user types them."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from respstart import cli
from respstart.rules import RULES

PYTHON = sys.executable
APP = """\
import os, sys
print(sys.argv[1:], os.environ["RESPSTART"], os.environ.get("RESPSTART_OUTPUT"), "respstart.autostart" in sys.modules)
sys.exit(7)
"""


@pytest.fixture
def clean(monkeypatch):
    """No RESPSTART setting of the machine."""
    for name in list(os.environ):
        if name.startswith("RESPSTART"):
            monkeypatch.delenv(name)


@pytest.fixture
def project(tmp_path, monkeypatch, clean):
    """A folder with a small program, and nothing of ours."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def respstart(*arguments, **options):
    command = [PYTHON, "-m", "respstart", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **options)


def with_nobody_reading(*arguments):
    """The command, writing into a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [PYTHON, "-m", "respstart", *arguments]
    try:
        return subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    finally:
        os.close(writer)


SEVERAL_DOCTORS = """
import contextlib, io, json, os, sys
from respstart import cli

told = []
for arguments, variables in json.load(sys.stdin):
    os.environ.update(variables)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        cli.main(["doctor", *arguments])
    told.append(out.getvalue())
    for name in variables:
        del os.environ[name]
json.dump(told, sys.stdout)
"""


def doctors(*asked):
    """What `respstart doctor` prints for each `(arguments, settings)`, from one process, since it imports all frameworks that are installed."""
    cases = [(arguments, {f"RESPSTART_{name}": value for name, value in chosen.items()}) for arguments, chosen in asked]
    done = subprocess.run(
        [PYTHON, "-c", SEVERAL_DOCTORS], input=json.dumps(cases), capture_output=True, text=True, encoding="utf-8", check=True,
        env={**os.environ, "COLUMNS": "120"},
    )  # fmt: skip
    return json.loads(done.stdout)


def test_no_command_is_a_usage_error(clean):
    """`respstart` alone tells its commands."""
    result = respstart()

    assert result.returncode == 2
    assert "COMMAND" in result.stderr


class TestRun:
    """`respstart run`."""

    @pytest.mark.parametrize("command", [["app.py"], [PYTHON, "app.py"], ["-m", "app"], ["--", "app.py"]])
    def test_switches_on_and_becomes_the_command(self, project, command):
        """The start-up file is read, the arguments and the exit code are the command's."""
        result = respstart("run", "--output", "plain", *command, "--port", "1")

        assert result.stdout == "['--port', '1'] 1 plain True\n"
        assert result.returncode == 7

    def test_script_with_a_first_line(self, project):
        """A console script runs in the Python that it names."""
        script = project / "serve"
        script.write_text(f"#!{PYTHON}\n{APP}", encoding="utf-8")
        script.chmod(0o755)

        result = respstart("run", script)

        assert (result.stdout, result.returncode) == ("[] 1 None True\n", 7)

    def test_unknown_command(self, project):
        """A sentence, and 2."""
        result = respstart("run", "no-such-command")

        assert (result.stderr, result.returncode) == ("respstart: there is no command 'no-such-command'\n", 2)

    def test_nothing_to_run(self, project):
        """The three ways to say what."""
        result = respstart("run")

        assert result.returncode == 2
        assert "respstart run -m MODULE" in result.stderr

    def test_wrong_setting(self, project):
        """Found before the command starts."""
        result = respstart("run", "--sample", "lots", "app.py")

        assert (result.stdout, result.returncode) == ("", 2)
        assert "RESPSTART_SAMPLE" in result.stderr

    def test_python_without_the_startup_file(self, project):
        """An interpreter that RESPSTART=1 does not reach is named, with what to do."""
        bare = project / "bare"
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", bare], check=True)

        result = respstart("run", bare / "bin" / "python", "app.py")

        assert (result.stdout, result.returncode) == ("", 2)
        assert f"{bare}/bin/python -m pip install respstart" in result.stderr


class TestExplain:
    """`respstart explain`."""

    @pytest.mark.parametrize("name", ["RS103", "rs103", "late-cookie"])
    def test_page_for_a_terminal(self, name, capsys):
        """No Markdown left, and the code indented."""
        assert cli.main(["explain", name]) == 0

        out = capsys.readouterr().out
        assert out.startswith("RS103 late-cookie\n=================\n")
        assert "\nFix\n---\n" in out
        assert "\n    from starlette.applications import Starlette\n" in out
        assert "```" not in out

    def test_page_as_markdown(self, capsys):
        """As shipped."""
        assert cli.main(["explain", "RS103", "--format", "md"]) == 0
        assert capsys.readouterr().out.startswith("# RS103 late-cookie\n")

    def test_page_as_json(self, capsys):
        """The row of the table and the page."""
        assert cli.main(["explain", "RS103", "--format", "json"]) == 0

        data = json.loads(capsys.readouterr().out)
        assert (data["code"], data["slug"], data["level"]) == ("RS103", "late-cookie", "error")
        assert data["page"].startswith("# RS103")

    @pytest.mark.parametrize("form", ["text", "md", "json"])
    def test_list(self, form, capsys):
        """Every rule, in every form."""
        assert cli.main(["explain", "--format", form]) == 0

        out = capsys.readouterr().out
        assert [code for code in RULES if code in out and RULES[code].slug in out] == list(RULES)

    @pytest.mark.parametrize(("name", "near"), [("RS110", "RS10"), ("late-cokie", "late-cookie"), ("Late_Cookie", "late-cookie")])
    def test_unknown_rule_names_the_nearest(self, name, near, capsys):
        """A typing error is answered with what was probably meant."""
        assert cli.main(["explain", name]) == 2

        captured = capsys.readouterr()
        assert captured.out == ""
        assert f"there is no rule {name!r}: did you mean" in captured.err
        assert near in captured.err

    def test_unknown_rule_far_from_all(self, capsys):
        """Nothing near: the way to the list."""
        assert cli.main(["explain", "xyz"]) == 2
        assert "lists them all" in capsys.readouterr().err

    def test_broken_pipe(self, clean):
        """`respstart explain RS103 | head -0` is quiet."""
        result = with_nobody_reading("explain", "RS103")

        assert (result.stderr, result.returncode) == ("", 0)


class TestSchema:
    """`respstart schema`."""

    def test_prints_the_schema(self, capsys):
        """JSON, of the dialect that it says."""
        assert cli.main(["schema"]) == 0
        assert json.loads(capsys.readouterr().out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


class TestDoctor:
    """`respstart doctor`."""

    def test_off(self, project):
        """Why it is off, what is installed, every integration, every setting."""
        result = respstart("doctor")

        assert result.returncode == 0, result.stdout + result.stderr
        assert "Switched off: RESPSTART is not set" in result.stdout
        assert "Start-up file active" in result.stdout
        assert re.search(r"^Installed.*\bstarlette \d+\.\d.*^Hooks$", result.stdout, re.MULTILINE | re.DOTALL)
        assert re.search(r"^  starlette +\d+ applied", result.stdout, re.MULTILINE)
        assert re.search(r"^What cannot be detected$.*^  starlette +A direct edit of `raw_headers`", result.stdout, re.MULTILINE | re.DOTALL)
        assert re.search(r"^  sample +1\.0 +default$", result.stdout, re.MULTILINE)
        assert re.search(r"^Findings go to\n  exceptions .*\n  OpenTelemetry .*\n  metrics .*\n  Sentry .*\n  terminal +a list on stderr", result.stdout, re.MULTILINE)
        assert result.stderr == ""

    def test_json_tells_the_sources_of_settings(self, project):
        """Environment, file, default."""
        (project / "pyproject.toml").write_text('[tool.respstart]\nmax_frames = 5\nmode = "collect"\n', encoding="utf-8")

        result = respstart("doctor", "--json", env={**os.environ, "RESPSTART": "1", "RESPSTART_MODE": "observe"})

        data = json.loads(result.stdout)
        rows = {row["name"]: (row["value"], row["source"]) for row in data["settings"]}
        assert (data["on"], data["why"], data["startup_file"], data["problem"]) == (True, "RESPSTART=1, through the start-up file", True, None)
        assert rows["mode"] == ("observe", "RESPSTART_MODE")
        assert rows["max_frames"] == (5, "pyproject.toml")
        assert rows["otel"] == ("auto", "default")
        assert set(data["findings"]) == {"terminal", "structlog", "exceptions", "OpenTelemetry", "metrics", "Sentry"}
        assert {probe["state"] for probe in data["hooks"]["probes"] if probe["integration"] == "starlette"} == {"applied"}

    def test_wrong_setting(self, project):
        """Told as the reason, and 2."""
        result = respstart("doctor", env={**os.environ, "RESPSTART_SAMPLE": "lots"})

        assert result.returncode == 2
        assert re.search(r"^Cannot be switched on: .*RESPSTART_SAMPLE", result.stdout, re.MULTILINE)
        assert "Traceback" not in result.stderr


    def test_set_but_not_read(self, project):
        """RESPSTART=1 without the start-up file (`-S` reads none) switches nothing on, and doctor does not say that it does."""
        paths = os.pathsep.join(entry for entry in sys.path if entry)
        command = [PYTHON, "-S", "-m", "respstart", "doctor"]
        wrong = {"RESPSTART_SAMPLE": "lots"}  # what is off for another reason too imports no framework, which takes long
        result = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "RESPSTART": "1", "PYTHONPATH": paths, **wrong})

        assert "Switched off: RESPSTART=1, but this Python has not read the start-up file" in result.stdout, result.stderr

    def test_every_hook_and_where_findings_go(self, project):
        """Hooks by name, when asked for; each reporter that the settings ask for, and no other; the note on exceptions unless none is kept."""
        silent = {"OTEL": "off", "SENTRY": "off"}
        hooks, *told = doctors(
            (["--hooks"], {}),
            ([], {"FILE": "findings.jsonl"}), ([], {"OUTPUT": "json"}), ([], {"OUTPUT": "pretty"}), ([], {"MODE": "collect", "FILE": "findings.jsonl"}),
            (["--json"], {"OUTPUT": "logging", **silent}), (["--json"], {"OUTPUT": "off", **silent}),
        )  # fmt: skip

        assert re.search(r"^    applied: wsgiref\.handlers:BaseHandler\.run \(serves\)$", hooks, re.MULTILINE)
        file, terminal, pretty, collected = (text.partition("Findings go to\n")[2].partition("\n\n")[0] for text in told[:4])
        assert re.search(r"^  file +one line of JSON each in /.*findings\.jsonl", file, re.MULTILINE)
        assert re.search(r"^  terminal +one line of JSON each on stderr", terminal, re.MULTILINE)
        assert re.search(r"^  terminal +a picture on stderr as it is here; a picture where there is room from 100", pretty, re.MULTILINE)
        assert re.search(r"^  file +one line of JSON each", collected, re.MULTILINE)
        assert ["exceptions" in text for text in (file, terminal, pretty, collected)] == [True, True, True, False]
        note = {"exceptions": "a note on the one that took part"}
        assert [json.loads(text)["findings"] for text in told[4:]] == [{"logging": "the logger `respstart`", **note}, note]


class TestSelfTest:
    """`respstart doctor --self-test`."""

    @pytest.mark.parametrize("switch", [{}, {"RESPSTART": "1"}, {"RESPSTART_IGNORE": "RS2", "RESPSTART_SAMPLE": "0"}])
    def test_passes(self, switch, project):
        """Both kinds at the right lines, in the file and on stderr; what the settings leave out is not left out."""
        result = respstart("doctor", "--self-test", env={**os.environ, "RESPSTART_FILE": "findings.jsonl", **switch})

        assert result.returncode == 0, result.stdout + result.stderr
        assert result.stdout.endswith("\nPassed\n")
        for protocol, name in (("WSGI", "wsgi_app"), ("ASGI", "asgi_app")):
            assert re.search(rf"^  {protocol} +found: RS201 second-start: started app\.py:\d+ {name}; changed app\.py:\d+ {name}$", result.stdout, re.MULTILINE)
        assert re.search(rf"^  file +seen: one line of JSON each in {re.escape(str(project))}/findings\.jsonl", result.stdout, re.MULTILINE)
        assert re.search(r"^  exceptions +seen: ", result.stdout, re.MULTILINE)
        assert re.search(r"^  terminal +seen: ", result.stdout, re.MULTILINE)
        assert len((project / "findings.jsonl").read_text(encoding="utf-8").splitlines()) == 2
        assert result.stderr.count("\nSUMMARY: respstart RS201") == 2

    def test_a_file_that_cannot_be_written(self, project):
        """Is a failure, and the others are told."""
        result = respstart("doctor", "--self-test", env={**os.environ, "RESPSTART_FILE": "/no/such/folder/findings.jsonl"})

        assert result.returncode == 2
        assert re.search(r"^  file +failed: nothing came out$", result.stdout, re.MULTILINE)
        assert re.search(r"^  terminal +seen: ", result.stdout, re.MULTILINE)
        assert result.stdout.endswith("\nNot passed\n")

    def test_a_finding_that_is_not_made(self, project, monkeypatch, capsys):
        """Is a failure that says what was to be found."""
        monkeypatch.setattr("respstart.tracer.diagnose", lambda *arguments: None)

        assert cli.main(["doctor", "--self-test"]) == 2
        assert re.search(r"^  WSGI +wrong: nothing; it should be RS201, started in line \d+ and changed in line \d+$", capsys.readouterr().out, re.MULTILINE)

    def test_json(self, project):
        """The same as data."""
        result = respstart("doctor", "--self-test", "--json", env={**os.environ, "RESPSTART_OUTPUT": "off", "RESPSTART_OTEL": "off", "RESPSTART_SENTRY": "off"})

        data = json.loads(result.stdout)
        assert [(trial["protocol"], trial["problem"]) for trial in data["trials"]] == [("WSGI", None), ("ASGI", None)]
        assert [(each["reporter"], each["seen"]) for each in data["deliveries"]] == [("notes", True)]

    def test_wrong_setting(self, project):
        """One sentence, and 2."""
        result = respstart("doctor", "--self-test", env={**os.environ, "RESPSTART_SAMPLE": "lots"})

        assert result.returncode == 2
        assert result.stderr.startswith("respstart: RESPSTART_SAMPLE")


class TestDemo:
    """`respstart demo`."""

    def test_shows_the_client_and_the_finding(self, project):
        """The lost cookie, and both lines."""
        result = respstart("demo")

        assert result.returncode == 0, result.stderr
        assert "  200 OK\n" in result.stdout
        assert "no Set-Cookie" in result.stdout
        client, _, report = result.stdout.partition("What respstart found:\n")
        assert "set-cookie" not in client.lower().partition("no set-cookie")[0]
        lines = (Path(cli.__file__).parent / "demo_shop.py").read_text(encoding="utf-8").splitlines()
        first = next(number for number, line in enumerate(lines, 1) if "= StreamingResponse(" in line)
        late = next(number for number, line in enumerate(lines, 1) if "response.set_cookie(" in line)
        assert re.search(rf"^SUMMARY: respstart RS103 late-cookie: started \S*shop\.py:{first} .*; changed \S*shop\.py:{late} ",
                         report, re.MULTILINE)
        assert "Traceback" not in result.stdout + result.stderr

    def test_settings_of_the_machine_do_not_matter(self, project):
        """Not even a wrong one, or one that silences the terminal."""
        result = respstart("demo", env={**os.environ, "RESPSTART_OUTPUT": "off", "RESPSTART_IGNORE": "RS103"})

        assert result.returncode == 0, result.stderr
        assert "RS103" in result.stdout

    def test_chosen_port(self, project):
        """The port that was asked for."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]

        result = respstart("demo", "--port", port)

        assert result.returncode == 0, result.stderr
        assert f"http://127.0.0.1:{port}/" in result.stdout

    def test_taken_port(self, project):
        """A sentence that says what to do, and 2."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            result = respstart("demo", "--port", port)

        assert (result.stdout, result.returncode) == ("", 2)
        assert re.fullmatch(rf"respstart: cannot listen on port {port} \(.+\): choose another with --port\n", result.stderr)

    @pytest.mark.parametrize("port", ["http", "-1", "65536"])
    def test_no_port(self, port, capsys):
        """argparse says it."""
        with pytest.raises(SystemExit, match="2"):
            cli.main(["demo", f"--port={port}"])
        assert f"{port!r} is no port" in capsys.readouterr().err

    def test_missing_extra(self, monkeypatch, capsys):
        """The command that installs it."""
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

        assert cli.main(["demo"]) == 2
        assert "pip install 'respstart[demo]'" in capsys.readouterr().err

    def test_broken_pipe(self, project):
        """Quiet and clean."""
        result = with_nobody_reading("demo")

        assert (result.stderr, result.returncode) == ("", 0)

    def test_interrupt(self, monkeypatch):
        """Ctrl-C ends it with 130 and no traceback."""

        def interrupted(port):
            raise KeyboardInterrupt

        monkeypatch.setattr("respstart.cli.demo._ask", interrupted)
        monkeypatch.setattr("respstart.cli.demo._server", lambda folder, port: _Nothing())

        assert cli.main(["demo"]) == 130


class _Nothing:
    def __enter__(self):
        return None, 0

    def __exit__(self, *exc_info):
        return None


LATE_COOKIE = """\
from werkzeug.wrappers import Request, Response


@Request.application
def app(request):
    def rows():
        yield "a"
        response.set_cookie("seen", "1")

    response = Response(rows())
    return response
"""
ASK_TWICE = """\
import respstart

with respstart.tracing(output="off", otel="off", file="findings.jsonl"):
    from werkzeug.test import Client
    import shop
    for _ in range(2):
        b"".join(Client(shop.app).get("/").response)
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A folder with what a running application has written."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(LATE_COOKIE, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESPSTART")}
    subprocess.run([PYTHON, "-c", ASK_TWICE], cwd=folder, env=environment, check=True)
    return folder


class TestReport:
    """`respstart report`."""

    @pytest.fixture
    def findings(self, project, recorded):
        """A file with two late cookies, and the application that set them."""
        shutil.copytree(recorded, project, dirs_exist_ok=True)
        path = project / "findings.jsonl"
        path.write_text(path.read_text(encoding="utf-8").replace(str(recorded), str(project)), encoding="utf-8")
        return path

    def test_text_with_the_exit_code_of_findings(self, findings, capsys):
        """Both lines, the count, and 1."""
        assert cli.main(["report", str(findings)]) == 1

        out, err = capsys.readouterr()
        assert "SUMMARY: respstart RS103 late-cookie: started shop.py:10 app; changed shop.py:8 app.rows" in out
        assert out.endswith("\n2 findings, 1 defect\n")
        assert err == ""

    @pytest.mark.parametrize(("form", "marker"), [("text", "table"), ("github", "github")])
    def test_the_how_to_shows_real_output(self, findings, form, marker, capsys):
        """Apart from times and what is left out."""
        page = (Path(__file__).parents[1] / "docs" / "how-to" / "read-a-report.md").read_text(encoding="utf-8")
        shown = page.partition(f"<!-- {marker}:start -->\n```text\n")[2].partition(f"```\n<!-- {marker}:end -->")[0]
        cli.main(["report", str(findings), "--format", form])

        assert shown
        assert shown.partition(" 0.3 ms")[0] in capsys.readouterr().out

    @pytest.mark.parametrize(("name", "beginning"), [("a.html", "<!doctype html>"), ("a.sarif", "{"), ("a.xml", "<?xml")])
    def test_the_name_of_the_output_tells_the_format(self, findings, name, beginning, capsys):
        """Nothing on stdout."""
        assert cli.main(["report", str(findings), "--output", name]) == 1

        assert Path(name).read_text(encoding="utf-8").startswith(beginning)
        assert capsys.readouterr() == ("", "")

    def test_a_format_wins_over_the_name(self, findings):
        """Any name, when the format is said."""
        assert cli.main(["report", str(findings), "--format", "json", "--output", "out"]) == 1
        assert json.loads(Path("out").read_text(encoding="utf-8"))["total"] == 2

    def test_several_files_are_one_report(self, findings, capsys):
        """Counted together."""
        assert cli.main(["report", str(findings), str(findings), "--format", "json"]) == 1
        assert json.loads(capsys.readouterr().out)["total"] == 4

    def test_nothing_found(self, project, capsys):
        """0; what is no finding is said on stderr."""
        Path("empty.jsonl").write_text("what?\n", encoding="utf-8")

        assert cli.main(["report", "empty.jsonl"]) == 0

        assert capsys.readouterr() == ("No findings.\n", "respstart: 'empty.jsonl': 1 line is no finding\n")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["missing.jsonl"], "respstart: 'missing.jsonl' cannot be read: No such file or directory\n"),
            (["findings.jsonl", "--output", "a.pdf"], "the name has to end in .txt, .json, .jsonl, .html, .sarif, .xml\n"),
            (["findings.jsonl", "--output", "no/a.html"], "respstart: 'no/a.html' cannot be written: No such file or directory\n"),
        ],
    )
    def test_what_cannot_be_done_is_one_sentence(self, findings, arguments, sentence, capsys):
        """And 2."""
        assert cli.main(["report", *arguments]) == 2

        err = capsys.readouterr().err
        assert err.endswith(sentence)
        assert err.count("\n") == 1

    def test_unknown_format(self, project):
        """argparse tells those that there are."""
        result = respstart("report", "findings.jsonl", "--format", "pdf")

        assert result.returncode == 2
        assert "'sarif'" in result.stderr

    def test_any_locale(self, findings):
        """UTF-8, which is what XML and HTML say of themselves."""
        findings.write_text(findings.read_text(encoding="utf-8").replace('"/"', '"/caf\\u00e9"'), encoding="utf-8")

        result = respstart("report", findings, env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"})

        assert (result.stderr, result.returncode) == ("", 1)
        assert "GET /café" in result.stdout

    def test_broken_pipe(self, findings):
        """`respstart report FILE | head -0` is quiet."""
        assert with_nobody_reading("report", str(findings)).stderr == ""
