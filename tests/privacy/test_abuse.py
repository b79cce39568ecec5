"""Requests that are made to do harm by way of the output: control characters, megabytes, floods; and traps in shared folders."""

import json
import os
import re
import stat
import tempfile
from pathlib import Path

import pytest

import respstart
from privacy import shop

HOSTILE = "\x1b[31m\r\nRS999 forged: line\x00\x9b\u202e<script>alert(1)</script>" + "m" * 1_000_000
_STEERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def late(name):
    """An application that comes too late with a header and a cookie of this name."""

    def app(environ, start_response):
        headers = []
        start_response("200 OK", headers)
        yield b"x"
        headers.append((name, "1"))
        headers.append(("Set-Cookie", f"{name}=1"))
        yield b"y"

    return app


@pytest.mark.parametrize("output", ["plain", "pretty", "json"])
def test_hostile_names_and_paths_are_escaped_and_cut(output, capsys, tmp_path):
    path = tmp_path / "findings.jsonl"
    with respstart.tracing(output=output, otel="off", file=str(path)):
        shop.ask_wsgi(respstart.wsgi(late(HOSTILE)), f"/{HOSTILE}", HOSTILE, "")
    told = capsys.readouterr().err
    assert "forged" in told
    assert not _STEERS.search(told)
    assert not any(line.lstrip().startswith("RS999") for line in told.splitlines())
    assert len(told) < 100_000
    lines = path.read_text().splitlines()
    assert [json.loads(line)["rule"] for line in lines] == ["RS101", "RS103"]
    assert max(map(len, lines)) < 200_000
    assert path.read_text().isascii()


def test_a_flood_is_cut_and_said(capsys, tmp_path):
    path = tmp_path / "findings.jsonl"
    with respstart.tracing(output="json", otel="off", file=str(path)):
        for number in range(1500):
            shop.ask_wsgi(respstart.wsgi(late(f"x-{number}")), "/", "", "")
    lines = capsys.readouterr().err.splitlines()
    said = [line for line in lines if line.startswith("respstart: ")]
    shown = [line for line in lines if line.startswith("{")]
    assert 100 <= len(shown) < 200
    assert 1000 <= len(path.read_text().splitlines()) < 3000  # those that were looked at
    assert [line.split(": ", 1)[1] for line in said if "at once: from now on" in line] == [
        "too many findings to show at once: from now on no more than 1 a second, the others are counted",
        "too many late mutations at once: from now on no more than 100 a second, the others are counted",
    ]
    [left_out] = [int(line.split()[1]) for line in said if "late mutations were left out" in line]
    assert left_out + len(path.read_text().splitlines()) == 3000


def test_a_flood_in_one_response_is_cut_and_said(tmp_path):
    path = tmp_path / "findings.jsonl"

    def app(environ, start_response):
        from werkzeug.wrappers import Response

        def body():
            yield b"x"
            for number in range(10_000):
                response.headers[f"X-{number}"] = "1"

        response = Response(body())
        return response(environ, start_response)

    with respstart.tracing(output="off", otel="off", file=str(path)):
        shop.ask_wsgi(respstart.wsgi(app), "/", "", "")
    findings = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(findings) == 50
    assert findings[-1]["trail"][-1]["detail"] == "set_header, and more that is not told"


# ---------------------------------------------------------------------- files
@pytest.fixture
def shared(tmp_path):
    """A folder that everybody may write to, like /tmp."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def report_to(path):
    with respstart.tracing(output="off", otel="off", file=str(path)):
        shop.ask_wsgi(respstart.wsgi(late("x-late")), "/", "", "")


needs_posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no shared folders with links of others")


@needs_posix
@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_a_file_is_its_owners_alone_whatever_the_umask(shared, umask):
    before = os.umask(umask)
    try:
        report_to(shared / "findings.jsonl")
    finally:
        os.umask(before)
    assert stat.S_IMODE((shared / "findings.jsonl").stat().st_mode) == 0o600


@needs_posix
def test_no_link_is_followed_in_a_shared_folder(shared, tmp_path, capsys):
    victim = tmp_path / "authorized_keys"
    victim.write_text("mine\n")
    (shared / "findings.jsonl").symlink_to(victim)
    report_to(shared / "findings.jsonl")
    assert victim.read_text() == "mine\n"
    assert "it is a symbolic link in a folder that everybody may write to" in capsys.readouterr().err


@needs_posix
def test_a_link_in_ones_own_folder_is_followed(tmp_path):
    (tmp_path / "findings.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    report_to(tmp_path / "findings.jsonl")
    assert (tmp_path / "elsewhere.jsonl").read_text().count("RS101") >= 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_nothing_is_written_to_a_file_that_somebody_else_has_put_there(shared, capsys):
    trap = shared / "findings.jsonl"
    trap.touch(0o666)
    os.chown(trap, 65534, 65534)
    report_to(trap)
    assert trap.read_text() == ""
    assert "somebody else's file" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/fd/1"), reason="this system has no /dev/fd")
def test_the_standard_streams_are_links_that_are_followed():
    with tempfile.TemporaryFile() as stream:
        report_to(Path(f"/dev/fd/{stream.fileno()}"))
        stream.seek(0)
        assert b"RS101" in stream.read()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_that_somebody_reads(shared):
    os.mkfifo(shared / "pipe", 0o600)
    reader = os.open(shared / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        report_to(shared / "pipe")
        assert b"RS101" in os.read(reader, 100_000)
    finally:
        os.close(reader)
