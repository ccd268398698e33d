"""The reference's words: one for everything the rule book writes in short, and changes as they are read."""

from typing import get_args

import pytest
from msgspec import UNSET

from app.determination.facts import PROGRAMS
from app.determination.findings import FAMILIES, Effect
from app.determination.law import Standing
from app.reference import words
from app.reference.code_ranges import ranges
from app.reference.search import search
from app.rulebook.statements import expanded


def test_everything_written_in_short_has_words() -> None:
    assert tuple(words.FAMILY_TITLES) == FAMILIES
    assert set(words.EFFECTS) == set(get_args(Effect))
    assert set(words.STANDINGS) == set(get_args(Standing))
    assert set(words.PROGRAM_TITLES) == set(PROGRAMS)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1200, "20 minutes"),
        (3600, "60 minutes"),
        (5400, "90 minutes"),
        (7200, "2 hours"),
        (43_200, "12 hours"),
        (90, "90 seconds"),
    ],
)
def test_seconds_are_read_as_a_person_says_them(seconds: int, said: str) -> None:
    assert words.duration(seconds) == said


def test_months_are_read_with_both_ends() -> None:
    assert words.months("2020-01", None) == "since 2020-01"
    assert words.months("2020-01", "2021-01") == "2020-01 to 2020-12"
    assert words.months("2020-01", "2020-02") == "2020-01"
    assert (words.month_before("2021-01"), words.month_after("2020-12")) == ("2020-12", "2021-01")
    assert (words.month_before("2021-11"), words.month_after("2021-09")) == ("2021-10", "2021-10")


def test_numbers_lists_and_tables() -> None:
    stated = {
        "long_day_seconds": 43_200,
        "told_of": ["availability", "cost_sharing"],
        "ended": {"99343": "2023-01"},
        "row": [{"code": "G0181", "same": True}, {"code": "G0182", "same": False}],
        "groups": [["complex"], ["clinical_staff", "practitioner"]],
        "free_seconds": 1200,
        "nothing": [],
        "PLAN-04": "x",
    }
    assert list(words.numbers(stated)) == [
        ("Long day", ("12 hours",)),
        ("Told of", ("availability, cost_sharing",)),
        ("Ended", ("99343: 2023-01",)),
        ("Row", ("code: G0181, same: yes", "code: G0182, same: no")),
        ("Never in one month", ("complex", "clinical_staff, practitioner")),
        ("Time after its end that frees the month", ("20 minutes",)),
        ("Nothing", ("none",)),
        ("PLAN-04", ("x",)),
    ]


@pytest.mark.parametrize(
    ("what", "before", "after", "read"),
    [
        ("check", "a", "b", [("was", "a"), ("is", "b")]),
        ("says.withdrawn", UNSET, "b", [("is", "b")]),
        ("remedies.withdrawn", "a", UNSET, [("was", "a")]),
        ("requires", ("A-1", "B-2"), ("B-2", "C-3"), [("no longer", "A-1"), ("now also", "C-3")]),
        ("requires", ("A-1",), ("A-1", "B-2"), [("now also", "B-2")]),
        ("numbers.order", ["a", "b"], ["b", "a"], [("was", "a, b"), ("is", "b, a")]),
        ("numbers.row", [{"code": "x"}], [{"code": "x"}, {"code": "y"}], [("now also", "code: y")]),
        ("base.seconds", 1200, 1800, [("was", "20 minutes"), ("is", "30 minutes")]),
        (
            "cites",
            [{"source": "PFS24", "at": "88 FR 79079", "title": "t"}],
            [{"source": "CH", "title": "t"}],
            [("no longer", "PFS24 88 FR 79079"), ("now also", "CH")],
        ),
    ],
)
def test_a_change_is_read_from_both_sides(
    what: str, before: object, after: object, read: list[tuple[str, str]]
) -> None:
    assert list(words.sides(what, before, after)) == read


@pytest.mark.parametrize(
    ("codes", "short"),
    [
        (["99426", "99424", "99425", "99427"], ("99424-99427",)),
        (["99495", "99496"], ("99495", "99496")),
        (["G0556", "G0557", "G0558", "99491"], ("99491", "G0556-G0558")),
        (["G0009", "G0010", "G0011"], ("G0009-G0011",)),
        ([], ()),
    ],
)
def test_codes_in_a_row_are_a_range(codes: list[str], short: tuple[str, ...]) -> None:
    assert ranges(codes) == short
    assert not short or expanded("a test", short) == set(codes)


def test_what_changed_is_named() -> None:
    assert words.part("says.withdrawn_in_month") == "Sentence, withdrawn in month"
    assert words.part("numbers.PLAN-04") == "Number, PLAN-04"
    assert words.part("add_on.each_seconds") == "Add-on, each"
    assert words.part("check") == "How it is checked"


def test_what_has_the_words_in_its_title_comes_first() -> None:
    found = [rule.rule for rule in search("2024-03", "consent documented")]
    assert found[0] == "CONS-04"
    assert search("2024-03", "  ") == ()
    assert "CPLX-01" in {rule.rule for rule in search("2024-03", "99487")}
