"""What work costs a process, counted in one of COUNTINGS.

`process`: instructions in user space where the kernel counts them (perf_event_open(2)), which it often does not in a container; else CPU
time. Instructions hardly vary, whatever else the machine does; CPU time does by some per cent.

`callgrind`: instructions again, counted by valgrind, exactly, some fifty times slower. `--dump-before` has it write what it has counted
whenever the process enters a function of that name; the C library's getsid(2) is one that nobody calls.

`bytecodes`: instructions of the interpreter (sys.monitoring, Python 3.12), the same on every machine. A call of a function in C is one,
whatever that does, and what callbacks of sys.monitoring do is not counted.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType

_SYSCALLS = {"x86_64": 298, "aarch64": 241}  # perf_event_open
_HARDWARE, _INSTRUCTIONS = 0, 1
_INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6
_ATTRIBUTES = 112  # bytes of struct perf_event_attr, version 5


COUNTINGS = ("process", "callgrind", "bytecodes")
Meter = Callable[[Callable[[], object]], float]  # what a call costs


def meter(counting: str, dumps: Path) -> Meter:
    """One of COUNTINGS; `dumps` is what the process was started with by `callgrind`."""
    if counting == "callgrind":
        return lambda run: _dumped(run, dumps)
    if counting == "bytecodes":
        return _bytecodes
    stay_on_one_processor()
    _, used = counter()

    def cost(run: Callable[[], object]) -> float:
        before = used()
        run()
        return used() - before

    return cost


def counter() -> tuple[str, Callable[[], float]]:
    """The unit of what a process counts, and a function that reads what this one has used of it until now."""
    descriptor = _instructions()  # inherited by threads that are started later
    if descriptor < 0:
        return "CPU µs", lambda: time.process_time() * 1e6
    return "instructions", lambda: float(struct.unpack("Q", os.read(descriptor, 8))[0])


def stay_on_one_processor() -> None:
    """Processor time depends on what the other half of a processor does: all that are compared use the same one, in turn."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def callgrind(dumps: Path, *, at_once: bool = False) -> list[str]:
    """The beginning of a command that callgrind is to count, `at_once` or from `start_counting` on; it writes to files beginning with `dumps`."""
    start = "yes" if at_once else "no"
    return ["valgrind", "-q", "--tool=callgrind", f"--instr-atstart={start}", "--dump-before=getsid", f"--callgrind-out-file={dumps}"]


def start_counting(process: int) -> None:
    """Have callgrind count from now on in the process of this id: what comes before runs five times as fast."""
    subprocess.run(["vgdb", f"--pid={process}", "instrumentation", "on"], check=True, capture_output=True)


def _dumped(run: Callable[[], object], dumps: Path) -> float:
    """The instructions that `run` takes, in a process that was started by `callgrind`."""
    os.getsid(0)
    run()
    os.getsid(0)
    parts = sorted(dumps.parent.glob(f"{dumps.name}.*"), key=lambda part: int(part.suffix[1:]))
    total = _total(parts[-1])
    for part in parts:
        part.unlink()
    return total


def _total(part: Path) -> float:
    """The instructions that a dump tells of, in its last lines."""
    with part.open("rb") as file:
        file.seek(-1000, os.SEEK_END)
        return float(file.read().rpartition(b"totals: ")[2].split()[0])


def dumping(dumps: Path) -> Callable[[], float]:
    """What `counter` gives, in a process that was started by `callgrind`, or forked by one: a function that reads its instructions."""
    total = 0.0

    def used() -> float:
        nonlocal total
        os.getsid(0)
        for part in dumps.parent.glob(f"{dumps.name}.{os.getpid()}.*"):
            total += _total(part)
            part.unlink()
        return total

    return used


def _bytecodes(run: Callable[[], object]) -> float:
    """The instructions of the interpreter that `run` takes, in every thread. Raises ValueError where another tool is in the way."""
    count = 0

    def one_more(code: CodeType, offset: int) -> None:
        nonlocal count
        count += 1

    monitoring, tool = sys.monitoring, sys.monitoring.PROFILER_ID
    monitoring.use_tool_id(tool, "respstart's benchmarks")
    try:
        monitoring.register_callback(tool, monitoring.events.INSTRUCTION, one_more)
        monitoring.set_events(tool, monitoring.events.INSTRUCTION)
        run()
        monitoring.set_events(tool, monitoring.events.NO_EVENTS)
    finally:
        monitoring.free_tool_id(tool)
    return float(count)


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
