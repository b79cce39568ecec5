"""The exceptions that respstart itself raises: each a sentence that says what to do next."""

from __future__ import annotations


class RespstartError(Exception):
    """Base of every exception that respstart raises."""


class SettingsError(RespstartError):
    """A setting has a value that is not allowed; names the setting, the value and what is allowed."""


class UsageError(RespstartError):
    """The command line was used in a way that cannot work; says what to type instead."""


class LateMutationError(RespstartError):
    """Raised at the late writer in mode `raise`, only ever by explicit choice. `finding` is the Finding."""

    def __init__(self, message: str, finding: object = None) -> None:
        super().__init__(message)
        self.finding = finding
