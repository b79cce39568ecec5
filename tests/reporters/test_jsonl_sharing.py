"""JSON lines beside other threads, processes and daemons, which close and reuse descriptors."""

from __future__ import annotations

import json
import os
import socket
import threading

import pytest

from respstart.reporters.jsonl import JsonLines


def lines_of(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "findings.jsonl"


def in_child(action):
    """Runs the action in a forked process and returns that process's exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_the_process_id_is_set_in_when_the_file_is_opened(tmp_path, make_finding, evidence):
    JsonLines(str(tmp_path / "%p-%p.jsonl")).report(make_finding(), evidence)
    assert [f"{os.getpid()}-{os.getpid()}.jsonl"] == os.listdir(tmp_path)


def test_a_relative_path_is_that_of_the_beginning(tmp_path, make_finding, evidence, monkeypatch):
    finding = make_finding()
    reporter = JsonLines("findings.jsonl")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    reporter.report(finding, evidence)
    assert (tmp_path / "findings.jsonl").exists()


def test_hostile_text_stays_one_valid_line(path, hostile_finding, hostile, evidence):
    JsonLines(str(path)).report(hostile_finding, evidence)
    content = path.read_bytes()
    assert content.count(b"\n") == 1
    assert content.isascii()
    assert len(content) < 1_000_000
    subject = json.loads(content)["subject"]
    assert subject.encode()
    if len(hostile) < 100:
        assert hostile.encode("utf-8", "backslashreplace").decode() == subject


def test_appends_to_what_is_there(path, make_finding, evidence):
    path.write_text('{"rule": "old"}\n')
    JsonLines(str(path)).report(make_finding(), evidence)
    assert [line["rule"] for line in lines_of(path)] == ["old", "RS103"]


def test_each_line_is_one_write(path, make_finding, evidence, monkeypatch):
    real, written = os.write, []
    monkeypatch.setattr(os, "write", lambda fd, data: written.append(data) or real(fd, data))
    JsonLines(str(path)).report(make_finding(), evidence)
    assert [path.read_bytes()] == written


def test_the_file_is_opened_once(path, make_finding, evidence, monkeypatch):
    real, opened = os.open, []
    monkeypatch.setattr(os, "open", lambda *arguments: opened.append(arguments[0]) or real(*arguments))
    reporter, finding = JsonLines(str(path)), make_finding()
    for _ in range(3):
        reporter.report(finding, evidence)
    assert opened == [str(path)]


def test_threads_do_not_tear_lines(path, make_finding, evidence):
    reporter, finding, together = JsonLines(str(path)), make_finding(), threading.Barrier(8)

    def work():
        together.wait()
        for _ in range(50):
            reporter.report(finding, evidence)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line["rule"] for line in lines_of(path)] == ["RS103"] * 400


def test_a_file_beyond_the_limit_gets_no_line_at_all(path, make_finding, evidence):
    path.write_bytes(b"x" * 100)
    JsonLines(str(path), limit=100).report(make_finding(), evidence)
    assert path.read_bytes() == b"x" * 100


def test_half_a_line_counts_as_a_full_disk(path, make_finding, evidence, monkeypatch, capsys):
    monkeypatch.setattr(os, "write", lambda descriptor, data: len(data) - 1)
    reporter = JsonLines(str(path))
    for _ in range(3):
        reporter.report(make_finding(), evidence)
    assert capsys.readouterr().err.count("only a part") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_that_nobody_reads_does_not_block(path, make_finding, evidence, capsys):
    os.mkfifo(path)
    JsonLines(str(path)).report(make_finding(), evidence)
    assert "no more findings are written to" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Python warns of fork in a process with threads
def test_a_child_of_a_stopped_process_starts_anew(tmp_path, make_finding, evidence, capsys):
    reporter, finding = JsonLines(str(tmp_path / "later" / "x.jsonl")), make_finding()
    reporter.report(finding, evidence)
    (tmp_path / "later").mkdir()
    assert in_child(lambda: reporter.report(finding, evidence)) == 0
    assert len(lines_of(tmp_path / "later" / "x.jsonl")) == 1


@pytest.mark.parametrize("step", ["report", "close"])
def test_a_descriptor_that_became_somebody_elses_is_left_alone(step, path, make_finding, evidence):
    reporter = JsonLines(str(path))
    reporter.report(make_finding(), evidence)
    descriptor = reporter._files[os.getpid()].descriptor
    os.close(descriptor)
    ours, theirs = socket.socketpair()
    if ours.fileno() != descriptor:
        os.dup2(ours.fileno(), descriptor)
    with theirs:
        if step == "report":
            reporter.report(make_finding(), evidence)
            assert len(lines_of(path)) == 2
        reporter.close()
        os.write(descriptor, b"still open")
        assert theirs.recv(100) == b"still open"
    if ours.fileno() != descriptor:
        os.close(descriptor)
    ours.close()


def test_a_closed_file_is_opened_again(path, make_finding, evidence):
    reporter = JsonLines(str(path))
    reporter.report(make_finding(), evidence)
    reporter.close()
    reporter.close()
    reporter.report(make_finding(), evidence)
    assert len(lines_of(path)) == 2
