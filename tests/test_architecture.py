"""The house plan, read from the code: who may import whom, and what stays out of the process."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from respstart import integrations
from respstart.integrations import rows

SOURCE = Path(integrations.__file__).parents[1]

# Roof first. A module may import from its own floor and from those below, never from above.
FLOORS = (
    ("pytest_plugin", "testing", "cli", "autostart", "logs", "__main__"),
    ("formats",),
    ("__init__",),
    ("tracer",),
    ("hooks", "settings"),
    ("core", "integrations", "reporters", "schema", "rules"),
    ("errors", "looking", "budget", "files", "interpreter"),
    ("model",),
)
EVERYWHERE = ("errors", "model")


def modules():
    for path in sorted(SOURCE.rglob("*.py")):
        relative = path.relative_to(SOURCE)
        yield path, relative.parts[0].removesuffix(".py"), ".".join(["respstart", *relative.with_suffix("").parts]).removesuffix(".__init__")


def imports(path, *, runtime_only=True):
    """What a module imports: (module, names), imports under TYPE_CHECKING apart."""
    tree = ast.parse(path.read_text())
    skipped = set()
    for node in ast.walk(tree):
        if runtime_only and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, tuple(alias.name for alias in node.names)


def floor_of(part):
    return next(number for number, floor in enumerate(FLOORS) if part in floor)


@pytest.mark.parametrize(("path", "part", "name"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_imports_go_down(path, part, name):
    for module, names in imports(path):
        if not module.startswith("respstart"):
            continue
        targets = [module.split(".")[1]] if "." in module else list(names)
        for name_of_target in targets:
            exists = (SOURCE / name_of_target).is_dir() or (SOURCE / f"{name_of_target}.py").exists()
            target = name_of_target if exists else "__init__"
            if part == "__init__" or target == part or part == "cli":
                continue
            assert floor_of(part) <= floor_of(target), f"{name} imports {target}"


def test_core_and_model_know_no_outside():
    for path, part, name in modules():
        if part in ("core", "model", "errors"):
            for module, _ in imports(path):
                assert module.split(".")[0] in {*sys.stdlib_module_names, "respstart"}, f"{name} imports {module}"
                assert module.split(".")[0] != "logging", name


def test_only_patching_imports_wrapt():
    assert [name for path, _, name in modules() if any(module.split(".")[0] == "wrapt" for module, _ in imports(path))] == [
        "respstart.hooks.patching"
    ]


def test_an_integration_imports_its_row_kinds_and_no_framework_and_no_other_integration():
    for path, part, name in modules():
        if part == "integrations" and path.stem not in ("__init__", "rows"):
            for module, _ in imports(path):
                assert module.startswith(("respstart.integrations.rows", "respstart.model")) or module.split(".")[0] in sys.stdlib_module_names, name


@pytest.mark.parametrize("part_of_outputs", ["reporters", "formats"])
def test_an_output_imports_no_hook_and_no_integration(part_of_outputs):
    for path, part, name in modules():
        if part == part_of_outputs:
            for module, _ in imports(path):
                assert not module.startswith(("respstart.hooks", "respstart.integrations", "respstart.tracer", "respstart.core")), name


@pytest.mark.parametrize("name", integrations.NAMES)
def test_a_table_is_whole(name):
    table = integrations.load(name)
    sites = [site for row in table.rows for site in _sites(row)]
    assert len(sites) == len(set(sites)), "a site stands in it twice"
    assert all(":" in site for site in sites)
    assert set(table.includes) <= set(integrations.NAMES)


def _sites(row):
    match row:
        case rows.Mutates():
            return [(f"{row.site}.{method}:") for method in row.methods]
        case rows.Dispatches() | rows.Sends():
            return [f"{site}:{type(row).__name__}" for site in row.sites]
        case rows.Answers() | rows.Keeps():
            return []
        case _:
            site = row.site if isinstance(row.site, str) else row.site[0]
            return [f"{site}:{type(row).__name__}"]


def test_the_escape_is_not_used():
    assert not [row for name in integrations.NAMES for row in integrations.load(name).rows if isinstance(row, rows.Custom)]


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("import respstart", {"wrapt", "structlog", "opentelemetry", "asyncio", "logging", "flask", "django", "starlette"}),
        ("import respstart; respstart.install(output='pretty')", {"structlog", "opentelemetry", "flask", "django", "starlette", "rich", "jinja2"}),
    ],
)
def test_what_is_not_loaded(code, loaded):
    program = f"{code}\nimport sys\nprint(sorted({loaded!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_thread_and_no_file_is_opened_by_installing():
    program = (
        "import os, threading, respstart\n"
        "before = set(os.listdir('/proc/self/fd')) if os.path.isdir('/proc/self/fd') else set()\n"
        "respstart.install(output='off', file='never.jsonl')\n"
        "after = set(os.listdir('/proc/self/fd')) if before else set()\n"
        "print(len(after) - len(before), threading.active_count(), os.path.exists('never.jsonl'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "1", "False"]


# These write into a temporary folder that is their own.
_IN_OWN_FOLDER = {"pytest_plugin/children.py", "testing/child.py", "testing/servers.py"}
_WRITES = {"write_text", "write_bytes", "touch", "mkstemp", "NamedTemporaryFile"}


def written_by(path):
    """The calls in a module that make files."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).split(".")[-1]
            modes = [each.value for each in node.args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if name in _WRITES or (name == "open" and any(set(mode) <= set("wax+bt") for mode in modes)):
                yield f"{path.relative_to(SOURCE)}:{node.lineno}"


def test_files_are_written_by_one_function():
    assert not [each for path, *_ in modules() if str(path.relative_to(SOURCE)) not in {*_IN_OWN_FOLDER, "files.py"} for each in written_by(path)]
    assert list(written_by(SOURCE / "files.py"))
