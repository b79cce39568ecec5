"""Patches: applied once, undone exactly, and kind to others."""

import sys
import types

import pytest
import wrapt

import respstart
from hooks.patched import everything
from respstart import tracer
from respstart.hooks import guard, patching
from respstart.hooks.guard import Probe
from respstart.hooks.patching import SiteError, code_of

__all__ = ["everything"]


def attributes():
    """Identity of every attribute of every class and module, respstart's own apart."""
    found = {}
    for module_name, module in list(sys.modules.items()):
        if module is None or module_name.startswith(("respstart", "wrapt", "hypothesis")):  # they keep import hooks and counts
            continue
        for name, value in list(vars(module).items()):
            found[module_name, name] = id(value)
            if issubclass(type(value), type):
                for attribute, inner in list(vars(value).items()):
                    if not attribute.startswith(("__dict__", "__weakref__", "_abc_", "__doc__", "__annot")):
                        found[module_name, name, attribute] = id(inner)
    return found


def test_after_uninstall_every_attribute_is_the_original_object(everything):
    before = attributes()
    respstart.install(output="off", otel="off")
    patched = tracer._tracer.patcher.patches
    assert len(patched) > 100
    outermost = {(patch.holder, patch.name): patch for patch in patched}.values()
    assert all(vars(patch.holder)[patch.name] is patch.ours for patch in outermost)
    respstart.uninstall()
    after = attributes()
    assert {key for key in before if after.get(key) != before[key]} == set()
    assert {key for key in after if key not in before and key[0].split(".")[0] in ("flask", "django", "starlette", "werkzeug")} == set()


def test_installing_twice_is_one_layer_and_uninstalling_once_is_clean(everything):
    from starlette.responses import Response

    original = vars(Response)["__call__"]
    first = respstart.install(output="off", otel="off")
    once = vars(Response)["__call__"]
    second = respstart.install(output="off")
    assert vars(Response)["__call__"] is once
    assert first.active
    assert second.active
    second.uninstall()
    assert vars(Response)["__call__"] is original
    assert not first.active


def test_every_probe_is_applied_or_waiting_with_a_reason_or_absent_with_one(everything):
    respstart.install(output="off", otel="off")
    for probe in tracer.probes():
        assert probe.state == "applied" or probe.reason, probe
        assert probe.state != "failed", probe


def test_a_wrapt_wrapper_put_on_top_survives_and_wraps_the_original(everything):
    from starlette.routing import Router

    original = vars(Router)["__call__"]
    respstart.install(output="off", otel="off")
    calls = []

    @wrapt.decorator
    def foreign(wrapped, instance, args, kwargs):
        calls.append(wrapped)
        return wrapped(*args, **kwargs)

    Router.__call__ = foreign(Router.__call__)
    try:
        respstart.uninstall()
        assert vars(Router)["__call__"].__wrapped__ is original
    finally:
        Router.__call__ = original


def test_a_plain_wrapper_put_on_top_survives_and_ours_is_switched_off(everything):
    from starlette.routing import Router

    original = vars(Router)["__call__"]
    respstart.install(output="off", otel="off")
    ours = vars(Router)["__call__"]

    async def foreign(self, scope, receive, send):
        return await ours(self, scope, receive, send)

    Router.__call__ = foreign
    try:
        patch = next(patch for patch in tracer._tracer.patcher.patches if patch.ours is ours)
        respstart.uninstall()
        assert vars(Router)["__call__"] is foreign
        assert patch.probe.armed is False
    finally:
        Router.__call__ = original


def test_coroutine_functions_names_and_signatures_stay(everything):
    import inspect

    from flask import Flask
    from starlette.responses import Response, StreamingResponse

    facts = {
        function: (inspect.iscoroutinefunction(vars(owner)[function.rpartition(".")[2]]), str(inspect.signature(vars(owner)[function.rpartition(".")[2]])))
        for owner, function in (
            (Response, "Response.__init__"), (Response, "Response.__call__"), (StreamingResponse, "StreamingResponse.__init__"),
            (Flask, "Flask.__call__"), (Flask, "Flask.process_response"), (Response, "Response.set_cookie"),
        )
    }  # fmt: skip
    respstart.install(output="off", otel="off")
    for owner, function in ((Response, "Response.__init__"), (Response, "Response.__call__"), (Flask, "Flask.__call__"), (Response, "Response.set_cookie")):
        ours = vars(owner)[function.rpartition(".")[2]]
        assert (inspect.iscoroutinefunction(ours), str(inspect.signature(ours))) == facts[function]
        assert ours.__qualname__ == function


def test_a_class_attribute_with_a_default_still_reads_as_before(everything):
    from django.conf import settings

    if not settings.configured:
        settings.configure()
    from django.http import HttpResponse, HttpResponseNotFound
    from starlette.responses import Response

    respstart.install(output="off", otel="off")
    assert HttpResponse.status_code == 200
    assert HttpResponse("x").status_code == 200
    assert HttpResponse("x", status=201).status_code == 201
    assert HttpResponseNotFound("x").status_code == 404
    response = Response(status_code=202)
    assert response.status_code == 202
    assert vars(response)["status_code"] == 202
    del response.status_code
    assert "status_code" not in vars(response)


def test_a_site_that_does_not_exist_is_absent_and_the_rest_is_applied(everything, monkeypatch):
    from starlette.datastructures import MutableHeaders

    monkeypatch.delattr(MutableHeaders, "add_vary_header")
    respstart.install(output="off", otel="off")
    states = {probe.site: probe.state for probe in tracer.probes()}
    assert states["starlette.datastructures:MutableHeaders.add_vary_header"] == "absent"
    assert states["starlette.datastructures:MutableHeaders.update"] == "applied"


def test_a_method_that_is_inherited_from_a_type_in_c_is_patched_on_the_class_and_goes_again(everything, monkeypatch):
    from starlette.middleware.sessions import Session

    monkeypatch.delattr(Session, "popitem")
    with respstart.tracing(output="off", otel="off"):
        assert "popitem" in vars(Session)
        assert Session({"a": 1}).popitem() == ("a", 1)
    assert "popitem" not in vars(Session)


def test_code_of_steps_into_nested_functions(everything):
    import starlette.routing

    assert code_of("starlette.routing:request_response.<locals>.app.<locals>.app").co_name == "app"
    with pytest.raises(SiteError):
        code_of("starlette.routing:request_response.<locals>.nothing")
    assert starlette.routing.request_response.__code__ is code_of("starlette.routing:request_response")


def test_an_import_hook_never_breaks_the_import(capsys):
    guard.faults.clear()
    patcher = patching.Patcher()

    def explode():
        raise ValueError("hook")

    patcher.when_imported("json", explode)
    assert "ValueError at " in capsys.readouterr().err
    assert Probe("x", "y", "z").armed
    guard.faults.clear()


@pytest.fixture
def shop(monkeypatch):
    """A module with a class to patch."""

    class Response:
        def set(self, name):
            return name

    Response.__module__, Response.__qualname__ = "fakeshop", "Response"
    module = types.ModuleType("fakeshop")
    module.Response = Response
    monkeypatch.setitem(sys.modules, "fakeshop", module)
    return module


def test_a_wrapper_of_another_tool_is_bound_as_it_is_when_it_is_looked_up(shop):
    seen = []

    def note(wrapped, instance, args, kwargs):
        seen.append((type(instance).__name__, args))
        return wrapped(*args, **kwargs)

    wrapt.wrap_function_wrapper(shop, "Response.set", note)
    theirs = vars(shop.Response)["set"]
    patch = patching.replace("fakeshop:Response.set", Probe("fake", "mutates", "x"), lambda original, probe: original)
    assert shop.Response().set("a") == "a"
    patch.undo()
    assert vars(shop.Response)["set"] is theirs
    assert shop.Response().set("b") == "b"
    assert seen == [("Response", ("a",)), ("Response", ("b",))]


def test_the_class_itself_is_patched_where_a_subclass_was_put_in_its_place(shop):
    original = shop.Response
    shop.Response = type("InstrumentedResponse", (original,), {})
    assert patching.holder_of("fakeshop:Response.set") == (original, "set")
