"""`capture_findings`, for unittest and anything else."""

from __future__ import annotations

import threading

import pytest
from flask import Flask, Response

import respstart
from respstart import tracer
from respstart.errors import SettingsError
from respstart.testing import capture_findings


def application():
    app = Flask(__name__)

    @app.get("/export")
    def export():
        def body():
            yield "number"
            response.headers["x-count"] = "7"

        response = Response(body())
        return response

    return app.test_client()


def test_findings_come_while_the_block_runs():
    with capture_findings() as findings:
        assert findings == []
        application().get("/export").get_data()
        assert [(finding.rule, finding.subject) for finding in findings] == [("RS101", "x-count")]
        thread = threading.Thread(target=lambda: application().get("/export").get_data())
        thread.start()
        thread.join()
        assert len(findings) == 2
    assert not tracer.active()
    application().get("/export").get_data()
    assert len(findings) == 2


def test_nothing_is_said(capfd):
    with capture_findings():
        application().get("/export").get_data()
    assert capfd.readouterr() == ("", "")


def test_others_are_told_as_well(capsys):
    with respstart.tracing(output="plain", otel="off"):
        with capture_findings() as outer, capture_findings() as inner:
            application().get("/export").get_data()
        assert tracer.active()
    assert len(outer) == len(inner) == 1
    assert capsys.readouterr().err.count("SUMMARY: respstart RS101") == 1


def test_settings_and_mistakes():
    with capture_findings(ignore="RS101") as findings:
        application().get("/export").get_data()
    assert findings == []
    with pytest.raises(SettingsError, match="no such setting"), capture_findings(ignroe="RS101"):
        pass
    assert not tracer.active()


def test_an_error_in_the_block_passes():
    def broken():
        with capture_findings() as findings:
            raise ZeroDivisionError(findings)

    with pytest.raises(ZeroDivisionError):
        broken()
    assert not tracer.active()
