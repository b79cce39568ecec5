"""In which interpreter of the process we are: subinterpreters are left alone."""

from __future__ import annotations

from importlib import import_module

SUBINTERPRETER = (
    "respstart does not work in subinterpreters; under mod_wsgi, `WSGIApplicationGroup %{GLOBAL}` gives the application the main one"
)


def is_main() -> bool:
    """Whether this is the interpreter that the process was started with; so it is where there can be no other."""
    for name in ("_interpreters", "_xxsubinterpreters"):  # from Python 3.13 on, and before: there is no public way to ask before 3.14
        try:
            interpreters = import_module(name)
        except ImportError:
            continue
        return bool(interpreters.get_current() == interpreters.get_main())
    return True
