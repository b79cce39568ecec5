"""The ladder, rung by rung, on stacks of made-up packages."""

import sys
import textwrap

import pytest

from respstart.core import stack
from respstart.core.attribution import Attribution, add_sender, asgi_forwarder, functions_of, return_lines, wsgi_forwarder
from respstart.core.origin import Origins
from respstart.core.record import Clues
from respstart.model import Basis

SITE = "/env/lib/python3.12/site-packages"


@pytest.fixture
def attribution():
    return Attribution(Origins([("fw", "framework"), ("srv", "server")]))


def module(path, source, **names):
    """Code that pretends to lie at `path`."""
    space = dict(names)
    exec(compile(textwrap.dedent(source), path, "exec"), space)
    return space


def snap(origins=None, forwards=lambda frame: False):
    """The stack of the made-up modules alone, without the test that called them."""
    whole = stack.capture_start(sys._getframe(1), 20, origins.asks if origins else {}, forwards)
    ours = next(index for index in range(0, len(whole), 2) if whole[index].co_filename == __file__)
    return whole[:ours]


def test_explicit_is_the_user_frame_that_made_the_start(attribution):
    user = module("/srv/app/views.py", "def send_head(): return snap()\ndef view(): return send_head()", snap=snap)
    writer, passed = attribution.start_writer(Clues(made=user["view"]()))
    assert (writer.line, writer.function, writer.basis) == (1, "send_head", Basis.EXPLICIT)
    assert passed == ()


def test_framework_code_that_made_the_start_hides_the_callers_behind_it(attribution):
    framework = module(f"{SITE}/fw/app.py", "def answer(): return snap()", snap=snap)
    user = module("/srv/app/middleware.py", "def call(): return answer()", answer=framework["answer"])
    writer, passed = attribution.start_writer(Clues(made=user["call"]()))
    assert writer.file is None
    assert passed[0] == "explicit: the start was made by answer, not by user code"


def test_a_responses_own_sending_code_is_looked_through(attribution):
    framework = module(f"{SITE}/fw/responses.py", "def send_itself(): return snap()", snap=snap)
    add_sender(framework["send_itself"].__code__)
    user = module("/srv/app/views.py", "def view(): return send_itself()", send_itself=framework["send_itself"])
    assert attribution.start_writer(Clues(made=user["view"]()))[0].function == "view"


def test_a_forwarder_is_not_the_author(attribution):
    origins = attribution.origins
    forwards = asgi_forwarder(origins)
    middleware = module("/srv/app/mw.py", "def watch(message): return snap(origins, forwards)", snap=snap, origins=origins, forwards=forwards)
    user = module("/srv/app/views.py", "def view(): return watch({'type': 'http.response.start'})", watch=middleware["watch"])
    assert attribution.start_writer(Clues(made=user["view"]()))[0].function == "view"


@pytest.mark.parametrize(
    ("source", "forwarder"),
    [
        ("def start(status, headers, exc_info=None): return snap(o, f)", True),
        ("def start(self, status, headers): return snap(o, f)", True),
        ("def start(*args): return snap(o, f)", True),
        ("def start(status, headers, *args, **kwargs): return snap(o, f)", True),
        ("def start(self, status, headers, *args): return snap(o, f)", True),
        ("def respond(start_response, status, headers): return snap(o, f)", False),
        ("def respond(text, status='200 OK'): return snap(o, f)", False),
    ],
)
def test_wsgi_forwarders_are_called_as_start_response_is(attribution, source, forwarder):
    origins = attribution.origins
    space = module("/srv/app/mw.py", source, snap=snap, o=origins, f=wsgi_forwarder(origins))
    function = next(value for name, value in space.items() if name in ("start", "respond"))
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    values = {"self": object(), "status": "200 OK", "headers": [("X-A", "1")], "start_response": print, "text": "hello", "exc_info": None}
    arguments = [values[name] for name in names] or ["200 OK", [("X-A", "1")]]
    assert next(stack.lines(function(*arguments))).forwarder is forwarder


def test_raised_is_named_when_the_framework_answered(attribution):
    user = module("/srv/app/views.py", "def check():\n    raise KeyError\ndef view(): check()")
    try:
        user["view"]()
    except KeyError as error:
        raised = stack.capture_raise(error.__traceback__)
    framework = module(f"{SITE}/fw/handlers.py", "def handler(): return snap()", snap=snap)
    writer, _ = attribution.start_writer(Clues(raised=raised, built=framework["handler"]()))
    assert (writer.line, writer.function, writer.basis) == (2, "check", Basis.RAISED)


def test_the_users_own_handler_is_the_writer_and_not_the_raise(attribution):
    user = module("/srv/app/views.py", "def check(): raise KeyError\ndef handler(): return snap()", snap=snap)
    try:
        user["check"]()
    except KeyError as error:
        raised = stack.capture_raise(error.__traceback__)
    writer, passed = attribution.start_writer(Clues(raised=raised, built=user["handler"]()))
    assert (writer.function, writer.basis) == ("handler", Basis.BUILT)
    assert "raised: the user's own handler answered" in passed


def test_built_skips_constructors_of_a_users_own_response_class_and_framework_helpers(attribution):
    framework = module(f"{SITE}/fw/responses.py", "def helper(make): return make()")
    user = module(
        "/srv/app/views.py",
        "class Page:\n    def __init__(self): self.snapshot = snap()\ndef view(): return helper(Page).snapshot",
        snap=snap,
        helper=framework["helper"],
    )
    writer, _ = attribution.start_writer(Clues(built=user["view"]()))
    assert (writer.line, writer.function, writer.basis) == (3, "view", Basis.BUILT)


def test_returned_names_the_return_and_endpoint_the_def(attribution):
    user = module("/srv/app/views.py", "def view(flag):\n    if flag:\n        return 1\n    return 2")
    code = user["view"].__code__
    offset = next(start for start, _, line in code.co_lines() if line == 3)
    assert attribution.start_writer(Clues(returned=(code, offset)))[0].line == 3
    writer, _ = attribution.start_writer(Clues(endpoint=user["view"]))
    assert (writer.basis, writer.reason) == (Basis.ENDPOINT, "it is the function that answers; it returns on line 3, 4")


def test_the_only_return_of_an_endpoint_is_its_return_line(attribution):
    user = module("/srv/app/views.py", "def view():\n    x = 1\n    return x")
    writer, _ = attribution.start_writer(Clues(endpoint=user["view"]))
    assert (writer.line, writer.basis) == (3, Basis.RETURNED)
    assert return_lines(user["view"].__code__) == {3}


def test_third_party_code_is_named_with_its_package(attribution):
    library = module(f"{SITE}/pluggy/middleware.py", "def send_again(): return snap()", snap=snap)
    writer, _ = attribution.start_writer(Clues(made=library["send_again"](), resent=True))
    assert writer.basis == Basis.THIRD_PARTY
    assert writer.package.startswith("pluggy ")


def test_third_party_code_is_named_with_the_users_line_that_brought_it_in(attribution):
    library = module(f"{SITE}/pluggy/middleware.py", "class Again: pass\ndef send_again(): return snap()", snap=snap, __name__="pluggy.middleware")
    framework = module(f"{SITE}/fw/app.py", "def add(): return snap()", snap=snap)
    user = module("/srv/app/main.py", "\n\ndef make_app(): return add()", add=framework["add"])
    attribution.origins.brings_in(library["Again"], user["make_app"]())
    writer, _ = attribution.start_writer(Clues(made=library["send_again"](), resent=True))
    assert writer.reason.endswith("it was brought in at /srv/app/main.py:3")
    assert attribution.origins.bringer_of("another") is None


def test_generator_is_named_by_the_yield_for_which_the_framework_waited(attribution):
    user = module("/srv/app/views.py", "def inner():\n    yield 1\ndef view():\n    x = 1\n    yield from inner()")
    asked, fresh = user["view"](), user["view"]()
    next(asked)
    writer, _ = attribution.start_writer(Clues(yielded=stack.capture_suspended(asked), endpoint=user["view"]))
    assert (writer.line, writer.function, writer.basis) == (2, "inner", Basis.GENERATOR)
    writer, _ = attribution.start_writer(Clues(yielded=stack.capture_suspended(fresh), endpoint=user["view"]))
    assert (writer.line, writer.basis) == (3, Basis.ENDPOINT)


def test_unknown_says_so_and_names_the_nearest_framework_code(attribution):
    framework = module(f"{SITE}/fw/app.py", "def not_found(): return snap()", snap=snap)
    writer, passed = attribution.start_writer(Clues(built=framework["not_found"]()))
    assert writer.file is None
    assert "not_found" in writer.reason
    assert len(passed) == 6


def test_a_client_that_called_the_application_is_no_third_party_author(attribution):
    framework = module(f"{SITE}/fw/lint.py", "def checked_start(): return snap()", snap=snap)
    client = module(f"{SITE}/pluggy/client.py", "def request(): return checked_start()", checked_start=framework["checked_start"])
    made = client["request"]()
    stack.add_border(client["request"].__code__)
    writer, _ = attribution.start_writer(Clues(made=made))
    assert writer.file is None
    assert "checked_start" in writer.reason


def test_functions_of_an_endpoint_are_found_through_decorators():
    def plain(function):
        def inner(*args):
            return function(*args)

        return inner

    def endpoint():
        return 1

    assert endpoint.__code__ in functions_of(plain(endpoint))
    assert functions_of(endpoint) == [endpoint.__code__]

    class View:
        def get(self):
            return 1

    assert functions_of(View) == [View.get.__code__]
