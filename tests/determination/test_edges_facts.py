"""What a fact may state: which field is named when it cannot be true, on which days it bears, how rules are ordered."""

import datetime as dt
import itertools
from typing import Any

import msgspec
import pytest

from app.determination.fact import FactError, canonical
from app.determination.facts import KINDS, PROGRAMS, Consent, Fact
from app.determination.findings import FAMILIES, order_of
from app.determination.policy import PolicyChoices
from app.determination.service_month import second_of, service_month

MONTH = service_month("2024-03", "America/New_York")


def written(kind: str, **fields: Any) -> Fact:
    return msgspec.convert({"kind": kind, "id": "one", **fields}, KINDS[kind])


def entry(**fields: Any) -> Fact:
    return written("time_entry", program="ccm", performer="RN_1", role="clinical_staff", **fields)


def refused_field(kind: str, **fields: Any) -> str:
    needed = {"time_entry": {"program": "ccm", "performer": "RN_1", "role": "clinical_staff"}}.get(kind, {})
    with pytest.raises((FactError, msgspec.ValidationError)) as error:
        written(kind, **needed, **fields)
    cause = error.value if isinstance(error.value, FactError) else error.value.__cause__
    assert isinstance(cause, FactError)
    return cause.field


TEN, HALF_PAST = "2024-03-12T10:00:00Z", "2024-03-12T10:30:00Z"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "started_at"),
        ({"started_at": TEN}, "ended_at"),
        ({"ended_at": TEN}, "started_at"),
        ({"on": "2024-03-12"}, "seconds"),
        ({"seconds": 60}, "on"),
        ({"started_at": TEN, "ended_at": HALF_PAST, "on": "2024-03-12"}, "on"),
        ({"started_at": TEN, "ended_at": HALF_PAST, "seconds": 60}, "on"),
        ({"started_at": HALF_PAST, "ended_at": TEN}, "ended_at"),
        ({"started_at": TEN, "ended_at": TEN}, "ended_at"),
        ({"started_at": TEN, "ended_at": "2024-03-13T10:00:01Z"}, "ended_at"),
    ],
)
def test_an_entry_has_instants_or_a_day_and_names_the_field_to_mend(fields: dict[str, Any], field: str) -> None:
    assert refused_field("time_entry", **fields) == field


def test_an_entry_lasts_24_hours_at_most() -> None:
    entry(started_at=TEN, ended_at="2024-03-13T10:00:00Z")


@pytest.mark.parametrize("days", [{}, {"on": "2024-03-12", "at": TEN}])
def test_a_consent_has_a_day_or_an_instant(days: dict[str, str]) -> None:
    assert refused_field("consent", action="given", program="ccm", **days) == "on"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("enrollment", {"program": "ccm", "practitioner": "DR_A"}),
        ("coverage", {"payer": "medicare_part_b"}),
        ("condition", {"code": "I10"}),
    ],
)
def test_a_span_ends_after_it_begins(kind: str, fields: dict[str, str]) -> None:
    written(kind, **fields, **{"from": "2024-03-01", "until": "2024-03-02"})
    assert refused_field(kind, **fields, **{"from": "2024-03-01", "until": "2024-03-01"}) == "until"
    assert refused_field(kind, **fields, **{"from": "2024-03-02", "until": "2024-03-01"}) == "until"


def test_a_stay_and_a_service_may_end_on_the_day_they_begin() -> None:
    days = {"from": "2024-03-05", "until": "2024-03-05"}
    written("stay", setting="inpatient", **days)
    assert refused_field("stay", setting="inpatient", **(days | {"until": "2024-03-04"})) == "until"
    written("service", code="99495", on="2024-03-05", through="2024-03-05")
    assert refused_field("service", code="99495", on="2024-03-05", through="2024-03-04") == "through"


@pytest.mark.parametrize(("year", "stands"), [("1899", False), ("1900", True), ("2199", True), ("2200", False)])
def test_years_lie_between_1900_and_2199_and_the_refusal_says_so(year: str, stands: bool) -> None:
    fields = {"on": f"{year}-05-05", "practitioner": "DR_A"}
    if stands:
        written("visit", **fields)
        return
    with pytest.raises((FactError, msgspec.ValidationError), match=r"between 1900 and 2199\."):
        written("visit", **fields)


def test_one_moment_has_one_spelling() -> None:
    offset = entry(started_at="2024-03-12T05:00:00-05:00", ended_at="2024-03-12T11:30:00+01:00")
    assert canonical(offset) == canonical(entry(started_at=TEN, ended_at=HALF_PAST))
    assert b'"2024-03-12T10:00:00Z"' in canonical(offset)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("consent", {"action": "given", "program": "ccm"}),
        ("time_entry", {"program": "ccm", "performer": "RN_1", "role": "clinical_staff", "seconds": 60}),
    ],
)
def test_a_fact_of_the_day_after_the_month_bears_on_nothing_before(kind: str, fields: dict[str, Any]) -> None:
    written(kind, **fields, on="2024-03-31").bears_before(MONTH.day_after, MONTH.ends_at)
    assert not written(kind, **fields, on="2024-04-01").bears_before(MONTH.day_after, MONTH.ends_at)
    assert not written(kind, **fields, on="2024-04-02").bears_before(MONTH.day_after, MONTH.ends_at)


def test_an_instant_at_the_end_of_the_month_lies_after_it() -> None:
    """March ends in New York at 04:00 UTC."""
    consent = {"action": "given", "program": "ccm"}
    stay = {"setting": "inpatient", "from": "2024-04-02"}
    for second, bears in (("2024-04-01T03:59:59Z", True), ("2024-04-01T04:00:00Z", False)):
        for fact in (
            written("consent", **consent, at=second),
            written("stay", **stay, admitted_at=second),
            entry(started_at=second, ended_at="2024-04-01T05:00:00Z"),
        ):
            assert fact.bears_before(MONTH.day_after, MONTH.ends_at) is bears


def test_a_stay_bears_from_its_day_or_its_admission_on() -> None:
    """Admitted late in the evening of 31 March, dated 1 April by a clock of another place."""
    written("stay", setting="inpatient", **{"from": "2024-03-31"}).bears_before(MONTH.day_after, MONTH.ends_at)
    assert not written("stay", setting="inpatient", **{"from": "2024-04-01"}).bears_before(
        MONTH.day_after, MONTH.ends_at
    )


@pytest.mark.parametrize(
    ("fields", "first", "last"),
    [
        ({}, "2024-03-05", None),
        ({"until": "2024-03-07"}, "2024-03-05", "2024-03-08"),
        ({"admitted_at": "2024-03-05T12:00:00Z"}, "2024-03-04", None),
        ({"admitted_at": "2024-03-09T12:00:00Z"}, "2024-03-05", None),
        ({"discharged_at": "2024-03-07T12:00:00Z"}, "2024-03-05", "2024-03-09"),
        ({"until": "2024-03-07", "discharged_at": "2024-03-07T12:00:00Z"}, "2024-03-05", "2024-03-09"),
        ({"until": "2024-03-11", "discharged_at": "2024-03-07T12:00:00Z"}, "2024-03-05", "2024-03-12"),
    ],
)
def test_a_stay_occurred_on_every_day_its_days_or_instants_may_touch(
    fields: dict[str, str], first: str, last: str | None
) -> None:
    stay = written("stay", setting="inpatient", **{"from": "2024-03-05", **fields})
    until = None if last is None else dt.date.fromisoformat(last)
    assert stay.occurred == (dt.date.fromisoformat(first), until)


def test_what_no_policy_knows_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"count_everything": True}, PolicyChoices)


def test_findings_stand_by_family_then_number_then_program() -> None:
    """Rule-book order; of one rule, what concerns no program first, then the programs in theirs."""
    numbers = (1, 2, 9, 10, 18)
    asked = list(itertools.product(FAMILIES, numbers, (None, *PROGRAMS)))
    assert sorted(asked, key=lambda one: order_of(f"{one[0]}-{one[1]:02}", one[2])) == asked
    assert len({order_of(f"{family}-{number:02}", program) for family, number, program in asked}) == len(asked)


@pytest.mark.parametrize(
    ("written_month", "days", "after"),
    [("2024-02", 29, "2024-03-01"), ("2023-02", 28, "2023-03-01"), ("2024-04", 30, "2024-05-01"),
     ("2024-11", 30, "2024-12-01"), ("2024-12", 31, "2025-01-01")],
)  # fmt: skip
def test_a_month_has_its_days_each_beginning_at_midnight(written_month: str, days: int, after: str) -> None:
    month = service_month(written_month, "America/New_York")
    assert month.days == days
    assert month.first_day == dt.date.fromisoformat(f"{written_month}-01")
    assert month.day_after == dt.date.fromisoformat(after)
    assert month.last_day == month.day_after - dt.timedelta(days=1)
    assert len(month.day_starts) == days + 1
    assert (month.start, month.end) == (month.day_starts[0], month.day_starts[-1])
    assert second_of(month.ends_at) == month.end
    assert [month.day(index) for index in (0, days - 1)] == [month.first_day, month.last_day]
    assert [month.index(day) for day in (month.first_day, month.last_day)] == [0, days - 1]
    assert month.start_of_day_after(month.last_day) == month.end


def test_the_days_of_a_clock_change_have_their_own_length() -> None:
    """New York, 2024: 10 March has 23 hours, 3 November 25."""
    for written_month, day, hours in (("2024-03", 10, 23), ("2024-03", 11, 24), ("2024-11", 3, 25)):
        starts = service_month(written_month, "America/New_York").day_starts
        assert starts[day] - starts[day - 1] == hours * 3600


def test_seconds_of_a_stretch_over_midnight_stand_on_their_own_days() -> None:
    starts = MONTH.day_starts
    assert MONTH.by_day([(starts[3] - 60, starts[5] + 30)]) == [(2, 60), (3, 86_400), (4, 86_400), (5, 30)]
    assert MONTH.by_day([(starts[3] - 60, starts[3])]) == [(2, 60)]
    assert MONTH.by_day([(starts[3], starts[3] + 60)]) == [(3, 60)]


def test_seconds_are_counted_from_1970() -> None:
    assert second_of(dt.datetime(1970, 1, 2, 0, 0, 1, tzinfo=dt.UTC)) == 86_401
    assert isinstance(written("consent", action="given", program="ccm", at=TEN), Consent)
