"""Kinds of arguments that several commands take."""

from __future__ import annotations

import argparse


def port_number(text: str) -> int:
    """The number of a port; 0 stands for a free one. Raises ArgumentTypeError, which argparse says."""
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 0 to 65535")
    return number
