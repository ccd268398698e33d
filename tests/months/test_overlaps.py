"""One person's entries across patients: which stretches lie on two at once, held to a second-by-second count."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.determination.facts import TimeEntry
from app.determination.service_month import service_month
from app.determination.work import work_in
from app.months import overlaps
from app.months.overlaps import Stint
from app.months.persons import PersonsMonth

MONTH = service_month("2024-03")
Told = tuple[int, int, int, list[str]]


def entry(patient: str, start: int, end: int, number: int = 0) -> Stint:
    return Stint(start, "ehr", f"{patient}{start}-{end}-{number}", end, patient, "ccm", "clinical_staff")


def found(*stints: Stint) -> list[Told]:
    """From, until, patients at once and the entries of each stretch."""
    told = overlaps.overlaps(sorted(stints))
    assert all(each.stint_count == len(each.stints) for each in told)
    return [(each.start, each.end, each.patients_at_once, [stint.id for stint in each.stints]) for each in told]


def counted(entries: Sequence[Stint]) -> list[tuple[int, int, int, set[str]]]:
    """The same, by asking of every second who is under way."""

    told: list[tuple[int, int, int, set[str]]] = []
    for now in range(40):
        present = [each for each in entries if each.start <= now < each.end]
        patients = len({each.patient for each in present})
        if patients < 2:
            continue
        names = {each.id for each in present}
        if told and told[-1][1] == now:
            start, _, most, before = told.pop()
            told.append((start, now + 1, max(most, patients), before | names))
        else:
            told.append((now, now + 1, patients, names))
    return told


SPANS = st.tuples(st.sampled_from("ABC"), st.integers(0, 20), st.integers(1, 12))


@given(st.lists(SPANS, max_size=9))
def test_they_are_what_every_second_tells(spans: list[tuple[str, int, int]]) -> None:
    entries = [entry(patient, start, start + lasts, n) for n, (patient, start, lasts) in enumerate(spans)]
    told = found(*entries)
    assert [(*rest, set(names)) for *rest, names in told] == counted(entries)
    assert all(len(names) == len(set(names)) for *_, names in told)


def test_two_entries_of_one_patient_are_no_finding() -> None:
    assert found(entry("A", 0, 10), entry("A", 5, 15), entry("B", 15, 20)) == []


def test_an_entry_that_begins_as_another_ends_does_not_overlap_it() -> None:
    assert found(entry("A", 0, 10), entry("B", 10, 20)) == []
    assert found(entry("A", 0, 11), entry("B", 10, 20)) == [(10, 11, 2, ["A0-11-0", "B10-20-0"])]


def test_three_patients_at_once_are_one_stretch() -> None:
    told = found(entry("A", 0, 30), entry("B", 10, 40), entry("C", 20, 25))
    assert told == [(10, 30, 3, ["A0-30-0", "B10-40-0", "C20-25-0"])]


def test_a_stretch_goes_on_where_one_entry_takes_anothers_place() -> None:
    """A second entry of the patient who stays begins at that moment too, and lies in the stretch."""
    told = found(entry("A", 0, 10), entry("B", 5, 20), entry("B", 10, 12), entry("C", 10, 15))
    assert told == [(5, 15, 2, ["A0-10-0", "B5-20-0", "B10-12-0", "C10-15-0"])]


def test_a_pause_makes_two_stretches() -> None:
    told = found(entry("A", 0, 30), entry("B", 5, 10), entry("B", 20, 25))
    assert told == [(5, 10, 2, ["A0-30-0", "B5-10-0"]), (20, 25, 2, ["A0-30-0", "B20-25-0"])]


def test_of_a_great_many_entries_the_first_are_named_and_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlaps, "MOST_STINTS", 3)
    told = overlaps.overlaps([entry("A" if number < 5 else "B", number, 30, number) for number in range(10)])
    (overlap,) = told
    assert [each.id for each in overlap.stints] == ["A0-30-0", "A1-30-1", "A2-30-2"]
    assert overlap.stint_count == 10


def test_only_more_than_24_hours_are_an_impossible_day() -> None:
    def on(day: int, *seconds: int) -> list[tuple[int, int]]:
        person = PersonsMonth(MONTH.days)
        for each in seconds:
            one = TimeEntry(
                id="t", source="ehr", patient="P1", program="ccm", performer="RN_1", role="clinical_staff",
                on=dt.date(2024, 3, day), seconds=each,
            )  # fmt: skip
            for work in work_in(MONTH, [one]):
                person.take(work)
        assert not person.overlaps()
        return person.impossible_days()

    assert on(7, 43_200, 43_200) == []
    assert on(7, 43_200, 43_201) == [(6, 86_401)]
