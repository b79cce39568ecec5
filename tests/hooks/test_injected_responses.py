"""FastAPI makes a response for every request: it is watched where somebody asks for it, however indirectly, and only there."""

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, Response
from fastapi.testclient import TestClient

import respstart
from respstart.hooks import binding


def later(response: Response):
    response.set_cookie("late", "1")


def asks_itself(response: Response, tasks: BackgroundTasks):
    tasks.add_task(later, response)


def asks_through_another(nothing: None = Depends(asks_itself)):
    return nothing


def asks_for_nothing():
    return None


def found(dependency, overrides=()):
    app, findings = FastAPI(), []

    @app.get("/")
    def page(_: None = Depends(dependency)):
        return {}

    app.dependency_overrides.update(overrides)
    with respstart.tracing(output="off", otel="off"):
        forget = respstart.on_finding(findings.append)
        TestClient(app).get("/")
        forget()
    return [(finding.rule, finding.subject) for finding in findings]


@pytest.mark.parametrize(
    ("dependency", "overrides"),
    [
        (asks_itself, {}),
        (asks_through_another, {}),
        (asks_for_nothing, {asks_for_nothing: asks_itself}),
    ],
)
def test_whoever_asks_for_it_is_seen(dependency, overrides):
    assert found(dependency, overrides) == [("RS103", "late")]


def test_one_that_nobody_asks_for_is_not_watched(monkeypatch):
    bound, bind = [], binding.Binding.__init__

    def count(self, record, owner, parts, kind):
        bound.append(owner)
        bind(self, record, owner, parts, kind)

    monkeypatch.setattr(binding.Binding, "__init__", count)
    assert found(asks_for_nothing) == []
    assert len(bound) == 1  # the one that is sent
    assert found(asks_itself) == [("RS103", "late")]
    assert len(bound) == 3
