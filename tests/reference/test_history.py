"""What a rule said over time, and what differs between two months."""

from itertools import pairwise

import pytest

from app.reference.comparison import Change, compare
from app.reference.history import history, known_rules
from app.reference.in_force import rule_in, rulebook_of
from app.reference.standings import rules_citing, rules_of_standing, unread_sources
from app.rulebook import loader
from tests.reference.conftest import BOTH, BookIn, edition


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
    # The numbers are the edition's, which answers both ids.
    (other,) = (one for one in changed.rules.changed if one.rule == "ELIG-08")
    assert [change.what for change in other.changes] == ["numbers.facilities"]
    assert {"ELIG-06", "ELIG-08"} <= {rule.rule for rule in ended.rules.ended}
    assert {"ELIG-06", "ELIG-08"} <= {rule.rule for rule in compare("2026-01", "2025-12").rules.begun}


def test_a_rule_younger_than_its_edition_is_in_force_since_its_own_month(book_in: BookIn) -> None:
    book_in("rules/residence.toml", edition('from = "2015-01"', BOTH, "That bars nothing.", since="2024-01"))
    assert rule_in("2023-12", "ELIG-06") is None
    assert rule_in("2023-12", "ELIG-08") is not None
    rule = rule_in("2024-01", "ELIG-06")
    assert rule is not None and (rule.since, rule.edition.from_) == ("2024-01", "2024-01")
    (chapter,) = history("ELIG-06")
    assert (chapter.from_, chapter.until) == ("2024-01", None)
    assert [one.rule for one in compare("2023-12", "2024-01").rules.begun if one.rule.startswith("ELIG")] == ["ELIG-06"]


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
    for month in (book.first_month, "2024-03", book.last_month):
        assert {one.rule for one in rulebook_of(month).rules} <= known_rules()
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


def test_sources_nobody_read_and_who_cites_them() -> None:
    assert all(source.read is None for source in unread_sources())
    assert "CONS-08" in rules_citing("PFS24")
    assert rules_citing("NOBODY") == ()
