"""What work costs a process: instructions in user space where they can be counted, CPU time otherwise.

Instructions hardly vary, whatever else the machine does; CPU time does by some per cent. The kernel counts them (perf_event_open(2)),
often not in a container; or valgrind's callgrind does, exactly, some fifty times slower: `--dump-before` has it write
what it has counted whenever the process enters a function of that name, and the C library's getsid(2) is one that nobody calls.
"""

from __future__ import annotations

import ctypes
import os
import platform
import re
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_SYSCALLS = {"x86_64": 298, "aarch64": 241}  # perf_event_open
_HARDWARE, _INSTRUCTIONS = 0, 1
_INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6
_ATTRIBUTES = 112  # bytes of struct perf_event_attr, version 5


def counter() -> tuple[str, Callable[[], float]]:
    """The unit of what is counted, and a function that reads what this process has used of it until now."""
    descriptor = _instructions()  # inherited by threads that are started later
    if descriptor < 0:
        return "CPU µs", lambda: time.process_time() * 1e6
    return "instructions", lambda: float(struct.unpack("Q", os.read(descriptor, 8))[0])


def callgrind(dumps: Path) -> list[str]:
    """The beginning of a command that callgrind is to count; it writes to files beginning with `dumps`."""
    return ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", "--dump-before=getsid", f"--callgrind-out-file={dumps}"]


def start_counting(process: int) -> None:
    """Have callgrind count from now on in the process of this id: what comes before runs five times as fast."""
    subprocess.run(["vgdb", f"--pid={process}", "instrumentation", "on"], check=True, capture_output=True)


def dumped(run: Callable[[], object], dumps: Path) -> float:
    """The instructions that `run` takes, in a process that was started with `callgrind(dumps)`."""
    os.getsid(0)
    run()
    os.getsid(0)
    parts = sorted(dumps.parent.glob(f"{dumps.name}.*"), key=lambda part: int(part.suffix[1:]))
    totals = re.search(r"^totals: (\d+)", parts[-1].read_text(), re.MULTILINE)
    for part in parts:
        part.unlink()
    assert totals is not None
    return float(totals[1])


def _instructions() -> int:
    """A file descriptor that counts the instructions of this process; negative where that is not possible."""
    number = _SYSCALLS.get(platform.machine()) if platform.system() == "Linux" else None
    if number is None:
        return -1
    attributes = ctypes.create_string_buffer(_ATTRIBUTES)
    flags = _INHERIT | _EXCLUDE_KERNEL | _EXCLUDE_HYPERVISOR
    struct.pack_into("=IIQQQQQ", attributes, 0, _HARDWARE, _ATTRIBUTES, _INSTRUCTIONS, 0, 0, 0, flags)
    this_process, any_processor, no_group, no_flags = 0, -1, -1, 0
    return int(ctypes.CDLL(None).syscall(number, attributes, this_process, any_processor, no_group, no_flags))
