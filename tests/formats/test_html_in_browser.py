"""The page in a real browser: silent, searchable, complete without its script, and no wider than its window."""

import dataclasses
import json

import chromium
import pytest

from respstart import formats
from respstart.model import Writer

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One for all tests."""
    with chromium.page(tmp_path_factory.mktemp("profile")) as shown:
        yield shown


@pytest.mark.skipif(chromium.PROGRAM is None, reason="there is no Chromium on this machine")
class TestBrowser:
    """A real Chromium."""

    @pytest.fixture
    def report(self, browser, make_finding, tmp_path):
        """The page of three defects, open."""
        findings = [
            make_finding(), make_finding(),
            make_finding(rule="RS404", name="error-in-background", level="warning", outcome="dropped", fingerprint="00000001"),
            make_finding(fingerprint="00000002", subject="basket", message="<b>basket</b>" + "x" * 300, request=dataclasses.replace(
                make_finding().request, path="/long/" + "segment" * 60), first_writer=Writer("/x" * 200, 10**7, "f" * 400, "call(" * 90, "built", "w" * 400)),
        ]  # fmt: skip
        path = tmp_path / "report.html"
        formats.write([finding.to_dict() for finding in findings], path)
        self.path = path
        browser.open(path.as_uri())
        return browser

    def shown(self, report):
        return json.loads(report.value("JSON.stringify([...document.querySelectorAll('article')].filter(one => one.checkVisibility()).map(one => one.id))"))

    def search(self, report, **wanted):
        report.value(
            "(wanted => { const form = document.querySelector('form'); for (const name in wanted) form.elements[name].value = wanted[name];"
            f" form.elements.text.dispatchEvent(new Event('input', {{bubbles: true}})); }})({json.dumps(wanted)})"
        )

    def test_no_error_and_no_request(self, report):
        report.value("new Promise(resolve => setTimeout(resolve))")
        assert report.told("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown") == []
        asked = {event["request"]["url"] for event in report.told("Network.requestWillBeSent")}
        assert asked <= {self.path.as_uri(), "data:,"}

    def test_the_policy_holds(self, report):
        refused = report.value(
            "new Promise(resolve => { document.addEventListener('securitypolicyviolation', event => resolve(event.effectiveDirective));"
            " const script = document.createElement('script'); script.textContent = 'window.hurt = 1'; document.body.append(script); })"
        )
        assert refused == "script-src-elem"
        assert report.value("window.hurt") is None

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ({}, ["f-0badcafe", "f-00000002", "f-00000001"]), ({"text": "BASKET"}, ["f-00000002"]), ({"rule": "RS404"}, ["f-00000001"]),
            ({"outcome": "lost"}, ["f-0badcafe", "f-00000002"]), ({"text": "cart", "outcome": "dropped"}, ["f-00000001"]),
            ({"text": "export.py:41 dropped"}, ["f-00000001"]), ({"text": "nothing of this"}, []),
        ],
    )  # fmt: skip
    def test_search(self, wanted, found, report):
        self.search(report, text="", rule="", outcome="")
        self.search(report, **wanted)
        assert self.shown(report) == found
        rows = report.value("[...document.querySelectorAll('.index tbody tr')].filter(row => row.checkVisibility()).length")
        assert rows == len(found)
        assert report.value("document.querySelector('output').value") == ("" if len(found) == 3 else f"{len(found)} of 3 shown")

    def test_complete_without_its_script(self, report):
        report.call("Emulation.setScriptExecutionDisabled", value=True)
        try:
            report.open(self.path.as_uri())
            assert len(self.shown(report)) == 3
            assert report.value("document.querySelector('form').checkVisibility()") is False
        finally:
            report.call("Emulation.setScriptExecutionDisabled", value=False)

    def test_a_link_to_a_rule_opens_it(self, report):
        report.value("document.querySelector('.fix a').click()")
        assert report.value("new Promise(resolve => setTimeout(() => resolve(document.querySelector('#RS103').open), 50))") is True

    @pytest.mark.parametrize("width", [320, 400, 800, 1280, 1920])
    def test_no_sideways_scrolling(self, width, report):
        report.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        report.value("document.querySelectorAll('details').forEach(one => one.open = true)")
        try:
            assert report.value("document.documentElement.scrollWidth") <= width
        finally:
            report.call("Emulation.clearDeviceMetricsOverride")

    def test_every_control_has_a_name(self, report):
        nodes = report.call("Accessibility.getFullAXTree")["nodes"]
        kinds = {"link", "textbox", "searchbox", "combobox", "heading", "article", "figure", "group", "navigation", "search"}
        named = [(node["role"]["value"], node.get("name", {}).get("value")) for node in nodes if not node["ignored"]]
        assert {"main", "navigation", "search", "article", "banner", "contentinfo"} <= {role for role, _ in named}
        assert [role for role, name in named if role in kinds - {"group", "search"} and not name] == []
        assert any(role == "StaticText" and "status and headers are final from here" in (name or "") for role, name in named)
