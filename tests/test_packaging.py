"""What the wheel carries, and what an import of respstart and a silent start-up file cost: nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from respstart import __version__, autostart
from respstart.rules import RULES

ROOT = Path(__file__).parents[1]
STARTUP_LINE = (ROOT / "startup" / "respstart.pth").read_text(encoding="utf-8")
NOT_LOADED = {
    "aiohttp", "django", "fastapi", "flask", "jinja2", "opentelemetry", "rich", "starlette", "structlog", "uvicorn", "werkzeug",
}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel, as it would be released."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture
def start():
    """The function, as in a fresh interpreter."""
    autostart.start.cache_clear()
    yield autostart.start
    autostart.start.cache_clear()


def run(code, **environment):
    """Run code in a fresh interpreter; nothing of RESPSTART is inherited."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RESPSTART")}
    return subprocess.run(
        [sys.executable, "-c", code], env={**inherited, **environment}, capture_output=True, text=True, check=False
    )


def test_wheel_carries_its_data(wheel):
    """Types, start-up files, the page of every rule, and the schema."""
    names = set(wheel.namelist())

    assert {
        "respstart.pth", "respstart.start", "respstart/py.typed", "respstart/schema/finding-1.json", "respstart/cli/demo_shop.py", "respstart/cli/self_test_apps.py",
        "respstart/integrations/tried.json",
        *(f"respstart/rules/{code}.md" for code in RULES), *(f"respstart/formats/html/page.{kind}" for kind in ("html", "css", "js")), "respstart/formats/html/live.js",
    } <= names
    assert {name.partition("/")[0] for name in names} == {
        "respstart", f"respstart-{__version__}.dist-info", "respstart.pth", "respstart.start",
    }


def test_wheel_metadata(wheel):
    """Version, entry points, and only the three promised dependencies without an extra."""
    metadata = wheel.read(f"respstart-{__version__}.dist-info/METADATA").decode()
    entry_points = wheel.read(f"respstart-{__version__}.dist-info/entry_points.txt").decode()

    required = re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", metadata, re.MULTILINE)
    assert sorted(required) == ["opentelemetry-api", "structlog", "wrapt"]
    assert "respstart = respstart.cli:main" in entry_points
    assert "[opentelemetry_post_instrument]\nrespstart = respstart.autostart:start" in entry_points


def test_classifiers_name_the_lowest_python():
    """requires-python and the classifiers tell the same."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["requires-python"] == ">=3.11"
    versions = [line.rpartition(" :: ")[2] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert versions[0] == "3.11"


def test_import_loads_nothing_of_others():
    """`import respstart` leaves frameworks, OpenTelemetry and structlog alone."""
    result = run(f"import sys, respstart; print(sorted({NOT_LOADED!r} & set(sys.modules)))")

    assert (result.stdout.strip(), result.stderr) == ("[]", "")


@pytest.mark.parametrize("value", [None, ""])
def test_startup_line_imports_nothing_when_off(value):
    """Unset and empty cost one look into the environment."""
    environment = {} if value is None else {"RESPSTART": value}

    result = run(f"import sys\n{STARTUP_LINE}\nprint([name for name in sys.modules if 'respstart' in name])", **environment)

    assert (result.stdout.strip(), result.stderr) == ("[]", "")


@pytest.mark.parametrize(("value", "active"), [("1", True), ("true", True), ("0", False), ("off", False)])
def test_startup_line_switches_on(value, active):
    """The environment decides."""
    code = f"import os; os.environ['RESPSTART'] = {value!r}\n{STARTUP_LINE}\nfrom respstart import tracer; print(tracer.active())"

    result = run(code)

    assert (result.stdout.strip(), result.stderr) == (str(active), "")


def test_startup_line_is_one_line():
    """`site` reads line by line."""
    assert STARTUP_LINE.startswith("import os; ")
    assert STARTUP_LINE.count("\n") == 1


def test_startup_line_survives_a_missing_package():
    """A start-up file that was left behind says so in one line, and Python starts."""
    code = "import os, sys; os.environ['RESPSTART'] = '1'; sys.modules['respstart'] = None"

    result = run(f"{code}\n{STARTUP_LINE}\nprint('started')")

    assert result.stdout.strip() == "started"
    assert result.stderr.startswith("respstart: not switched on: ")
    assert result.stderr.count("\n") == 1


def test_startup_file_is_active_here():
    """The installation that runs this test reads the start-up file, an editable one too."""
    result = run("import sys; print('respstart.autostart' in sys.modules)", RESPSTART="1")

    assert result.stdout.strip() == "True"


def test_start_reports_a_wrong_setting_in_one_line():
    """A mistake in the environment is told and does not stop the interpreter."""
    result = run("print('started')", RESPSTART="1", RESPSTART_SAMPLE="lots")

    assert result.stdout.strip() == "started"
    assert "RESPSTART_SAMPLE" in result.stderr
    assert result.stderr.count("\n") == 1


def test_start_never_raises(start, monkeypatch, capsys):
    """Whatever goes wrong stays inside, and is said once, although virtual environments read start-up files twice."""

    def broken(environ):
        raise RuntimeError("no such luck")

    monkeypatch.setattr("respstart.settings.switched_on", broken)

    start()
    start()

    assert capsys.readouterr().err == "respstart: not switched on: no such luck\n"


def test_start_without_stderr(start, monkeypatch, capsys):
    """A process without stderr (a service on Windows) must not get our sentence on stdout."""
    monkeypatch.setattr("sys.stderr", None)
    monkeypatch.setattr("respstart.settings.switched_on", lambda environ: 1 / 0)

    start()

    assert capsys.readouterr().out == ""
