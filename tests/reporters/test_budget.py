from __future__ import annotations

from respstart.budget import Budget


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_a_burst_and_then_so_many_a_second_and_the_rest_is_counted_and_said():
    said, clock = [], Clock()
    budget = Budget(said.append, "things", burst=3, per_second=2, clock=clock)
    assert [budget.allows() for _ in range(6)] == [True, True, True, False, False, False]
    assert said == ["too many things at once: from now on no more than 2 a second, the others are counted"]
    clock.now += 1
    assert [budget.allows() for _ in range(3)] == [True, True, False]
    clock.now += 60
    assert budget.allows()
    assert said[1:] == ["4 things were left out, because there were too many at once"]


def test_the_same_item_gets_the_same_answer():
    budget = Budget([].append, "things", burst=1, per_second=0, clock=Clock())
    one, other = object(), object()
    assert [budget.allows(item) for item in (one, one, other, other)] == [True, True, False, False]


def test_what_was_left_out_is_said_at_the_end():
    said = []
    budget = Budget(said.append, "things", burst=0, per_second=0, clock=Clock())
    budget.allows()
    budget.tells()
    budget.tells()
    assert said[1:] == ["1 things were left out, because there were too many at once"]
