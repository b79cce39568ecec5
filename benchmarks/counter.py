"""What work costs a process: user-space instructions where the kernel counts them, CPU time otherwise.

Instructions hardly vary, whatever else the machine does; CPU time does by some per cent.
Source: perf_event_open(2); the counter is inherited by threads that are started later.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import time
from collections.abc import Callable

_SYSCALLS = {"x86_64": 298, "aarch64": 241}  # perf_event_open
_HARDWARE, _INSTRUCTIONS = 0, 1
_INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6
_ATTRIBUTES = 112  # bytes of struct perf_event_attr, version 5


def counter() -> tuple[str, Callable[[], float]]:
    """The unit of what is counted, and a function that reads what this process has used of it until now."""
    descriptor = _instructions()
    if descriptor < 0:
        return "CPU µs", lambda: time.process_time() * 1e6
    return "instructions", lambda: float(struct.unpack("Q", os.read(descriptor, 8))[0])


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
