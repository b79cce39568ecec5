"""The page: what it tells, and that nothing from outside gets into it or out of it."""

import base64
import dataclasses
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest

from respstart import formats
from respstart.formats.groups import KEPT
from respstart.formats.html import DETAILED, _asset
from respstart.model import Place, RequestInfo, TrailEntry, Writer
from respstart.rules import RULES

pytestmark = pytest.mark.once

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")
VOID = {"meta", "link", "input", "br", "img"}
MARKUP = (
    "<script>alert(1)</script>", "</title></style></script><img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' autofocus onfocus='alert(1)",
    "<!--", "]]>", "{{ 7*7 }}{% raw %}", "&lt;&#0;&amp;", "javascript:alert(1)", "<a href=https://evil.example>",
)  # fmt: skip

LINES = ["import csv", "", "", "def stream_rows():", "    header_row = 'a'", "", "    yield header_row", "    yield 'b'", "", "SECRET = 1"]


class Parsed(HTMLParser):
    """A page as its elements: (name, attributes) in order, the text in them, and what was never closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page(*findings):
    return formats.for_name("html")([finding.to_dict() for finding in findings])


def words(text):
    return " ".join("".join(Parsed(text).text).split())


class TestContent:
    """What the page tells."""

    def test_both_writers_the_fix_and_the_rule(self, make_finding):
        told = words(page(make_finding()))
        for part in (
            "1 defect in 1 finding", "RS103 late-cookie", "shop/export.py:41 in stream_rows", "shop/session.py:17 in save", "yield header_row",
            "response.set_cookie('cart', token)", "status and headers are final from here", "4.2 ms too late: lost", "200 on the wire",
            "Set the cookie on the response before it is returned", RULES["RS103"].summary, "What it detects",
            "while serving another request: POST /cart", "9 frames of starlette", "KeyError: 'cart'", "explicit: no user code made the call",
        ):  # fmt: skip
            assert part in told, part

    def test_the_same_defect_is_told_once_and_says_what_is_left_out(self, make_finding):
        tests = [{"test": f"tests/test_a.py::test_{number}"} for number in range(25)]
        text = formats.for_name("html")([make_finding().to_dict() | test for test in tests])
        assert len(Parsed(text).all("article")) == 1
        assert "Seen 25 times, in 25 tests" in words(text)
        assert f"{25 - KEPT} more are left out here." in words(text)
        assert "tests/test_a.py::test_19" in text
        assert "tests/test_a.py::test_20" not in text

    def test_when_a_defect_was_last_seen(self, make_finding):
        text = page(*(make_finding(timestamp=f"2026-03-01T10:0{minute}:59.120Z") for minute in (2, 4)))
        assert "last 2026-03-01 10:04:59 UTC" in words(text)
        assert '<th scope="col">time</th>' in text
        assert "<time>2026-03-01T10:02:59.120Z</time>" in text
        assert "UTC" not in words(page(make_finding(timestamp=None)))  # of a version that did not tell

    def test_elements_are_closed_and_headings_in_order(self, make_finding):
        text = page(make_finding(), make_finding(rule="RS404", level="warning", fingerprint="00000001"))
        parsed = Parsed(text)
        assert not parsed.open
        levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        assert re.findall(r"<(h\d)>What it detects</h\d>", text) == ["h4", "h4"]
        ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        targets = [link["href"][1:] for link in parsed.all("a")]
        assert set(targets) <= set(ids)

    def test_no_finding(self):
        assert "No findings Nothing came too late." in words(page())

    def test_nobody_is_invented(self, make_finding):
        nobody = Writer(None, None, None, None, "unknown", "code in C")
        told = words(page(make_finding(first_writer=nobody, late_writer=None, late_in=None)))
        assert "Nobody that could be named: code in C" in told
        assert "Nobody that could be named: between the first chunk and the end" in told

    def test_a_finding_without_a_timeline_has_no_picture(self, make_finding):
        assert "<figure" not in page(make_finding(trail=()))

    def test_a_rule_of_a_later_version_has_no_page(self, make_finding):
        parsed = Parsed(page(make_finding(rule="RS899")))
        assert [link["href"] for link in parsed.all("a")] == ["#main", "#f-0badcafe"]

    def test_a_long_timeline_keeps_the_start_and_the_own_change(self, make_finding):
        many = [TrailEntry(20.0 + number, "late", None, "set_status") for number in range(40)]
        trail = (*make_finding().trail[:1], *many[:20], make_finding().trail[1], make_finding().trail[2], *many[20:], make_finding().trail[3])
        text = page(make_finding(trail=trail))
        told = words(text[text.index('<ol class="steps">') : text.index("</figure>")])
        assert "started, status 200" in told
        assert "set_cookie cart" in told
        assert told.count("more steps") == 2
        assert told.count("set_status") < 12


class TestSource:
    """The lines around a writer's."""

    def told(self, make_finding, tmp_path, lines=LINES, name="export.py", **changes):
        file = tmp_path / "shop" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes("\n".join(lines).encode("latin-1"))
        writer = dataclasses.replace(make_finding().first_writer, file=str(file), line=7, source="yield header_row")
        text = page(make_finding(first_writer=dataclasses.replace(writer, **changes)))
        return re.findall(r"<(mark|span)><span class=\"number\">(\d+)</span><span.*?</span><span>(.*?)</span>", text[: text.index("Changed by</h3>")])

    def test_three_before_and_after_without_blank_ends(self, make_finding, tmp_path):
        assert self.told(make_finding, tmp_path) == [
            ("span", "4", "def stream_rows():"), ("span", "5", "    header_row = &#39;a&#39;"), ("span", "6", " "),
            ("mark", "7", "    yield header_row"), ("span", "8", "    yield &#39;b&#39;"), ("span", "9", " "), ("span", "10", "SECRET = 1"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "changes",
        [
            {"lines": ["", *LINES]}, {"line": 99}, {"name": "export.txt"}, {"lines": ["# coding: no-such", *LINES[1:]]},
            {"lines": [*LINES, "\xff"]}, {"lines": [*LINES, "x" * 2_000_001]}, {"file": "/no/such/file.py"}, {"file": "a\0b.py"},
        ],
    )  # fmt: skip
    def test_only_the_line_of_the_finding_where_the_file_is_another(self, changes, make_finding, tmp_path):
        ((tag, _, text),) = self.told(make_finding, tmp_path, **changes)
        assert (tag, text) == ("mark", "yield header_row")

    def test_no_line_of_a_file_that_the_finding_did_not_tell(self, make_finding, tmp_path):
        assert self.told(make_finding, tmp_path, source="") == []
        assert self.told(make_finding, tmp_path, line=6, source="") == []

    def test_tabs_and_controls(self, make_finding, tmp_path):
        lines = ["\tif x:", "\t\tyield header_row", "\t\tprint('\x1b[31m')"]
        assert [text for _, _, text in self.told(make_finding, tmp_path, lines, line=2)] == [
            "if x:", "    yield header_row", "    print(&#39;\\x1b[31m&#39;)",
        ]  # fmt: skip


class TestOutside:
    """Nothing comes in, nothing goes out."""

    def test_the_policy_allows_this_style_and_this_script_alone(self, make_finding):
        text = page(make_finding())
        ((policy,),) = [[meta["content"]] for meta in Parsed(text).all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
        parts = dict(part.split(" ", 1) for part in policy.split("; "))
        assert parts["default-src"] == "'none'"
        for tag, directive in (("style", "style-src"), ("script", "script-src")):
            (inner,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
            assert parts[directive] == f"'sha256-{digest}'"
        assert "unsafe" not in policy

    def test_no_address(self, make_finding):
        findings = [make_finding(rule=rule, fingerprint=f"{number:08x}") for number, rule in enumerate(RULES)]
        text = page(*findings)
        parsed = Parsed(text)
        for _, attributes in parsed.elements:
            assert not attributes.keys() & {"src", "srcset", "action", "style", "ping", "background", "poster", "data"}
            assert attributes.get("href", "#").startswith(("#", "data:,"))
        assert not re.search(r"url\(|@import|https?:", _asset("page.css") + _asset("page.js"))

    @pytest.mark.parametrize("markup", MARKUP)
    def test_markup_is_text(self, markup, make_finding):
        plain = make_finding()
        nasty = dataclasses.replace(
            plain, name=markup, message=markup, operation=markup, subject=markup, fix=markup, late_window=markup, trace_id=markup,
            request=RequestInfo(markup, markup, markup, markup, markup, markup, markup),
            response=dataclasses.replace(plain.response, headers=(markup,), complete=markup),
            first_writer=Writer(markup, 1, markup, markup, markup, markup, markup), late_writer=Writer(markup, 2, markup, markup, markup, markup, markup),
            ended_at=Place(markup, 3, markup), trail=(*plain.trail, TrailEntry(9.5, markup, None, markup)), passed_over=(markup,),
            stacks=dataclasses.replace(plain.stacks, late=(dataclasses.replace(plain.stacks.late[1], filename=markup, name=markup, line=markup),)),
            exception=dataclasses.replace(plain.exception, type=markup, message=markup), test=markup,
        )  # fmt: skip
        harmless, hurt = Parsed(page(make_finding(test="t", first_writer=dataclasses.replace(plain.first_writer, package="p"),
                                                  late_writer=dataclasses.replace(plain.late_writer, package="p")))), Parsed(page(nasty))
        kinds = {"script": 1, "style": 1, "title": 1, "img": 0, "svg": 2}
        for tag, count in kinds.items():
            assert (len(harmless.all(tag)), len(hurt.all(tag))) == (count, count)
        names = {name for _, attributes in harmless.elements for name in attributes}
        assert {name for _, attributes in hurt.elements for name in attributes} <= names
        assert not hurt.open
        assert "".join(hurt.text).count(markup.strip()) > 10

    def test_nothing_steers(self, hostile_finding):
        text = page(hostile_finding)
        assert not CONTROLS.search(text)
        assert len(text) < 200_000
        text.encode()


class TestMany:
    """Thousands."""

    def test_of_one_defect(self, make_finding):
        text = formats.for_name("html")([make_finding().to_dict()] * 3000)
        assert "Seen 3000 times" in words(text)
        assert len(text) < 100_000

    def test_of_thousands_of_defects(self, make_finding):
        data = make_finding().to_dict()
        text = formats.for_name("html")([data | {"fingerprint": f"{number:08x}"} for number in range(3000)])
        parsed = Parsed(text)
        assert len(parsed.all("article")) == DETAILED
        assert len(parsed.all("tr")) > 3000
        assert f"The first {DETAILED} are told in full below; the other {3000 - DETAILED} are only listed here." in words(text)
        assert len(text) < 6_000_000


def colours(css):
    """The palettes: light, and dark on top of it."""
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2])
    return [light, light | dark]


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_contrast(scheme):
    """At least 4.5 to 1 (WCAG 2.2, 1.4.3) for every colour of text on every ground that it stands on."""
    palette = colours(_asset("page.css"))[scheme]
    grounds = {"ink": ("ground", "card", "code", "green-ground", "red-ground"), "soft": ("ground", "card", "code", "green-ground", "red-ground"),
               "green": ("ground", "card", "green-ground"), "red": ("ground", "card", "red-ground"), "amber": ("card",)}  # fmt: skip
    for ink, those in grounds.items():
        for ground in those:
            low, high = sorted((luminance(palette[ink]), luminance(palette[ground])))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, ground)
