"""What a rule said over time, and what differs between two months."""

from itertools import pairwise

import pytest

from app.reference.calendar import covered_months
from app.reference.comparison import Change, compare
from app.reference.history import history, known_rules
from app.reference.in_force import rule_in
from app.reference.standings import rules_citing, rules_of_standing, unread_sources
from app.rulebook import loader
from tests.reference.conftest import BOTH, BookIn, edition, home_health


@pytest.mark.usefixtures("three_editions")
def test_chapters_are_what_the_rule_said() -> None:
    first, last = history("ELIG-06")
    assert (first.from_, first.until, first.changed) == ("2015-01", "2023-07", ())
    assert (last.from_, last.until) == ("2023-07", "2026-01")
    assert [change.what for change in last.changed] == ["numbers.facilities", "says.resident"]
    assert last.changed[0] == Change(
        what="numbers.facilities", before=["nursing_facility", "assisted_living"], after=["assisted_living"]
    )


@pytest.mark.usefixtures("three_editions")
def test_when_a_rule_ends_whatever_edition_is_asked() -> None:
    for month in ("2021-01", "2022-01", "2025-12"):
        rule = rule_in(month, "ELIG-06")
        assert rule is not None and rule.until == "2026-01"
    assert rule_in("2026-01", "ELIG-06") is None


@pytest.mark.usefixtures("three_editions")
def test_the_difference_of_two_months() -> None:
    same, changed, ended = compare("2021-12", "2022-02"), compare("2023-06", "2023-07"), compare("2025-12", "2026-01")
    assert "ELIG-06" not in {one.rule for one in same.rules.changed}
    (elig,) = (one for one in changed.rules.changed if one.rule == "ELIG-06")
    assert [change.what for change in elig.changes] == ["numbers.facilities", "says.resident"]
    assert "ELIG-08" not in {one.rule for one in changed.rules.changed}
    assert {"ELIG-06", "ELIG-08"} <= {rule.rule for rule in ended.rules.ended}
    assert {"ELIG-06", "ELIG-08"} <= {rule.rule for rule in compare("2026-01", "2025-12").rules.begun}


def test_a_rule_younger_than_its_edition_is_in_force_since_its_own_month(book_in: BookIn) -> None:
    younger = edition('from = "2015-01"', BOTH, "That bars nothing.", since="2024-01")
    book_in("rules/residence.toml", younger + home_health('from = "2015-01"'))
    assert rule_in("2023-12", "ELIG-06") is None
    assert rule_in("2023-12", "ELIG-08") is not None
    rule = rule_in("2024-01", "ELIG-06")
    assert rule is not None and (rule.since, rule.edition.from_) == ("2024-01", "2024-01")
    (chapter,) = history("ELIG-06")
    assert (chapter.from_, chapter.until) == ("2024-01", None)
    assert [one.rule for one in compare("2023-12", "2024-01").rules.begun if one.rule.startswith("ELIG")] == ["ELIG-06"]


def test_a_rule_written_as_a_table_has_its_history() -> None:
    """CONC-01 until 2022, from 2020 only in clinics; PRAC-04 from 2017 on."""
    everywhere, in_clinics = history("CONC-01")
    assert (everywhere.from_, everywhere.until) == ("2015-01", "2020-01")
    assert (in_clinics.from_, in_clinics.until, in_clinics.rule.since) == ("2020-01", "2022-01", "2015-01")
    assert Change(what="numbers.settings", after=["fqhc", "rhc"]) in in_clinics.changed
    assert rule_in("2019-12", "CONC-01") != rule_in("2020-01", "CONC-01")
    assert rule_in("2022-01", "CONC-01") is None
    (one_kind,) = history("PRAC-04")
    assert (one_kind.from_, one_kind.until) == ("2017-01", None)


def test_what_a_second_class_adds_to_a_rule_makes_a_chapter() -> None:
    """ELIG-04: the planning assessment of 2017 is asked under its own cover; what stood before goes on."""
    before, since = history("ELIG-04")
    assert (before.from_, before.until, since.from_, since.until) == ("2015-01", "2017-01", "2017-01", None)
    assert {one.what for one in since.changed} >= {"check"}


def test_what_a_table_brought_is_told_between_two_months() -> None:
    found = compare("2016-12", "2017-01")
    begun, ended = ({one.rule for one in side} for side in (found.rules.begun, found.rules.ended))
    assert {"PRAC-04", "CPLX-06", "UNIT-03", "CONC-08"} <= begun
    assert {"CPLX-07", "CONS-02", "INIT-02"} <= ended
    assert {one.pathway for one in found.pathways.begun} == {
        "complex", "planning", "behavioral_integration", "collaborative_first", "collaborative_following",
    }  # fmt: skip


def test_pairs_of_codes_that_come_and_go() -> None:
    ended = compare("2024-12", "2025-01").claim_edits
    assert not ended.begun
    assert [(one.rule, one.codes, one.indicators) for one in ended.ended] == [
        ("CONC-16", ("99441-99443",), {"99439": 0})
    ]
    # Another indicator: what it was and what it is.
    changed = compare("2017-12", "2018-01").claim_edits
    was, now = ([one for one in side if one.rule == "CONC-05"] for side in (changed.ended, changed.begun))
    assert [one.indicators for one in was] == [{"99487": 0, "99489": 0, "99490": 0}]
    # With codes of ours, here 99484 and 99492 to 99494, their pairs begin.
    assert [one.indicators for one in now] == [
        {"99487": 1, "99489": 1, "99490": 1},
        {"99484": 0, "99492": 0, "99493": 0, "99494": 0},
    ]
    (dialysis,) = (one for one in compare("2021-12", "2022-01").claim_edits.begun if one.rule == "CONC-12")
    assert set(dialysis.indicators) == {"99437", "99424", "99425", "99426", "99427"}
    same = compare("2024-03", "2024-04").claim_edits
    assert not same.begun and not same.ended


def test_codes_and_pathways_that_changed() -> None:
    found = compare("2021-12", "2022-01")
    assert {"99424", "99437"} <= {code.code for code in found.codes.opened}
    assert {"G2064", "G2065"} <= {code.code for code in found.codes.closed}
    (practitioner,) = (one for one in found.pathways.changed if one.pathway == "practitioner")
    assert Change(what="add_on.code", after="99437") in practitioner.changes
    assert found.conversion_factors.begun and found.conversion_factors.ended
    assert found.from_.law_digest != found.to.law_digest


def test_a_month_does_not_differ_from_itself() -> None:
    found = compare("2024-03", "2024-03")
    assert found.from_ == found.to
    for part in (found.rules, found.pathways):
        assert not part.begun and not part.ended and not part.changed
    assert not found.codes.opened and not found.codes.closed
    assert not found.conversion_factors.begun and not found.conversion_factors.ended


def test_every_rule_of_a_covered_month_has_a_history() -> None:
    book = loader.book()
    for month in (book.first_month, "2016-12", "2021-12", "2024-03", book.last_month):
        assert {rule for rule, text in loader.law(month).texts.items() if text.since <= month} <= known_rules()
    for rule in known_rules():
        chapters = history(rule)
        assert all(earlier.until is not None for earlier in chapters[:-1])
        # Only what changed makes a chapter, unless the rule was silent in between.
        assert all(later.changed for earlier, later in pairwise(chapters) if earlier.until == later.from_)
    assert history("ELIG-99") == ()


@pytest.mark.usefixtures("three_editions")
def test_a_standing_is_told_with_its_months() -> None:
    (elig,) = (one for one in rules_of_standing({"unread"}) if one.rule == "ELIG-08")
    assert (elig.months.from_, elig.months.until) == ("2015-01", "2026-01")


def test_rules_by_how_well_they_were_read() -> None:
    listed = {one.rule: one.standing for one in rules_of_standing({"unread", "derived"})}
    assert listed["PROG-00"] == "derived"
    assert "CONS-08" not in listed
    for rule, standing in listed.items():
        assert standing in {chapter.rule.standing for chapter in history(rule)}
    assert "PLAN-04" in {one.rule for one in rules_of_standing({"proposed"})}
    # Rules written as tables are told like others.
    assert "CONC-03" in {one.rule for one in rules_of_standing({"secondary"})}
    assert listed["G0506-07"] == "unread"


def test_the_calendar_marks_months_that_brought_something() -> None:
    months = covered_months()
    assert (months[0].written, months[-1].written) == (loader.book().first_month, loader.book().last_month)
    changed = {one.written for one in months if one.changed}
    # Codes of 2017, the add-on of 2022, the end of G0511 within a year; nothing in the spring of 2024.
    assert {"2017-01", "2022-01", "2025-10"} <= changed
    assert "2024-04" not in changed and months[0].written not in changed


def test_sources_nobody_read_and_who_cites_them() -> None:
    assert all(source.read is None for source in unread_sources())
    assert "CONS-08" in rules_citing("PFS24")
    assert rules_citing("NOBODY") == ()
