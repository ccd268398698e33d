"""What a single fact may say, and when it occurred."""

import datetime as dt
from typing import Any

import msgspec
import pytest

from app.determination import succession
from app.determination.facts import KINDS, Fact, TimeEntry
from app.determination.service_month import service_month
from app.determination.spans import beside, union
from app.determination.work import work_in

ENTRY = {"kind": "time_entry", "id": "e", "program": "ccm", "performer": "RN_1", "role": "clinical_staff"}


def fact(stated: dict[str, Any], **fields: Any) -> Fact:
    return msgspec.convert({**stated, **fields}, KINDS[stated["kind"]])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "started_at"),
        ({"on": "2024-03-01"}, "seconds"),
        ({"seconds": 60}, "on"),
        ({"started_at": "2024-03-01T09:00:00Z"}, "ended_at"),
        ({"ended_at": "2024-03-01T09:00:00Z"}, "started_at"),
        ({"started_at": "2024-03-01T09:00:00Z", "ended_at": "2024-03-01T09:00:00Z"}, "after `started_at`"),
        ({"started_at": "2024-03-01T09:00:00Z", "ended_at": "2024-03-02T09:00:01Z"}, "24 hours"),
        ({"on": "2024-03-01", "seconds": 60, "started_at": "2024-03-01T09:00:00Z"}, "not both"),
        ({"on": "1899-12-31", "seconds": 60}, "year"),
        ({"on": "2200-01-01", "seconds": 60}, "year"),
        ({"started_at": "2024-03-01T09:00:00.5Z", "ended_at": "2024-03-01T09:20:00Z"}, "whole seconds"),
    ],
)
def test_an_entry_has_instants_or_a_day_and_seconds(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=field):
        fact(ENTRY, **fields)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"kind": "consent", "id": "c", "action": "given", "program": "ccm"}, "`on` or `at`"),
        (
            {"kind": "consent", "id": "c", "action": "given", "program": "ccm", "on": "2024-03-01", "at": "2024-03-01T09:00:00Z"},
            "`on` or `at`",
        ),
        ({"kind": "coverage", "id": "c", "payer": "none", "from": "2024-03-01", "until": "2024-03-01"}, "after `from`"),
        ({"kind": "stay", "id": "s", "setting": "hospice", "from": "2024-03-02", "until": "2024-03-01"}, "after `from`"),
        (
            {"kind": "stay", "id": "s", "setting": "inpatient", "from": "2024-03-01", "admitted_at": "2024-03-01T09:00:00Z",
             "discharged_at": "2024-03-01T09:00:00Z"},
            "after `admitted_at`",
        ),
    ],
)  # fmt: skip
def test_dates_that_cannot_be_are_refused(stated: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        fact(stated)


def test_a_stay_of_one_day_may_end_on_it() -> None:
    stay = fact({"kind": "stay", "id": "s", "setting": "inpatient", "from": "2024-03-01", "until": "2024-03-01"})
    assert stay.occurred == (dt.date(2024, 3, 1), dt.date(2024, 3, 2))


@pytest.mark.parametrize(
    ("stated", "occurred"),
    [
        ({**ENTRY, "on": "2024-03-01", "seconds": 60}, ("2024-03-01", "2024-03-02")),
        (
            {**ENTRY, "started_at": "2024-03-01T23:50:00Z", "ended_at": "2024-03-02T00:10:00Z"},
            ("2024-02-29", "2024-03-04"),
        ),
        ({"kind": "consent", "id": "c", "action": "given", "program": "ccm", "on": "2024-03-01"}, ("2024-03-01", "2024-03-02")),
        (
            {"kind": "consent", "id": "c", "action": "given", "program": "ccm", "at": "2024-03-01T12:00:00Z"},
            ("2024-02-29", "2024-03-03"),
        ),
        ({"kind": "stay", "id": "s", "setting": "hospice", "from": "2024-03-01", "until": "2024-03-05"}, ("2024-03-01", "2024-03-06")),
        ({"kind": "stay", "id": "s", "setting": "hospice", "from": "2024-03-01"}, ("2024-03-01", None)),
        (
            {"kind": "stay", "id": "s", "setting": "inpatient", "from": "2024-03-01", "admitted_at": "2024-03-01T01:00:00Z",
             "until": "2024-03-05", "discharged_at": "2024-03-05T20:00:00Z"},
            ("2024-02-29", "2024-03-07"),
        ),
        (
            {"kind": "stay", "id": "s", "setting": "inpatient", "from": "2024-03-01", "discharged_at": "2024-03-05T20:00:00Z"},
            ("2024-03-01", "2024-03-07"),
        ),
        ({"kind": "coverage", "id": "c", "payer": "none"}, (None, None)),
    ],
)  # fmt: skip
def test_when_a_fact_occurred_in_any_time_zone(stated: dict[str, Any], occurred: tuple[str | None, str | None]) -> None:
    first, after = fact(stated).occurred
    assert (first and first.isoformat(), after and after.isoformat()) == occurred


def test_equal_moments_are_equal_facts_however_their_offset_is_written() -> None:
    written = {"ended_at": "2024-03-01T09:20:00Z"}
    assert fact(ENTRY, started_at="2024-03-01T09:00:00Z", **written) == fact(
        ENTRY, started_at="2024-03-01T04:00:00-05:00", **written
    )


def test_a_fact_may_be_corrected_or_retracted_once() -> None:
    first = fact(ENTRY, on="2024-03-01", seconds=60)
    again = fact(ENTRY, id="again", on="2024-03-01", seconds=90, corrects="e")
    retraction = fact(
        {"kind": "retraction", "id": "r", "retracts": {"kind": "time_entry", "id": "e"}, "reason": "wrong"}
    )
    assert succession.breaches([first, again]) == []
    assert succession.breaches([first, again, again]) == []
    (breach,) = succession.breaches([first, again, retraction])
    assert (breach.index, "already" in breach.detail) == (2, True)
    (nameless,) = succession.breaches([again])
    assert (nameless.index, nameless.field) == (0, "corrects")


def test_facts_that_correct_one_another_in_a_circle_are_told_and_the_one_that_leads_there_is_not() -> None:
    one = fact(ENTRY, id="one", on="2024-03-01", seconds=60, corrects="other")
    other = fact(ENTRY, id="other", on="2024-03-01", seconds=90, corrects="one")
    found = succession.breaches([one, other])
    assert [(breach.index, breach.field, "in turn" in breach.detail) for breach in found] == [
        (0, "corrects", True), (1, "corrects", True),
    ]  # fmt: skip
    leading = fact(ENTRY, id="leading", on="2024-03-01", seconds=30, corrects="one")
    assert succession.breaches([one, other, leading]) == found


def test_an_id_says_one_thing() -> None:
    """Said twice it is said once; with other content it is a breach, told where it stands."""
    first, same = fact(ENTRY, on="2024-03-01", seconds=60), fact(ENTRY, on="2024-03-01", seconds=60)
    other = fact(ENTRY, on="2024-03-01", seconds=61)
    kept, found = succession.distinct([first, same, other])
    assert kept == [first]
    assert [(breach.index, breach.field) for breach in found] == [(2, "id")]


@pytest.mark.parametrize(
    ("started_at", "ended_at", "spans"),
    [
        ("2024-03-31T23:59:59Z", "2024-04-01T00:00:01Z", ((1711929599, 1711929600),)),
        ("2024-04-01T00:00:00Z", "2024-04-01T00:00:01Z", None),
        ("2024-02-29T23:59:59Z", "2024-03-01T00:00:01Z", ((1709251200, 1709251201),)),
        ("2024-02-29T23:59:59Z", "2024-03-01T00:00:00Z", None),
    ],
)
def test_work_is_cut_to_the_month_and_none_of_it_where_it_only_touches(
    started_at: str, ended_at: str, spans: tuple[tuple[int, int], ...] | None
) -> None:
    entry = fact(ENTRY, started_at=started_at, ended_at=ended_at)
    assert isinstance(entry, TimeEntry)
    assert [work.spans for work in work_in(service_month("2024-03", "UTC"), [entry])] == (
        [] if spans is None else [spans]
    )


@pytest.mark.parametrize(
    ("written", "zone"), [("2024-3", "UTC"), ("2024-13", "UTC"), ("2024-03-01", "UTC"), ("2024-03", "Mars")]
)
def test_a_month_is_written_in_one_way_in_a_known_zone(written: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"YYYY-MM|IANA"):
        service_month(written, zone)


def test_december_is_followed_by_january() -> None:
    assert service_month("2024-12", "UTC").day_after == dt.date(2025, 1, 1)


def test_a_stretch_without_a_second_is_none() -> None:
    assert union([(5, 5)]) == []
    assert union([(5, 9), (7, 7), (9, 9), (9, 12)]) == [(5, 12)]
    assert beside([(1, 2)], []) == [(1, 2)]
