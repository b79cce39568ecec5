"""The picture on a wide terminal: the same story as the list, both lines of code side by side, and nothing that breaks the frame."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import random
import re
import subprocess
import sys

import pytest
from rich.cells import cell_len

from respstart.model import Stacks, TrailEntry, Writer
from respstart.reporters import plain, pretty
from respstart.reporters.console import Console, wants_picture
from respstart.reporters.links import linked
from respstart.reporters.terminal import Terminal, examined

ESCAPES = re.compile(r"\x1b\[[\d;]*m")
LINK = re.compile(r"\x1b\]8;;(.*?)\x1b\\(.*?)\x1b\]8;;\x1b\\")


def terminal(width=100, *, colour=False, links=False, symbols=True):
    return Terminal(width, is_terminal=True, colour=colour, links=links, symbols=symbols)


def rendered(finding, **options):
    return pretty.render(finding, os.getcwd(), terminal(**options))


@pytest.fixture
def shop(make_finding, tmp_path):
    """A finding whose two files exist."""
    (tmp_path / "shop").mkdir()
    export = ["def stream_rows():", "    header_row = 'order,item'", "    yield header_row", "    yield from rows()", "", "SECRET = 1"]
    session = ["def save(response, token):", "    response.set_cookie('cart', token)"]
    (tmp_path / "shop" / "export.py").write_text("\n" * 38 + "\n".join(export), encoding="utf-8")
    (tmp_path / "shop" / "session.py").write_text("\n" * 15 + "\n".join(session), encoding="utf-8")
    return make_finding()


class TestContent:
    """What is told, and in which order."""

    @pytest.mark.parametrize("width", [100, 120, 200])
    def test_the_order_of_the_parts(self, width, shop):
        lines = rendered(dataclasses.replace(shop, seen=12), width=width).splitlines()
        marks = [
            r"RS103 late-cookie  cookie cart was set", r"  GET /export/7  id 3f2a91  status 200 on the wire",
            r"  started by  shop/export.py:41 in stream_rows  <- look here first", r"  changed by  shop/session.py:17 in save",
            r" +client +stream_rows +save$", r" +0\.0 ms +│─+ GET /export/7 ─+▶│ +│$", r" +│ +● response built +│$",
            r" +1\.2 ms +◀━+ started, status 200 ━+◆ +│$", r" +─+ status and headers are final from here ─+$",
            r" +5\.5 ms +✗ ┄+ set_cookie cart, 4\.2 ms too late: lost ┄+●$", r" +9\.0 ms +◀─+ end 3 chunks, 1234 bytes ─+│ +│$",
            r"╭─ Started by shop/export\.py:41 ─+╮ ╭─ Changed by shop/session\.py:17 ─+╮$", r"  fix ", r"  more        respstart explain RS103",
            r"  seen        12 times so far",
            r"SUMMARY: respstart RS103 late-cookie: started shop/export.py:41 stream_rows; changed shop/session.py:17 save$",
        ]  # fmt: skip
        found = [[number for number, line in enumerate(lines) if re.match(mark, line)] for mark in marks]
        assert [len(numbers) for numbers in found] == [1] * len(marks), [mark for mark, numbers in zip(marks, found, strict=True) if len(numbers) != 1]
        assert found == sorted(found)
        assert found[-1] == [len(lines) - 1]

    def test_both_lines_of_code_with_two_lines_around_them(self, shop):
        left, right = cards(rendered(shop))
        assert left[:5] == ["  39  def stream_rows():", "  40      header_row = 'order,item'", "❱ 41      yield header_row", "  42      yield from rows()", ""]
        assert right[:3] == ["  16  def save(response, token):", "❱ 17      response.set_cookie('cart', token)", ""]
        assert "SECRET" not in rendered(shop)

    def test_frames_of_the_user_are_listed_and_those_of_frameworks_folded(self, shop):
        left, right = cards(rendered(shop))
        assert left[left.index("stack of the start, most recent last") :][1:3] == ["  ... 9 frames of starlette folded", "  shop/export.py:41 in stream_rows"]
        assert right[right.index("stack of the late change, most recent last") :][1:3] == ["  ... 1 frame of starlette folded", "  shop/session.py:17 in save"]

    def test_a_line_of_code_that_is_too_long_is_told_on_several_lines(self, shop):
        long = dataclasses.replace(shop.late_writer, source=f"response.set_cookie({', '.join(f'argument_{number}' for number in range(12))})")
        _, right = cards(rendered(dataclasses.replace(shop, late_writer=long)))
        told = right[: right.index("")]
        assert len(told) == 3
        assert told[0].startswith("❱ 17  response.set_cookie(argument_0,")
        assert told[2].endswith("…")

    def test_the_other_task_and_the_other_places_are_told_as_in_the_list(self, shop):
        told = rendered(shop, width=120)
        for part in ("while serving another request: POST /cart  id 77aa", "in task Task-8; the start was in task Task-3", "created at shop/session.py:9",
                     "returned at shop/export.py:61 in export", "exception   KeyError: 'cart'"):  # fmt: skip
            assert part in told
            assert part in plain.render(shop, os.getcwd())

    def test_nobody_is_accused_when_nobody_can_be_named(self, make_finding):
        nobody = Writer(None, None, None, None, "unknown", "code in C")
        told = rendered(make_finding(first_writer=nobody, late_writer=None), width=120)
        assert "  started by  nobody that could be named: code in C\n" in told
        assert "  changed by  nobody that could be named: between the first chunk and the end\n" in told
        assert "look here first" not in told
        assert [card[0] for card in cards(told)] == ["nobody that could be named: code in C", "nobody that could be named: between the first chunk and"]

    def test_one_function_that_did_both_has_one_lane(self, make_finding):
        both = make_finding().first_writer
        told = rendered(make_finding(late_writer=dataclasses.replace(both, line=44), late_in=None))
        assert re.search(r"^ +client +stream_rows$", told, re.MULTILINE)
        assert re.search(r"✗ ┄+ set_cookie cart, 4\.2 ms too late: lost ┄+●$", told, re.MULTILINE)

    def test_a_long_timeline_keeps_the_start_and_the_own_change(self, make_finding):
        many = [TrailEntry(20.0 + number, "late", None, "set_status") for number in range(40)]
        first, started, late, end = make_finding().trail
        told = rendered(make_finding(trail=(first, *many[:20], started, late, *many[20:], end)))
        assert told.count("more steps") == 2
        assert "started, status 200" in told
        assert "set_cookie cart" in told
        assert "┃" in told, "what the client has is sealed after the start"

    def test_a_finding_without_a_timeline_and_without_stacks(self, make_finding):
        told = rendered(make_finding(trail=(), stacks=Stacks()))
        assert "final from here" not in told
        assert "Started by" in told


def cards(text):
    """The lines of the two cards, without their frames."""
    rows = [row for row in text.splitlines() if row.startswith("│")]
    both = [re.fullmatch(r"│ (.*?) *│ │ (.*?) *│", row).groups() for row in rows]
    return [left for left, _ in both], [right for _, right in both]


class TestFrame:
    """Whatever comes from outside, the picture holds."""

    @pytest.mark.parametrize("width", [100, 120, 200])
    @pytest.mark.parametrize("name", ["shop", "日本語" * 20, "e\u0301" * 60, "x" * 400])
    def test_no_line_of_picture_and_cards_is_too_wide(self, name, width, make_finding):
        plain_one = make_finding()
        writer = dataclasses.replace(plain_one.late_writer, function=name, source=f"{name} = 1")
        told = rendered(make_finding(late_writer=writer, subject=name, request=dataclasses.replace(plain_one.request, path=f"/{name}")), width=width)
        if len(name) > 10:
            assert re.search(rf"│ ❱ 17  {name[:10]}", told), "the line is cut, not moved"
        drawn = [line for line in told.splitlines() if line.startswith(("│", "╭", "╰")) or " ms " in line[:14]]
        assert len(drawn) > 6
        assert max(map(cell_len, drawn)) <= min(width, 120)
        assert {cell_len(line) for line in drawn if line.startswith(("│", "╭", "╰"))} == {2 * (min(width, 120) // 2 - 1) + 1}

    def test_hostile_text_is_shown_and_not_obeyed(self, hostile_finding):
        told = rendered(hostile_finding)
        assert all(line.isprintable() for line in told.split("\n"))
        assert told.encode()
        assert len(told) < 30_000
        assert [line[:5] for line in told.split("\n") if line.startswith("RS")] == ["RS103"]

    def test_markup_of_rich_is_text(self, make_finding):
        markup = "[bold red]x[/bold red] [link=file:///etc/passwd]y[/link] :smile: [/]"
        told = rendered(make_finding(message=markup, subject=markup, fix=markup), colour=True, width=120)
        assert ESCAPES.sub("", told).count(markup) == 3
        assert "\x1b]8" not in told

    def test_colour_is_all_that_differs(self, shop):
        coloured = rendered(shop, colour=True)
        assert "\x1b[1;32m❱ 41" in coloured
        assert "\x1b[1;31m❱ 17" in coloured
        assert ESCAPES.sub("", coloured) == rendered(shop)

    def test_a_stream_that_knows_only_ascii(self, shop):
        told, ascii_only = rendered(shop), rendered(shop, symbols=False)
        assert ascii_only.isascii()
        assert [len(line) for line in ascii_only.splitlines()] == [len(line) for line in told.splitlines()]
        assert re.search(r"^\| > 41      yield header_row", ascii_only, re.MULTILINE)
        assert re.search(r"X \.+ set_cookie cart, 4\.2 ms too late: lost \.+o$", ascii_only, re.MULTILINE)

    def test_the_random_numbers_of_the_application_are_left_alone(self, shop):
        random.seed(7)
        before = random.getstate()
        linked(rendered(shop, colour=True), shop, os.getcwd())
        assert random.getstate() == before


class TestLinks:
    """Places that a terminal opens."""

    def test_each_place_leads_to_its_file(self, shop, tmp_path):
        text = linked(rendered(shop), shop, os.getcwd())
        found = LINK.findall(text)
        assert {("shop/export.py:41", (tmp_path / "shop" / "export.py").as_uri()), ("shop/session.py:17", (tmp_path / "shop" / "session.py").as_uri())} <= {
            (place, address) for address, place in found
        }
        assert LINK.sub(r"\2", text) == rendered(shop)
        assert "\x1b" not in text.splitlines()[-1]

    def test_not_in_the_middle_of_a_longer_place(self, make_finding):
        finding = make_finding(message="see other/shop/export.py:41, shop/export.py:410 and shop/export.py:41")
        first_line = linked(plain.render(finding, os.getcwd()), finding, os.getcwd()).split("\n\n")[0]
        assert first_line.count("\x1b]8;;file:") == 1
        assert first_line.split("\n  GET")[0].endswith("\x1b]8;;\x1b\\")

    @pytest.mark.parametrize("file", ["<string>", "", "relative.py", "/nul\0.py", "/lone\ud83d.py", "/esc\x1b]8;;x\x07.py"])
    def test_what_is_no_path_is_no_link(self, file, make_finding):
        finding = make_finding(first_writer=Writer(file, 1, "f", None, "built", "r"))
        text = linked(plain.render(finding, None), finding, None)
        assert all(re.fullmatch(r"file:///[!-~]*", address) for address, _ in LINK.findall(text))
        assert LINK.sub(r"\2", text).count("\x1b") == 0


class Stream(io.StringIO):
    encoding = "utf-8"

    def __init__(self, *, is_terminal=True, encoding="utf-8"):
        super().__init__()
        self._is_terminal = is_terminal
        self.encoding = encoding

    def isatty(self):
        return self._is_terminal


class TestTerminal:
    """What a stream can show."""

    @pytest.mark.parametrize(
        ("stream", "environ", "wanted"),
        [
            (Stream(), {"COLUMNS": "140"}, Terminal(140, True, True, True, True)),
            (Stream(), {}, Terminal(80, True, True, True, True)),
            (Stream(), {"COLUMNS": "wide"}, Terminal(80, True, True, True, True)),
            (Stream(), {"TERM": "dumb", "COLUMNS": "140"}, Terminal(140, True, False, False, True)),
            (Stream(), {"TERM": "linux"}, Terminal(80, True, True, False, True)),
            (Stream(), {"NO_COLOR": "1"}, Terminal(80, True, False, True, True)),
            (Stream(encoding="cp437"), {}, Terminal(80, True, True, True, False)),
            (Stream(encoding="ascii"), {}, Terminal(80, True, True, True, False)),
            (Stream(encoding="no-such"), {}, Terminal(80, True, True, True, False)),
            (Stream(is_terminal=False), {"FORCE_COLOR": "1"}, Terminal(120, False, True, False, True)),
            (Stream(is_terminal=False), {"COLUMNS": "90"}, Terminal(90, False, False, False, True)),
            (None, {}, Terminal(120, False, False, False, True)),
            (object(), {}, Terminal(120, False, False, False, True)),
        ],
    )
    def test_examined(self, stream, environ, wanted):
        assert examined(stream, environ) == wanted

    @pytest.mark.parametrize(("environ", "good"), [({}, False), ({"WT_SESSION": "1"}, True)])
    def test_the_old_console_of_windows(self, environ, good, monkeypatch):
        monkeypatch.setattr("respstart.reporters.terminal._WINDOWS", True)
        assert (examined(Stream(), environ).symbols, examined(Stream(), environ).links) == (good, good)
        assert examined(Stream(is_terminal=False), environ).symbols

    @pytest.mark.parametrize(
        ("output", "seen", "environ", "wanted"),
        [
            ("auto", terminal(100), {}, True), ("auto", terminal(99), {}, False), ("auto", terminal(100), {"CI": "true"}, False),
            ("auto", terminal(100), {"TERM": "dumb"}, False), ("auto", dataclasses.replace(terminal(120), is_terminal=False), {}, False),
            ("pretty", terminal(100), {"CI": "true"}, True), ("pretty", terminal(99), {}, False),
            ("pretty", dataclasses.replace(terminal(120), is_terminal=False), {}, True), ("plain", terminal(200), {}, False),
        ],
    )  # fmt: skip
    def test_where_the_picture_is_drawn(self, output, seen, environ, wanted):
        assert wants_picture(output, seen, environ) is wanted


class TestConsole:
    """The reporter, which is never without words."""

    @pytest.fixture
    def stream(self, monkeypatch):
        for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "100")
        return Stream()

    def reported(self, stream, finding, evidence, output="auto"):
        with contextlib.redirect_stderr(stream):
            Console(output).report(finding, evidence)
        return ESCAPES.sub("", LINK.sub(r"\2", stream.getvalue()))

    def test_a_wide_terminal_gets_the_picture(self, stream, shop, evidence):
        assert self.reported(stream, shop, evidence) == rendered(shop)

    @pytest.mark.parametrize(("name", "value"), [("COLUMNS", "99"), ("CI", "true"), ("TERM", "dumb")])
    def test_else_the_list(self, name, value, stream, shop, evidence, monkeypatch):
        monkeypatch.setenv(name, value)
        assert self.reported(stream, shop, evidence) == plain.render(shop, os.getcwd())

    def test_without_rich_the_list_and_only_who_asked_is_told_why(self, stream, shop, evidence, monkeypatch):
        monkeypatch.delitem(sys.modules, "respstart.reporters.pretty")
        monkeypatch.delattr("respstart.reporters.pretty")
        monkeypatch.setitem(sys.modules, "rich.console", None)
        assert self.reported(stream, shop, evidence) == plain.render(shop, os.getcwd())
        stream.truncate(0)
        console = Console("pretty")
        with contextlib.redirect_stderr(stream):
            console.report(shop, evidence)
            console.report(shop, evidence)
        told = stream.getvalue()
        assert told.count("respstart: output=pretty needs rich: python -m pip install 'respstart[pretty]'\n") == 1
        assert told.count("SUMMARY") == 2

    def test_a_failure_of_rich_falls_back_to_the_list_for_good(self, stream, shop, evidence, monkeypatch):
        calls = []

        def failing(*arguments, **keywords):
            calls.append(arguments)
            raise ZeroDivisionError

        monkeypatch.setattr("rich.console.Console.print", failing)
        console = Console("auto")
        with contextlib.redirect_stderr(stream):
            console.report(shop, evidence)
            console.report(shop, evidence)
        assert stream.getvalue().count("SUMMARY") == 2
        assert len(calls) == 1


PROGRAM = """
import respstart
respstart.install(otel="off")

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"a"
    start_response("500 Oops", [])

from wsgiref.handlers import SimpleHandler
import io
class Quiet(SimpleHandler):
    def log_exception(self, exc_info): pass
Quiet(io.BytesIO(), io.BytesIO(), io.StringIO(), {"REQUEST_METHOD": "GET", "PATH_INFO": "/a", "SERVER_PROTOCOL": "HTTP/1.1"}).run(app)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize(("columns", "picture"), [(80, False), (120, True)])
def test_on_a_real_terminal(columns, picture, tmp_path):
    (tmp_path / "shop.py").write_text(PROGRAM, encoding="utf-8")
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESPSTART")}
    for name in ("CI", "COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "shop.py"], cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, env={**environment, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
    )
    os.close(theirs)
    told = b""
    with contextlib.suppress(OSError):  # Linux ends a pseudo-terminal with EIO
        while part := os.read(ours, 65536):
            told += part
    os.close(ours)
    assert process.wait(30) == 0
    text = told.decode().replace("\r\n", "\n")
    assert ("shop.py:6", (tmp_path / "shop.py").as_uri()) in [(place, address) for address, place in LINK.findall(text)]
    assert ("╭" in text) == picture
    assert re.search(r"^SUMMARY: respstart RS201 second-start: started shop\.py:6 app; changed shop\.py:8 app$", text, re.MULTILINE)
    assert "\x1b[31m" in text or "\x1b[1;31m" in text
