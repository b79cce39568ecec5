"""`respstart watch FILE`: in a terminal, and where there is none."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import threading

import pytest
from rich.cells import cell_len
from rich.console import Console

from respstart import cli
from respstart.cli.watch_terminal import Screen
from respstart.formats.following import Following
from respstart.reporters import plain

pytestmark = pytest.mark.once

PATIENCE = 30
COMMAND = [sys.executable, "-m", "respstart", "watch"]
# It is the controlling terminal that turns Ctrl-C into a signal.
OWN_TERMINAL = "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
ESCAPES = re.compile(r"\x1b(\[[\d;?]*[a-zA-Z]|[=>])")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "findings.jsonl"


@pytest.fixture
def write(path, make_finding):
    """Append a finding, with changes."""

    def append(**changes):
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(make_finding(**changes).to_dict()) + "\n")

    return append


@pytest.fixture
def environment():
    names = ("CI", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    return {name: value for name, value in os.environ.items() if name not in names} | {"TERM": "xterm", "PYTHONIOENCODING": "utf-8"}


def view(screen, width=120, height=40):
    screen._take()
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    console.print(screen.view(width, height))
    return console.file.getvalue().splitlines()


class TestView:
    """What the screen shows."""

    @pytest.fixture
    def screen(self, path, write):
        write(fingerprint="00000001")
        write(fingerprint="00000002", subject="basket")
        write(fingerprint="00000001")
        return Screen(Following([path]), ["findings.jsonl"])

    def rows(self, lines):
        head = next(number for number, line in enumerate(lines) if line.split()[:2] == ["seen", "defect"])
        return [line.split() for line in lines[head + 1 : head + 3]]

    def test_the_newest_first_with_its_count_and_selected(self, screen):
        lines = view(screen)
        assert re.fullmatch(r"respstart watch  findings\.jsonl +3 findings, 2 defects", lines[0])
        assert [row[:5] for row in self.rows(lines)] == [["❱", "2", "RS103", "late-cookie", "cart"], ["1", "RS103", "late-cookie", "basket", "shop/export.py:41"]]

    @pytest.mark.parametrize(("height", "parts"), [(60, ("final from here", "╭─ Started by")), (32, ("╭─ Started by",)), (12, ("  started by  shop/export.py:41",))])
    def test_as_much_of_the_selected_one_as_there_is_room_for(self, height, parts, screen):
        lines = view(screen, height=height)
        assert len(lines) <= height
        for part in parts:
            assert any(part in line for line in lines)
        assert any("final from here" in line for line in lines) == (height == 60)

    def test_a_narrow_terminal_gets_the_two_places(self, screen):
        lines = view(screen, width=80)
        assert "  started by  shop/export.py:41 in stream_rows  <- look here first" in lines
        assert "  changed by  shop/session.py:17 in save" in lines
        assert max(map(cell_len, lines)) <= 80

    def test_another_one_is_selected_and_stays_so(self, screen, write):
        view(screen)
        assert screen._select("down")
        assert screen._select("down")  # there is no third
        assert [row[0] for row in self.rows(view(screen))] == ["2", "❱"]
        write(fingerprint="00000003")
        assert screen._shown[screen._number()].first.fingerprint == "00000002"
        view(screen)
        assert screen._shown[screen._number()].first.fingerprint == "00000002"
        for _ in range(3):
            screen._select("up")
        write(fingerprint="00000004")
        view(screen)
        assert screen._number() == 0, "at the top the newest is shown, whichever that is"

    def test_many_defects_scroll(self, path, write):
        for number in range(50):
            write(fingerprint=f"{number:08x}", subject=f"cookie{number}")
        screen = Screen(Following([path]), ["f"])
        view(screen)
        for _ in range(30):
            screen._select("down")
        lines = view(screen, height=30)
        assert len(lines) <= 30
        assert [line.split()[4] for line in lines if line.startswith("❱")] == ["cookie19"]

    def test_nothing_yet(self, path):
        assert "Nothing came too late yet." in view(Screen(Following([path]), ["f"]))

    def test_what_is_no_finding_is_said(self, screen, path):
        path.write_text(path.read_text() + "strange\n")
        said = " ".join(" ".join(view(screen)[-5:]).split())  # folded where the path is long
        assert said.endswith(": 1 line is no finding")

    def test_hostile_text(self, path, hostile_finding):
        path.write_text(json.dumps(dataclasses.asdict(hostile_finding)) + "\n")
        lines = view(Screen(Following([path]), ["\x1b[2J"]), height=60)
        assert all(line.isprintable() for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
class TestTerminal:
    """The command, in a real terminal."""

    @pytest.fixture
    def watching(self, path, environment):
        import fcntl
        import pty
        import struct
        import termios

        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        before = termios.tcgetattr(theirs)
        process = subprocess.Popen(
            [sys.executable, "-c", OWN_TERMINAL, *COMMAND, path], cwd=path.parent, stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
        )  # fmt: skip
        yield process, ours
        process.kill()
        process.wait(PATIENCE)
        after = termios.tcgetattr(theirs)
        os.close(theirs)
        os.close(ours)
        assert after[3] == before[3], "the terminal echoes again"

    def told(self, ours, part):
        """What the terminal is told, until this is part of it."""
        text = ""
        while part not in ESCAPES.sub("", text):
            ready, _, _ = select.select([ours], [], [], PATIENCE)
            assert ready, f"{part!r} did not come: {text[-2000:]!r}"
            text += os.read(ours, 65536).decode("utf-8", "replace")
        return text

    @pytest.mark.parametrize("end", [b"q", b"\x03"])
    def test_comes_and_goes(self, end, watching, write):
        process, ours = watching
        begin = self.told(ours, "Nothing came too late yet.")
        assert "\x1b[?1049h" in begin, "a screen of its own"
        write()
        self.told(ours, "1 finding, 1 defect")
        write(fingerprint="00000002", subject="basket")
        self.told(ours, "2 findings, 2 defects")
        os.write(ours, b"\x1b[B")
        self.told(ours, "❱    1 RS103 late-cookie cart")
        os.write(ours, end)
        assert "\x1b[?1049l" in self.rest(ours)
        assert process.wait(PATIENCE) == 0

    def rest(self, ours):
        text = b""
        with contextlib.suppress(OSError):
            while b"\x1b[?1049l" not in text and select.select([ours], [], [], PATIENCE)[0]:
                text += os.read(ours, 65536)
        return text.decode("utf-8", "replace")


class TestElsewhere:
    """Without a terminal: the list, as it comes."""

    @pytest.fixture
    def watching(self, path, environment):
        process = subprocess.Popen(
            [*COMMAND, path], cwd=path.parent, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
        )
        yield process
        process.kill()
        process.communicate(timeout=PATIENCE)

    def until_summary(self, process):
        lines = []
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        while not lines or not lines[-1].startswith("SUMMARY"):
            lines.append(process.stdout.readline())
            assert lines[-1], process.communicate()
        watchdog.cancel()
        return "".join(lines)

    def test_each_new_finding_as_it_comes(self, watching, write, make_finding, path):
        write()
        assert self.until_summary(watching) == plain.render(make_finding(), str(path.parent))
        write()
        assert self.until_summary(watching).endswith("changed shop/session.py:17 save (seen 2 times)\n")
        write(fingerprint="00000002")
        assert self.until_summary(watching).count("\n") > 10
        watching.send_signal(signal.SIGINT)
        assert watching.wait(PATIENCE) == 0
        assert watching.stderr.read() == ""

    def test_a_stream_that_knows_only_ascii(self, path, write, environment):
        write(message="naïve")
        environment |= {"PYTHONIOENCODING": "ascii"}
        with subprocess.Popen([*COMMAND, path], cwd=path.parent, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert self.until_summary(process).startswith("RS103 late-cookie: na\\xefve\n")
            process.kill()

    def test_a_port_without_a_page(self, capsys):
        assert cli.main(["watch", "--port", "8000", "findings.jsonl"]) == 2
        assert "respstart watch --web --port N FILE" in capsys.readouterr().err
