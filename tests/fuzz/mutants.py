"""Copies of the hooks with one planted fault each. A fuzzer that does not see them proves nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from respstart.hooks import asgi, wsgi

MODULES = {"asgi": asgi, "wsgi": wsgi}


@dataclass(frozen=True)
class Mutant:
    """One fault: in the source of the hook of `protocol`, `before` becomes `after`."""

    protocol: str
    name: str
    before: str
    after: str

    def traced(self) -> Callable[[Any], Any]:
        """The mutated `traced`. Raises LookupError when the hook has no such piece any more: the mutant is to be written anew."""
        module = MODULES[self.protocol]
        source = inspect.getsource(module)
        if source.count(self.before) != 1:
            raise LookupError(f"{self.before!r} is {source.count(self.before)} times in {module.__name__}")
        copy = ModuleType(module.__name__)
        exec(compile(source.replace(self.before, self.after), module.__file__ or "", "exec"), copy.__dict__)
        traced: Callable[[Any], Any] = copy.traced
        return traced


_WSGI_CALL = "result = start_response(status, headers, *rest, **named)"
_ASGI_CALL = "return send(message) if start is None and late is None else _send("

MUTANTS = (
    Mutant("wsgi", "copies the header list", _WSGI_CALL, _WSGI_CALL.replace("headers", "list(headers)")),
    Mutant("wsgi", "adds a header", _WSGI_CALL, _WSGI_CALL.replace("headers", "[*headers, ('X-Traced', '1')]")),
    Mutant("wsgi", "forgets exc_info", _WSGI_CALL, _WSGI_CALL.replace(", *rest, **named", "")),
    Mutant("wsgi", "gives another write", _WSGI_CALL, _WSGI_CALL + "; server_write = result; result = lambda data: server_write(data)"),
    Mutant("wsgi", "keeps write", "        _tell(record, late)\n    return result\n", "        _tell(record, late)\n    return None\n"),
    Mutant("wsgi", "starts twice", _WSGI_CALL, f"{_WSGI_CALL}; {_WSGI_CALL}"),
    Mutant("wsgi", "swallows what a start raises", "            failure.unless_chosen(own)\n        raise\n    record.write",
           "            failure.unless_chosen(own)\n        return None\n    record.write"),
    Mutant("wsgi", "wraps sequences", "isinstance(chunk, bytes) and chunk])\n        finish(record)\n        return result",
           "isinstance(chunk, bytes) and chunk])\n        return Body(record, result)"),
    Mutant("wsgi", "wraps files", "    if not is_iterable or (isinstance(wrapper, type) and isinstance(result, wrapper)):", "    if not is_iterable:"),
    Mutant("wsgi", "forgets close", '        if name.startswith("_"):\n            raise', '        if name.startswith("_") or name == "close":\n            raise'),
    Mutant("wsgi", "always has close", "        attribute = getattr(self._iterable, name)", "        attribute = getattr(self._iterable, name, lambda: None)"),
    Mutant("wsgi", "drops empty chunks", "        return chunk\n\n\ndef _breaks_off", "        return chunk or next(self)\n\n\ndef _gives_back"),
    Mutant("wsgi", "reads ahead", "        self._next = iterator.__next__", "        self._next = iter([*iterator]).__next__"),
    Mutant("wsgi", "swallows what a body raises", "            _breaks_off(record, error, before)\n            raise\n",
           "            _breaks_off(record, error, before)\n            raise StopIteration from None\n"),
    Mutant("wsgi", "raises another exception", "        finish(record)\n        raise\n", "        finish(record)\n        raise type(error)(str(error)) from error\n"),
    Mutant("wsgi", "puts something into environ", "    before = enter(record)\n    try:\n        result = app(",
           "    before = enter(record)\n    environ['respstart.record'] = record\n    try:\n        result = app("),
    Mutant("wsgi", "catches what is no Exception", "    except Exception as error:\n        failure.failed(record, error, head_left)\n",
           "    except BaseException as error:\n        if not isinstance(error, Exception):\n            return []\n        failure.failed(record, error, head_left)\n"),
    Mutant("asgi", "copies the message", _ASGI_CALL, _ASGI_CALL.replace("send(message)", "send(dict(message))", 1)),
    Mutant("asgi", "adds a header", "        elif kind == START and record.start is None:\n",
           "        elif kind == START and record.start is None:\n            message = {**message, 'headers': [*message.get('headers', ()), (b'x-traced', b'1')]}\n"),
    Mutant("asgi", "forgets late messages", _ASGI_CALL, "return _none() if late is not None else " + _ASGI_CALL.removeprefix("return ")),
    Mutant("asgi", "swallows what the server raises", "        _refused(record, start, late, error)\n        raise\n    if late", "        _refused(record, start, late, error)\n    if late"),
    Mutant("asgi", "gives back something", "    if late is not None:\n        _report(record, late)\n", "    if late is not None:\n        _report(record, late)\n    return 1\n"),
    Mutant("asgi", "raises at late messages", "        await sending\n", "        await sending\n        if late is not None:\n            raise OSError\n"),
    Mutant("asgi", "is no coroutine function", "@_coroutine_function\ndef _watched_send", "def _watched_send"),
    Mutant("asgi", "puts something into scope", "    before = enter(record)\n", "    before = enter(record)\n    scope['respstart'] = record\n"),
    Mutant("asgi", "swallows the application's exceptions", "        failure.failed(record, error)\n        raise\n    finally:\n        current", "        failure.failed(record, error)\n    finally:\n        current"),
    Mutant("asgi", "reads the headers", '    headers = message.get("headers") or ()\n    start = _relayed', '    headers = message.get("headers") or ()\n    list(headers)\n    start = _relayed'),
    Mutant("asgi", "ends the message", '            if not message.get("more_body"):\n', '            if not message.setdefault("more_body", False):\n'),
    Mutant("asgi", "waits once more", "        await sending\n    except", "        await sending\n        raise TimeoutError\n    except"),
)  # fmt: skip
