"""What a table of the book may hold: months, codes and ranges, chains of editions, pathways, figures and localities."""

from decimal import Decimal
from typing import Any

import pytest

from app.determination.law import AddOn, ClaimEdit, CodeRow, Exclusion, Pathway
from app.rulebook.compiling import compile_month
from app.rulebook.editions import RulebookError, Window, check_chain, check_month, check_window
from app.rulebook.loader import _months, book, law
from app.rulebook.statements import DatedEdit, edits_in, expanded, reason_on_one_date, said_of_one_date
from app.rulebook.tables import Requirement, read_codes, read_pathway, read_places, read_releases


def test_the_months_of_the_book_follow_each_other_over_the_turn_of_the_year() -> None:
    assert list(_months("2015-11", "2016-02")) == ["2015-11", "2015-12", "2016-01", "2016-02"]
    assert list(_months("2015-01", "2015-01")) == ["2015-01"]
    assert len(list(_months(book().first_month, book().last_month))) == 13 * 12


@pytest.mark.parametrize(
    "written", ["2024-00", "2024-13", "2024-1", "2024-001", "24-01", "2024/01", "2024-1a", "202a-01", "20240-1"]
)
def test_a_month_is_written_with_four_digits_and_two(written: str) -> None:
    with pytest.raises(RulebookError):
        check_month("here", written)


@pytest.mark.parametrize("written", ["2024-01", "2024-12", "2024-10"])
def test_a_month_of_the_calendar_is_read(written: str) -> None:
    assert check_month("here", written) == written


def window(since: str, until: str | None = None, **fields: bool) -> Window:
    return Window(from_=since, until=until, **fields)


def test_a_window_ends_after_it_begins() -> None:
    check_window("here", window("2024-01", "2024-02"))
    for until in ("2024-01", "2023-12"):
        with pytest.raises(RulebookError, match=until):
            check_window("here", window("2024-01", until))
    with pytest.raises(RulebookError):
        check_window("here", window("2024-01", ends=True))
    with pytest.raises(RulebookError):
        check_window("here", window("2024-01", "2024-13"))


def test_an_edition_is_in_force_from_its_month_until_the_month_it_ends() -> None:
    for one in (window("2024-02", "2024-04"), DatedEdit("2024-02", "2024-04", frozenset(), {}, "CONC-01")):
        assert [one.in_force(f"2024-0{month}") for month in (1, 2, 3, 4, 5)] == [False, True, True, False, False]
    for one in (window("2024-02"), DatedEdit("2024-02", None, frozenset(), {}, "CONC-01")):
        assert [one.in_force(month) for month in ("2024-01", "2024-02", "2030-01")] == [False, True, True]
    requirement = Requirement(rule="ELIG-01", from_="2024-02", until="2024-04")
    assert [requirement.holds(f"2024-0{month}") for month in (1, 2, 3, 4)] == [False, True, True, False]
    assert Requirement(rule="ELIG-01").holds("2015-01")


CHAIN = ("2015-01", "2027-12")


@pytest.mark.parametrize(
    "windows",
    [
        [window("2015-01")],
        [window("2014-01")],
        [window("2015-01", "2020-01"), window("2020-01")],
        [window("2020-01"), window("2015-01", "2020-01")],
        [window("2015-01", "2028-01")],
        [window("2017-01", begins=True)],
        [window("2015-01", "2020-01", ends=True)],
        [window("2015-01", "2027-12", ends=True)],
    ],
)
def test_a_chain_without_hole_or_overlap_stands(windows: list[Window]) -> None:
    check_chain("here", windows, *CHAIN)


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ([], "no edition at all"),
        ([window("2015-02")], "before 2015-02"),
        ([window("2015-01", "2027-12")], "from 2027-12 on"),
        ([window("2015-01", "2020-01")], "from 2020-01 on"),
        ([window("2015-01", "2020-01"), window("2020-02")], "from 2020-01 to 2020-02"),
        ([window("2015-01", "2020-02"), window("2020-01")], "two editions are in force in 2020-01"),
        ([window("2015-01", "2024-02"), window("2020-01")], "two editions are in force in 2020-01"),
        ([window("2015-01"), window("2020-01")], "two editions are in force in 2020-01"),
        ([window("2015-01", "2020-01", ends=True), window("2020-01")], "goes on in 2020-01"),
        ([window("2015-01", "2020-01"), window("2020-01", begins=True)], "goes on in 2020-01"),
    ],
)
def test_a_hole_an_overlap_or_a_broken_promise_is_refused(windows: list[Window], said: str) -> None:
    with pytest.raises(RulebookError, match=said):
        check_chain("here", windows, *CHAIN)


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        (["99490"], {"99490"}),
        (["G0506"], {"G0506"}),
        (["99374-99376"], {"99374", "99375", "99376"}),
        (["G0556-G0558", "90960"], {"G0556", "G0557", "G0558", "90960"}),
        (["G0019-G0020"], {"G0019", "G0020"}),
        (["00100-00101"], {"00100", "00101"}),
    ],
)
def test_codes_and_ranges_are_written_out(written: list[str], codes: set[str]) -> None:
    assert expanded("here", written) == codes


@pytest.mark.parametrize(
    "written",
    [
        "9949",
        "994900",
        "99490-",
        "99490-99490",
        "99490-99489",
        "99490-G0506",
        "G050",
        "G05066",
        "99A90",
        "99000-99999-1",
        "98000-99001",
    ],
)
def test_what_is_no_code_and_no_range_is_refused(written: str) -> None:
    with pytest.raises(RulebookError):
        expanded("here", [written])


def test_a_range_holds_a_thousand_codes_at_most() -> None:
    assert len(expanded("here", ["99000-99999"])) == 1000
    with pytest.raises(RulebookError):
        expanded("here", ["98999-99999"])


def test_an_edit_says_never_or_with_a_modifier() -> None:
    assert reason_on_one_date(0) == "never_on_one_date"
    assert reason_on_one_date(1) == "with_modifier"
    never, modified = (
        DatedEdit("2020-01", None, frozenset({"93792"}), {"99490": 0}, "CONC-01"),
        DatedEdit("2020-01", "2024-01", frozenset({"99091"}), {"99490": 1, "99487": 1}, "CONC-01"),
    )
    assert said_of_one_date([never, modified]) == {"CONC-01": {"never_on_one_date", "with_modifier"}}
    texts: dict[str, Any] = {"CONC-01": None}
    assert edits_in([never, modified], "2023-12", texts) == {
        "99490": {"93792": ClaimEdit("CONC-01", 0), "99091": ClaimEdit("CONC-01", 1)},
        "99487": {"99091": ClaimEdit("CONC-01", 1)},
    }
    assert edits_in([never, modified], "2024-01", texts) == {"99490": {"93792": ClaimEdit("CONC-01", 0)}}
    assert edits_in([never], "2019-12", texts) == {}
    assert edits_in([never], "2024-01", {}) == {}


CODES = read_codes({"code": [
    {"code": "99490", "program": "ccm", "from": "2015-01"},
    {"code": "99439", "program": "ccm", "from": "2021-01", "until": "2025-01", "mue_units": 2},
    {"code": "G0506", "program": "ccm", "from": "2017-01"},
]})  # fmt: skip


def pathway(**fields: Any) -> list[tuple[Window, Pathway]]:
    edition = {"from": "2015-01", "base": {"code": "99490", "seconds": 1200}, "counts": "everyone", **fields}
    written = {field: value for field, value in edition.items() if value is not None}
    return [(w, one) for w, one in read_pathway("staff", "ccm", {"edition": [written]}, CODES) if one is not None]


def test_a_pathway_counts_somebodys_seconds_or_names_its_occasion() -> None:
    [(_, with_minutes)] = pathway()
    assert (with_minutes.whose, with_minutes.base_seconds, with_minutes.occasion) == ("everyone", 1200, None)
    [(_, without)] = pathway(base={"code": "G0506"}, counts=None, occasion="planning")
    assert (without.whose, without.base_seconds, without.occasion) == (None, 0, "planning")
    for fields in (
        {"counts": None},
        {"occasion": "planning"},
        {"counts": None, "occasion": "planning"},
        {"base": {"code": "99490"}},
        {"base": {"code": "99490"}, "counts": None},
        {"base": {"code": "99490"}, "occasion": "planning"},
    ):
        with pytest.raises(RulebookError, match="occasion"):
            pathway(**fields)


def test_a_pathway_bills_codes_of_its_program_and_states_nothing_unknown() -> None:
    [(_, with_add_on)] = pathway(add_on={"code": "99439", "each_seconds": 1200, "max_units": 2})
    assert with_add_on.add_on == AddOn("99439", 1200, 2)
    for fields in (
        {"add_on": {"code": "99439", "each_seconds": 1200, "units": 2}},
        {"add_on": {"code": "99487", "each_seconds": 1200}},
        {"base": {"code": "99487", "seconds": 1200}},
        {"base": {"code": "99490", "seconds": 1200, "minutes": 20}},
        {"colour": "blue"},
        {"until": "2015-01"},
    ):
        with pytest.raises(RulebookError):
            pathway(**fields)
    with pytest.raises(RulebookError):
        list(read_pathway("staff", "ccm", {"edition": [], "colour": "blue"}, CODES))


def test_a_code_stands_once_in_its_window_and_says_nothing_unknown() -> None:
    assert [row.code for row in CODES] == ["99439", "99490", "G0506"]
    row: CodeRow = CODES[0]
    assert (row.from_, row.until, row.mue_units) == ("2021-01", "2025-01", 2)
    exists = [row.exists_in(month) for month in ("2020-12", "2021-01", "2024-12", "2025-01", "2026-01")]
    assert exists == [False, True, True, False, False]
    good = {"code": "99490", "program": "ccm", "from": "2015-01"}
    for rows in (
        [good, good],
        [good | {"colour": "blue"}],
        [good | {"from_": "2015-01"}],
        [good | {"until": "2015-01"}],
    ):
        with pytest.raises(RulebookError):
            read_codes({"code": rows})


def released(**rvu: Any) -> Any:
    release = {"name": "A", "figures": "printed", "effective": "2024-01-01", "conversion_factor": Decimal("32.7442")}
    return next(iter(read_releases("here", {"release": [{**release, "rvu": {"99490": rvu}}]}, CODES)))


def test_figures_are_kept_exactly() -> None:
    release = released(work=Decimal("1.00"), pe=Decimal("0.81"), mp=Decimal("0.07"), total=Decimal("1.88"))
    value = release.values["99490"]
    assert (value.work, value.expense, value.malpractice, value.nonfacility) == (100, 81, 7, 188)
    assert (value.facility, value.facility_expense) == (None, None)
    assert release.conversion_factor == release.qualifying_apm_factor == 327_442


@pytest.mark.parametrize("figure", ["1.005", "-1", "-0.01", "NaN", "Infinity"])
def test_a_figure_that_is_none_is_refused(figure: str) -> None:
    with pytest.raises(RulebookError):
        released(work=Decimal(figure))


def test_figures_of_an_unknown_code_are_refused() -> None:
    release = {"name": "A", "figures": "printed", "effective": "2024-01-01", "conversion_factor": Decimal(32)}
    with pytest.raises(RulebookError, match="99999"):
        list(read_releases("here", {"release": [{**release, "rvu": {"99999": {}}}]}, CODES))


def test_localities_are_kept_in_thousandths_each_once() -> None:
    row = {"mac": "01112", "locality": "05", "name": "San Francisco", "work": "1.088", "pe": "1.419", "mp": "0.445"}
    [(key, place)] = read_places("here", [row]).items()
    assert (key, place.name, place.work, place.expense, place.malpractice) == (
        "01112-05", "San Francisco", 1088, 1419, 445,
    )  # fmt: skip
    with pytest.raises(RulebookError, match="twice"):
        read_places("here", [row, row])


def test_a_month_has_the_localities_of_its_year() -> None:
    """San Francisco's work index: 1.088 in 2024, and none is published before 2019."""
    assert law("2024-12").fees.places["01112-05"].work == 1088
    assert law("2018-12").fees.places == {}


def test_pathways_exclude_each_other_only_between_groups() -> None:
    one = Exclusion("PRAC-04", (frozenset({"staff", "complex"}), frozenset({"practitioner", "ccm/clinic"})))
    staff, complex_, own, planning, clinic = (
        Pathway(name=name, program="ccm", base_code="99490")
        for name in ("staff", "complex", "practitioner", "planning", "clinic")
    )
    assert one.excludes(staff, own)
    assert one.excludes(own, complex_)
    assert not one.excludes(staff, complex_)
    assert not one.excludes(staff, planning)
    assert not one.excludes(planning, staff)
    # A pathway that several programs have is named with the program it is meant of.
    assert one.excludes(staff, clinic)
    assert not one.excludes(staff, Pathway(name="clinic", program="bhi", base_code="G0511"))


def test_the_book_compiles_in_its_first_month_and_its_last() -> None:
    for month in (book().first_month, book().last_month):
        assert compile_month(book(), month).month == month
