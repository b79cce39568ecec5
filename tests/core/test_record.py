"""The record: what counts as late, and when that is decided."""

import pytest

from respstart.core import diagnosis
from respstart.core.record import Change, LateMutation, Pending, RequestFacts, ResponseRecord, Start, changes, family, normal
from respstart.model import Outcome


class FakeBinding:
    confirmed = False
    injected = False
    savable = False

    def seal(self):
        pass

    def lets_go(self):
        pass


@pytest.fixture
def told():
    return []


@pytest.fixture
def record(told):
    return ResponseRecord("asgi", {"method": "GET", "path": "/"}, lambda request: RequestFacts("GET", "/", None), told.append)


def start(record, headers=((b"x-a", b"1"),), status=200):
    record.start = Start((), (), status, headers)
    record.head = (status, tuple(headers))


def write(record, change, binding):
    record.attempts(Pending(change, LateMutation(record, change.operation, change.subject, Outcome.LOST, 0.0), binding))


def header(name, value):
    return Change("set_header", name, ((name, value),))


def test_changes_name_what_was_done_to_what():
    before = (200, [(b"X-A", b"1"), (b"set-cookie", b"sid=1; Path=/")])
    after = (404, [("x-b", "2"), ("Set-Cookie", "sid=2")])
    assert [(change.operation, change.subject) for change in changes(before, after)] == [
        ("set_status", None),
        ("set_header", "x-b"),
        ("set_cookie", "sid"),
        ("set_header", "x-a"),
    ]


def test_an_equal_write_is_no_change():
    assert changes((200, [(b"x-a", b"1")]), (200, [("X-A", "1 ")])) == []


def test_a_head_is_compared_as_text_with_a_number():
    assert normal(("404 Not Found", [("X-A", " 1 ")])) == (404, (("x-a", "1"),))


def test_a_write_after_the_start_is_told_at_once(record, told):
    binding = FakeBinding()
    binding.confirmed = True
    start(record)
    write(record, header("x-late", "1"), binding)
    assert [mutation.subject for mutation in told] == ["x-late"]


def test_a_write_that_the_sent_head_shows_is_harmless(record, told):
    binding = FakeBinding()
    binding.confirmed = True
    write(record, header("x-a", "1"), binding)
    start(record)
    record.judges(final=False)
    assert told == []


def test_a_write_between_rendering_and_start_is_judged_by_the_head_that_is_sent(record, told):
    binding = FakeBinding()
    write(record, header("x-late", "1"), binding)
    start(record)
    binding.confirmed = True
    record.judges(final=False)
    assert [mutation.subject for mutation in told] == ["x-late"]


@pytest.mark.parametrize(
    ("before", "after", "sent", "lost"),
    [
        (None, "2", None, True),
        ("1", "2", "1", True),  # the copy that was sent has what was there before
        ("1", "2", "3", False),  # somebody has decided on it since
        ("1", None, "1", True),
        ("1", None, "3", False),
        ("1", "2", "2", False),
    ],
)
def test_a_write_before_the_start_is_lost_when_the_head_shows_what_was_before_it(record, told, before, after, sent, lost):
    def head(value):
        return (200, [("Vary", value)] if value else [])

    binding = FakeBinding()
    (change,) = changes(head(before), head(after))
    write(record, change, binding)
    start(record, head(sent)[1])
    binding.confirmed = True
    record.judges(final=False)
    assert bool(told) is lost


@pytest.mark.parametrize(("sent", "lost"), [(200, True), (404, False), (500, False)])
def test_so_is_a_status(record, told, sent, lost):
    binding = FakeBinding()
    (change,) = changes((200, []), (404, []))
    write(record, change, binding)
    start(record, (), sent)
    binding.confirmed = True
    record.judges(final=False)
    assert bool(told) is lost


def test_no_binding_no_finding(record, told):
    start(record)
    write(record, header("x-late", "1"), FakeBinding())
    record.finishes()
    assert told == []


def test_a_session_that_is_saved_is_forgiven(record, told):
    binding = FakeBinding()
    binding.confirmed = binding.savable = True
    start(record)
    write(record, Change("set_session", "cart"), binding)
    record.forgives(binding)
    record.finishes()
    assert told == []


def test_a_session_that_nobody_saves_is_told_at_the_end(record, told):
    binding = FakeBinding()
    binding.confirmed = binding.savable = True
    start(record)
    write(record, Change("set_session", "cart"), binding)
    assert told == []
    record.finishes()
    assert [mutation.operation for mutation in told] == ["set_session"]


def test_one_finding_per_operation_and_subject_and_one_for_a_session(record, told):
    binding = FakeBinding()
    binding.confirmed = True
    start(record)
    for change in (header("x-a", "2"), header("x-a", "3"), header("x-b", "1"), Change("set_session", "a"), Change("set_session", "b")):
        write(record, change, binding)
    assert [(mutation.operation, mutation.subject) for mutation in told] == [("set_header", "x-a"), ("set_header", "x-b"), ("set_session", "a")]


def test_a_refused_start_did_not_happen(record):
    start(record)
    record.unstarts()
    assert not record.started
    assert record.sent is None


def test_the_record_lets_go_of_the_request(record):
    record.request = {"method": "GET", "path": "/x", "headers": [], "secret": object()}
    record.finishes()
    assert "secret" not in record.request


def test_a_consequence_is_known_through_its_causes(record):
    refusal = RuntimeError("refused")
    record.caused(refusal)
    follow_up = ValueError("follow-up")
    follow_up.__context__ = refusal
    assert record.is_consequence(ExceptionGroup("group", [follow_up]))
    assert not record.is_consequence(ValueError("another"))


def test_a_family_of_exceptions_ends_even_in_a_circle():
    one, two = ValueError(1), ValueError(2)
    one.__cause__, two.__context__ = two, one
    assert family(one) == [one, two]


def test_the_timeline_tells_when_a_write_was_made_and_not_when_it_was_judged(record, told):
    start(record)
    binding = FakeBinding()
    binding.confirmed = True
    binding.savable = True
    record.attempts(Pending(header("x-b", "2"), LateMutation(record, "set_header", "x-b", Outcome.LOST, 12.5), binding))
    record.judges(final=True)
    assert [mutation.subject for mutation in told] == ["x-b"]
    assert record.trouble.trail == [(12.5, "late", "set_header")]


def test_a_generated_id_belongs_to_one_request_for_as_long_as_it_lives():
    seen = set()
    for _ in range(50):  # records at the same address, one after the other
        record = ResponseRecord("wsgi", RequestFacts("GET", "/", None), lambda request: request, lambda mutation: None)
        first, second = diagnosis._generated_id(record), diagnosis._generated_id(record)
        assert first == second
        seen.add(first)
        del record
    assert len(seen) == 50
