"""What frameworks, servers and tools ask of a function has the same answer while respstart is on, for every attribute that is patched."""

import asyncio
import copy
import inspect
import pickle

import pytest

import respstart
from hooks.patched import everything
from respstart import tracer

__all__ = ["everything"]


def _signature(value):
    try:
        return str(inspect.signature(value))
    except (TypeError, ValueError):
        return None


def _pickled(value):
    try:
        return pickle.dumps(value)
    except Exception as error:
        return type(error).__name__


def _refusal(value):
    if isinstance(value, property) and value.fset is None:
        with pytest.raises(AttributeError) as refused:
            value.__set__(object(), None)
        return str(refused.value)
    return None


QUESTIONS = {
    "type": type,
    "coroutine function": inspect.iscoroutinefunction,
    "coroutine function for asyncio": asyncio.iscoroutinefunction,
    "generator function": inspect.isgeneratorfunction,
    "asynchronous generator function": inspect.isasyncgenfunction,
    "function": inspect.isfunction,
    "data descriptor": inspect.isdatadescriptor,
    "callable": callable,
    "signature": _signature,
    "name": lambda value: getattr(value, "__name__", None),
    "qualified name": lambda value: getattr(value, "__qualname__", None),
    "module": lambda value: getattr(value, "__module__", None),
    "documentation": lambda value: getattr(value, "__doc__", None),
    "annotations": lambda value: getattr(value, "__annotations__", None),
    "property": lambda value: isinstance(value, property),
    "text of the error that there is no setter": _refusal,
    "pickle": _pickled,
}


# Functions inside of frameworks that return a generator now instead of being one: they are only ever called and iterated over.
_ITERATED = {"closing_iterator_wrapper", "aclosing_iterator_wrapper", "_prepare_middleware"}
# The slots that are watched are properties now.
_OF_SLOTS = {"type", "property", "name", "qualified name", "documentation", "pickle"}
# Two names of one function, of which one is patched.
_TWO_NAMES = {"_lookup", "header", "solve_dependencies"}


def answers(holder, name):
    value = getattr(holder, name, None)
    return {question: ask(value) for question, ask in QUESTIONS.items()}


def is_known(holder, name, question):
    """Whether it is one of the few answers that are not the same, and matter to nobody."""
    if name in _ITERATED:
        return question.endswith("generator function")
    if name in _TWO_NAMES:
        return question == "pickle"
    return inspect.ismemberdescriptor(vars(holder)[name]) and question in _OF_SLOTS


def test_questions_have_the_same_answers(everything):
    respstart.install(output="off", otel="off")
    patched = [(patch.holder, patch.name) for patch in tracer._tracer.patcher.patches if not patch.absent]
    while_on = [answers(*site) for site in patched]
    respstart.uninstall()
    assert len(patched) > 300
    different = [
        (f"{holder.__name__}.{name}", question, before, during[question])
        for (holder, name), during in zip(patched, while_on, strict=True)
        for question, before in answers(holder, name).items()
        if during[question] != before and not is_known(holder, name, question)
    ]
    assert not different, "\n".join(map(str, different))


@pytest.mark.filterwarnings("ignore")
def test_objects_and_classes_are_the_applications_own(everything):
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from werkzeug.wrappers import Response

    kinds = (Starlette, PlainTextResponse, Response)
    before = [(kind.__mro__, kind.__name__, type(kind)) for kind in kinds]
    made_before = [Response("x"), PlainTextResponse("x")]
    with respstart.tracing(output="off", otel="off"):
        made = [Response("x"), PlainTextResponse("x")]
        assert [(kind.__mro__, kind.__name__, type(kind)) for kind in kinds] == before
        for old, new in zip(made_before, made, strict=True):
            assert type(old) is type(new)
            assert sorted(vars(old)) == sorted(vars(new))
            assert type(copy.copy(new)) is type(new)
            assert type(pickle.loads(pickle.dumps(new))) is type(new)
