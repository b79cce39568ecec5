"""Whose code a file is, and why."""

import importlib.util
import os
import sysconfig

from respstart.core import origin
from respstart.core.origin import Origins, distribution

SITE = os.path.join(os.sep, "env", "lib", "python3.12", "site-packages")


def test_kinds():
    origins = Origins([("flask", "framework"), ("gunicorn", "server")])
    kinds = {
        os.path.join(SITE, "flask", "app.py"): "framework",
        os.path.join(SITE, "gunicorn", "arbiter.py"): "server",
        os.path.join(SITE, "slowapi", "middleware.py"): "library",
        os.path.join(SITE, "bottle.py"): "library",
        os.path.join(sysconfig.get_paths()["stdlib"], "json", "decoder.py"): "stdlib",
        origin.__file__: "respstart",
        os.path.join(os.sep, "srv", "shop", "views.py"): "user",
        "<string>": "unknown",
        "<frozen importlib._bootstrap>": "stdlib",
    }
    assert {path: origins.of(path).kind for path in kinds} == kinds


def test_every_decision_has_a_reason():
    assert Origins().of(os.path.join(SITE, "slowapi", "x.py")).reason == "part of the package slowapi"


def test_in_app_makes_a_package_or_a_folder_user_code(tmp_path):
    origins = Origins(in_app=("acme_base", str(tmp_path)))
    assert origins.is_user(os.path.join(SITE, "acme_base", "views.py"))
    assert not origins.is_user(os.path.join(SITE, "acme_other", "views.py"))


def test_a_project_in_a_folder_called_like_a_framework_is_user_code():
    assert Origins([("flask", "framework")]).is_user(os.path.join(os.sep, "srv", "flask", "views.py"))


def test_a_framework_installed_in_place_is_recognised(tmp_path, monkeypatch):
    package = tmp_path / "myframework"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("myframework")
    assert Origins([("myframework", "framework")]).of(str(package / "app.py")).kind == "framework"


def test_only_user_and_library_code_is_asked_whether_it_forwards():
    origins = Origins([("flask", "framework")])
    for path in (os.path.join(SITE, "flask", "app.py"), os.path.join(SITE, "slowapi", "m.py"), "/srv/app.py"):
        origins.of(path)
    assert list(origins.asks.values()) == [False, True, True]


def test_a_file_of_a_namespace_package_belongs_to_the_distribution_that_lists_it():
    """opentelemetry is the import name of many."""
    file = importlib.util.find_spec("opentelemetry.instrumentation.wsgi").origin
    assert distribution("opentelemetry", file).startswith("opentelemetry-instrumentation-wsgi ")
