"""Files that respstart writes are their owner's alone, and no trap in a shared folder makes it write anywhere else."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import respstart
from privacy import shop
from privacy.test_abuse import late
from programs import environment
from respstart.cli import main

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no shared folders with links of others")

LINK, FOREIGN = "it is a symbolic link in a folder that everybody may write to", "it is somebody else's file in a folder that everybody may write to"


def by_the_setting(path):
    """`file`: JSON lines."""
    with respstart.tracing(output="off", otel="off", file=str(path)):
        shop.ask_wsgi(respstart.wsgi(late("x-late")), "/", "", "")


def by_the_command(path):
    """`respstart report --output`."""
    with tempfile.TemporaryDirectory() as folder:
        findings = Path(folder, "findings.jsonl")
        by_the_setting(findings)
        main(["report", str(findings), "--output", str(path), "--format", "html"])


TESTS = """
import respstart
from privacy import shop
from privacy.test_abuse import late

def test_shop():
    shop.ask_wsgi(respstart.wsgi(late("x-late")), "/", "", "")
"""


def by_pytest(*options):
    """What a run of tests leaves behind."""

    def write(path):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "test_shop.py").write_text(TESTS)
            command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--trace-response-start", *(option.format(path) for option in options)]
            print(subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False).stdout)

    return write


WRITERS = {
    "the setting": by_the_setting,
    "the command": by_the_command,
    "pytest's report": by_pytest("--response-start-report={}"),
    "pytest's baseline": by_pytest("--response-start-baseline={}", "--response-start-update-baseline"),
}


@pytest.fixture(params=WRITERS)
def write(request):
    """Every way in which respstart writes a file."""
    return WRITERS[request.param]


@pytest.fixture
def shared(tmp_path):
    """A folder that everybody may write to, like /tmp."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def test_a_file_is_its_owners_alone_whatever_the_umask(write, shared):
    before = os.umask(0)
    try:
        write(shared / "findings.json")
    finally:
        os.umask(before)
    assert "RS101" in (shared / "findings.json").read_text()
    assert stat.S_IMODE((shared / "findings.json").stat().st_mode) == 0o600


def test_no_link_is_followed_in_a_shared_folder(write, shared, tmp_path, capfd):
    victim = tmp_path / "authorized_keys"
    victim.write_text("mine\n")
    (shared / "findings.json").symlink_to(victim)
    write(shared / "findings.json")
    assert victim.read_text() == "mine\n"
    assert LINK in "".join(capfd.readouterr())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_nothing_is_written_to_a_file_that_somebody_else_has_put_there(write, shared, capfd):
    trap = shared / "findings.json"
    trap.write_text("theirs\n")
    os.chown(trap, 65534, 65534)
    write(trap)
    assert trap.read_text() == "theirs\n"
    assert FOREIGN in "".join(capfd.readouterr())


@pytest.mark.parametrize("write", [by_the_setting, by_the_command])
def test_a_link_in_ones_own_folder_is_followed(write, tmp_path):
    (tmp_path / "findings.json").symlink_to(tmp_path / "elsewhere.json")
    write(tmp_path / "findings.json")
    assert "RS101" in (tmp_path / "elsewhere.json").read_text()


def test_what_was_in_a_report_before_is_gone(tmp_path):
    (tmp_path / "report.txt").write_text("what was before\n" * 10_000)
    (tmp_path / "report.txt").chmod(0o640)
    by_the_command(tmp_path / "report.txt")
    assert "what was before" not in (tmp_path / "report.txt").read_text()
    assert stat.S_IMODE((tmp_path / "report.txt").stat().st_mode) == 0o640  # who has made it has chosen


@pytest.mark.skipif(not os.path.exists("/dev/fd/1"), reason="this system has no /dev/fd")
@pytest.mark.parametrize("write", [by_the_setting, by_the_command])
def test_the_standard_streams_are_links_that_are_followed(write):
    with tempfile.TemporaryFile() as stream:
        write(Path(f"/dev/fd/{stream.fileno()}"))
        stream.seek(0)
        assert b"RS101" in stream.read()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("write", [by_the_setting, by_the_command])
def test_a_named_pipe_that_somebody_reads(write, shared):
    os.mkfifo(shared / "pipe", 0o600)
    reader = os.open(shared / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(shared / "pipe")
        assert b"RS101" in os.read(reader, 1_000_000)
    finally:
        os.close(reader)
