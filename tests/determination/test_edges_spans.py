"""Stretches of time: whatever is joined or split, no second is lost, doubled or out of place."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.determination.facts import Stay, TimeEntry, Visit
from app.determination.spans import Span, beside, covers, meet, split, union
from tests.determination.strategies import LAWS

STRETCHES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).filter(lambda one: one[0] < one[1]), max_size=5)


def seconds(spans: list[Span] | list[tuple[int, int]]) -> set[int]:
    return {second for start, end in spans for second in range(start, end)}


def is_orderly(spans: list[Span]) -> bool:
    """Sorted, disjoint and none empty."""
    return all(start < end for start, end in spans) and all(
        one[1] < other[0] for one, other in itertools.pairwise(spans)
    )


@LAWS
@given(one=STRETCHES, other=STRETCHES)
def test_joined_stretches_hold_each_second_of_either_once(one: list[Span], other: list[Span]) -> None:
    joined = beside(union(one), union(other))
    assert seconds(joined) == seconds(one) | seconds(other)
    assert sum(end - start for start, end in joined) == len(seconds(joined))


@pytest.mark.parametrize(
    ("known", "added", "joined"),
    [
        ([(0, 5)], [(7, 9)], [(0, 5), (7, 9)]),
        ([(0, 5)], [(5, 9)], [(0, 9)]),
        ([(0, 5)], [(3, 9)], [(0, 9)]),
        ([(0, 5), (8, 20)], [(6, 7)], [(0, 5), (6, 7), (8, 20)]),
        ([(500, 900)], [(400, 500)], [(400, 900)]),
        ([(500, 900)], [(300, 400)], [(300, 400), (500, 900)]),
        ([], [(1, 2)], [(1, 2)]),
        ([(1, 2)], [], [(1, 2)]),
    ],
)
def test_what_is_added_before_within_or_after_is_joined_in_order(
    known: list[Span], added: list[Span], joined: list[Span]
) -> None:
    assert beside(known, added) == joined


@LAWS
@given(spans=STRETCHES, by=STRETCHES)
def test_a_split_puts_every_second_inside_or_outside(spans: list[Span], by: list[Span]) -> None:
    inside, outside = split(union(spans), union(by))
    assert seconds(inside) == seconds(spans) & seconds(by)
    assert seconds(outside) == seconds(spans) - seconds(by)
    assert is_orderly(union(spans))
    if seconds(inside):
        assert meet(union(spans), union(by))


@pytest.mark.parametrize(
    ("spans", "by", "inside", "outside"),
    [
        ([(10, 20)], [(0, 10)], [], [(10, 20)]),
        ([(10, 20)], [(20, 30)], [], [(10, 20)]),
        ([(10, 20)], [(0, 11)], [(10, 11)], [(11, 20)]),
        ([(10, 20)], [(19, 30)], [(19, 20)], [(10, 19)]),
        ([(10, 20)], [(12, 14), (16, 18)], [(12, 14), (16, 18)], [(10, 12), (14, 16), (18, 20)]),
        ([(10, 20), (30, 40)], [(15, 35)], [(15, 20), (30, 35)], [(10, 15), (35, 40)]),
    ],
)
def test_a_split_at_the_edges(spans: list[Span], by: list[Span], inside: list[Span], outside: list[Span]) -> None:
    assert split(spans, by) == (inside, outside)


def test_only_one_stretch_without_a_break_covers() -> None:
    assert covers([(0, 10)], 0, 10)
    assert covers([(0, 10)], 3, 7)
    assert not covers([(0, 5), (6, 10)], 0, 10)
    assert not covers([(1, 10)], 0, 10)
    assert not covers([(0, 9)], 0, 10)


def test_a_fact_of_a_day_ends_with_the_day() -> None:
    visit = Visit(id="v", on=dt.date(2024, 2, 29), practitioner="DR_A")
    assert visit.occurred == (dt.date(2024, 2, 29), dt.date(2024, 3, 1))


def test_a_fact_with_instants_has_the_days_it_may_touch_in_any_time_zone() -> None:
    """From 12 hours behind to 14 ahead of UTC: the day before its first, to the day after its last."""
    entry = TimeEntry(
        id="t",
        program="ccm",
        performer="RN",
        role="clinical_staff",
        started_at=dt.datetime(2024, 3, 10, 1, tzinfo=dt.UTC),
        ended_at=dt.datetime(2024, 3, 10, 2, tzinfo=dt.UTC),
    )
    assert entry.occurred == (dt.date(2024, 3, 9), dt.date(2024, 3, 12))


def test_a_stay_spans_its_days_and_its_instants() -> None:
    stay = Stay(id="s", setting="inpatient", from_=dt.date(2024, 3, 5), until=dt.date(2024, 3, 7))
    assert stay.occurred == (dt.date(2024, 3, 5), dt.date(2024, 3, 8))
