"""CONS-02, CONS-03 and CONS-10: the form of a consent and who took it, in the years that asked."""

import pytest

from tests.rulebook.usual_patient import TOLD_OF, Raw, ask, consent, usual_in, worked

SHARING = [*TOLD_OF, "record_sharing"]


@pytest.mark.parametrize("month", ["2015-01", "2016-12"])
def test_cons_02_written_with_leave_to_share_is_met(month: str) -> None:
    answer = ask(usual_in(month, worked(month, 20, day=31)), month)
    assert answer.outcomes("CONS-02") == {"met"}
    assert answer.lines == {"99490": 1}


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({"form": "verbal"}, "not_met"),
        ({"informed": TOLD_OF}, "not_met"),
        ({"form": "verbal", "informed": TOLD_OF}, "not_met"),
        ({"form": "verbal", "informed": None}, "not_met"),
        ({"form": None, "informed": TOLD_OF}, "not_met"),
        ({"form": None}, "missing"),
        ({"informed": None}, "missing"),
        ({"form": None, "informed": None}, "missing"),
    ],
)
@pytest.mark.parametrize("month", ["2015-01", "2016-12"])
def test_cons_02_another_form_no_leave_and_silence_block(month: str, said: Raw, outcome: str) -> None:
    answer = ask(usual_in(month, worked(month), consent=said), month)
    assert answer.outcomes("CONS-02") == {outcome}
    assert "CONS-02" in answer.blockers()
    assert answer.lines == {}


@pytest.mark.parametrize("form", ["verbal", "written", None])
def test_cons_03_from_2017_any_form_serves_and_record_sharing_is_not_asked(form: str | None) -> None:
    answer = ask(usual_in("2017-01", worked("2017-01"), consent={"form": form, "informed": TOLD_OF}), "2017-01")
    assert answer.findings("CONS-02") == []
    assert answer.lines == {"99490": 1}


def test_cons_02_is_judged_for_the_month_so_a_verbal_consent_of_2016_serves_from_2017() -> None:
    facts = usual_in("2016-12", worked("2016-12"), worked("2017-01"), consent={"form": "verbal", "informed": TOLD_OF})
    assert "CONS-02" in ask(facts, "2016-12").blockers()
    assert ask(facts, "2017-01").lines == {"99490": 1}


def test_cons_02_entries_count_from_the_first_consent_that_serves() -> None:
    better = consent("2016-03-10", form="written", informed=SHARING, id="written")
    facts = usual_in(
        "2016-03",
        worked("2016-03", 20, day=9, id="early"),
        worked("2016-03", 20, day=10, id="late"),
        better,
        consent={"form": "verbal"},
    )
    answer = ask(facts, "2016-03")
    assert answer.uncounted("early") == {"CONS-01": 1200}
    assert answer.uncounted("late") == {}
    assert answer.lines == {"99490": 1}
    assert answer.evidence("CONS-02") == {"written"}


def test_cons_02_where_none_serves_the_one_with_the_fewest_rules_not_met_names_the_blockers() -> None:
    worse = consent("2016-03-01", form="verbal", informed=["availability"], documented=False)
    answer = ask(usual_in("2016-03", worked("2016-03"), worse, consent={"form": "verbal"}), "2016-03")
    assert answer.blockers() == ["CONS-02"]


def test_cons_05_the_four_topics_are_asked_then_as_now() -> None:
    answer = ask(usual_in("2016-03", worked("2016-03"), consent={"informed": ["record_sharing"]}), "2016-03")
    assert answer.outcomes("CONS-05") == {"not_met"}
    assert answer.outcomes("CONS-02") == {"met"}


def test_cons_01_and_08_hold_in_those_years_too() -> None:
    ended = consent("2016-02-20", action="withdrawn", documented=None)
    assert "CONS-08" in ask(usual_in("2016-03", worked("2016-03"), ended), "2016-03").blockers()
    assert "CONS-01" in ask(usual_in("2016-03", worked("2016-03"), consent=None), "2016-03").blockers()
    other = ask(usual_in("2016-03", worked("2016-03"), consent={"practitioner": "DR_B"}), "2016-03")
    assert "CONS-07" in other.blockers()


def given(on: str, **said: str) -> dict[str, Raw | None]:
    return {"consent": {"on": on, **said}}


@pytest.mark.parametrize(
    ("month", "asked"), [("2016-12", False), ("2017-01", True), ("2020-02", True), ("2020-03", False)]
)
def test_cons_10_staff_under_general_supervision_is_an_advisory_in_its_months(month: str, asked: bool) -> None:
    """Never a blocker; from 2020-03 general supervision will do, whenever the consent was given."""
    day = f"{month}-02" if month < "2020-03" else "2019-06-01"
    answer = ask(usual_in(month, worked(month), **given(day, supervision="general")), month)
    assert answer.outcomes("CONS-10") == ({"advisory"} if asked else set())
    assert answer.lines == {"99490": 1}


@pytest.mark.parametrize(
    ("on", "told"),
    [("2016-12-31", False), ("2017-01-01", True), ("2020-02-29", True)],
)
def test_cons_10_looks_at_the_day_it_was_given(on: str, told: bool) -> None:
    written = {"form": "written", "informed": SHARING}
    month = "2020-02"
    answer = ask(usual_in(month, worked(month, day=29), consent={"on": on, "supervision": "general", **written}), month)
    assert bool(answer.findings("CONS-10")) is told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"supervision": "general"}, True),
        ({"supervision": "general", "taken_by_role": "clinical_staff"}, True),
        ({"supervision": "general", "taken_by_role": "practitioner"}, False),
        ({"supervision": "direct", "taken_by_role": "clinical_staff"}, False),
        ({"taken_by_role": "clinical_staff"}, False),
        ({}, False),
    ],
)
def test_cons_10_the_practitioner_may_take_it_and_silence_says_nothing(said: dict[str, str], told: bool) -> None:
    answer = ask(usual_in("2019-03", worked("2019-03"), consent={"on": "2019-02-01", **said}), "2019-03")
    assert bool(answer.findings("CONS-10")) is told


def test_cons_10_says_nothing_where_no_consent_is_in_force() -> None:
    assert ask(usual_in("2019-03", worked("2019-03"), consent=None), "2019-03").findings("CONS-10") == []
