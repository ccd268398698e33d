"""The rule book holds together or is not loaded; its digests tell a changed number from a changed sentence."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.rulebook.editions import RulebookError
from app.rulebook.loader import HERE, book, compile_month, read_book

# Section 1 of the rule book: programs, windows and MUE of every code with a verdict row.
PROGRAMS = {
    "ccm": ["99490", "G2058", "99439", "99491", "99437", "99487", "99489", "G0506", "G0511"],
    "pcm": ["G2064", "G2065", "99424", "99425", "99426", "99427"],
    "bhi": ["G0507", "99484"],
    "cocm": ["G0502", "G0503", "G0504", "99492", "99493", "99494", "G2214", "G0512"],
    "rpm": ["99453", "99454", "99457", "99458", "99445", "99470"],
    "rtm": [
        "98975", "98976", "98977", "98978", "98979", "98980", "98981", "98984", "98985", "98986",
    ],
    "tcm": ["99495", "99496"],
    "apcm": ["G0556", "G0557", "G0558", "G0568", "G0569", "G0570"],
    "chi": ["G0019", "G0022"],
    "pin": ["G0023", "G0024", "G0140", "G0146"],
}  # fmt: skip
WINDOWS: dict[str, tuple[str, str | None, int | None]] = {
    "99490": ("2015-01", None, 1),
    "G2058": ("2020-01", "2021-01", None),
    "99439": ("2021-01", None, 2),
    "99491": ("2019-01", None, 1),
    "99437": ("2022-01", None, 2),
    "99487": ("2017-01", None, 1),
    "99489": ("2017-01", None, 10),
    "G0506": ("2017-01", None, 1),
    "G2064": ("2020-01", "2022-01", None),
    "G2065": ("2020-01", "2022-01", None),
    "99424": ("2022-01", None, 1),
    "99425": ("2022-01", None, 2),
    "99426": ("2022-01", None, 1),
    "99427": ("2022-01", None, 2),
    "G0502": ("2017-01", "2018-01", None),
    "G0503": ("2017-01", "2018-01", None),
    "G0504": ("2017-01", "2018-01", None),
    "G0507": ("2017-01", "2018-01", None),
    "99484": ("2018-01", None, 1),
    "99492": ("2018-01", None, 1),
    "99493": ("2018-01", None, 1),
    "99494": ("2018-01", None, 4),
    "G2214": ("2021-01", None, 1),
    "99453": ("2019-01", None, 1),
    "99454": ("2019-01", None, 1),
    "99457": ("2019-01", None, 1),
    "99458": ("2020-01", None, 3),
    "99445": ("2026-01", None, None),
    "99470": ("2026-01", None, None),
    "98975": ("2022-01", None, 1),
    "98976": ("2022-01", None, 1),
    "98977": ("2022-01", None, 1),
    "98980": ("2022-01", None, 1),
    "98981": ("2022-01", None, 3),
    "98978": ("2023-01", None, 1),
    "98979": ("2026-01", None, None),
    "98984": ("2026-01", None, None),
    "98985": ("2026-01", None, None),
    "98986": ("2026-01", None, None),
    "99495": ("2013-01", None, 1),
    "99496": ("2013-01", None, 1),
    "G0556": ("2025-01", None, 1),
    "G0557": ("2025-01", None, 1),
    "G0558": ("2025-01", None, 1),
    "G0568": ("2026-01", None, None),
    "G0569": ("2026-01", None, None),
    "G0570": ("2026-01", None, None),
    "G0019": ("2024-01", None, 1),
    "G0022": ("2024-01", None, 4),
    "G0023": ("2024-01", None, 1),
    "G0024": ("2024-01", None, 4),
    "G0140": ("2024-01", None, 1),
    "G0146": ("2024-01", None, 4),
    "G0511": ("2018-01", "2025-10", 8),
    "G0512": ("2018-01", "2026-01", 1),
}

Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One copy of the book for every test: making and removing a thousand files takes longer than the tests."""
    copy = tmp_path_factory.mktemp("rulebook") / "book"
    # Most of the reading is figures: two years of them are enough to be wrong about.
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__", "201?.toml", "202[015].toml"))
    return copy


@pytest.fixture
def edited(copied: Path) -> Iterator[Edit]:
    """The copy, with one passage of one file replaced; put back afterwards."""
    before: dict[Path, str] = {}

    def edit(file: str, passage: str, replacement: str) -> Path:
        path = copied / file
        text = before.setdefault(path, path.read_text())
        assert passage in text
        path.write_text(text.replace(passage, replacement, 1))
        return copied

    yield edit
    for path, text in before.items():
        path.write_text(text)


def refused(folder: Path, month: str = "2024-03") -> str:
    with pytest.raises(RulebookError) as error:
        compile_month(read_book(folder), month)
    return str(error.value)


def test_the_code_table_is_that_of_section_1() -> None:
    rows = {row.code: row for row in book().codes}
    assert {code: (row.from_, row.until, row.mue_units) for code, row in rows.items()} == WINDOWS
    assert {code: row.program for code, row in rows.items()} == {
        code: program for program, codes in PROGRAMS.items() for code in codes
    }


def test_g0511_is_named_by_every_program_it_bundles() -> None:
    [row] = [row for row in book().codes if row.code == "G0511"]
    assert {row.program, *row.shared_with} == {"ccm", "bhi", "pcm", "rpm", "rtm", "chi", "pin"}


def test_every_month_from_2021_to_2027_compiles() -> None:
    months = [f"{year}-{month:02}" for year in range(2021, 2028) for month in range(1, 13)]
    assert [compile_month(book(), month).month for month in months] == months
    assert book().covers("2021-01")
    assert book().covers("2027-12")
    assert not book().covers("2028-01")


def test_a_gap_between_two_editions_is_refused(edited: Edit) -> None:
    folder = edited("pathways/practitioner.toml", 'until = "2022-01"', 'until = "2021-12"')
    assert "2021-12" in refused(folder, "2021-12")


def test_an_overlap_of_two_editions_is_refused(edited: Edit) -> None:
    folder = edited("pathways/practitioner.toml", 'until = "2022-01"', 'until = "2022-02"')
    assert "2022-01" in refused(folder, "2022-01")


@pytest.mark.parametrize(("until", "said"), [("2023-12", "no edition"), ("2024-02", "two editions")])
def test_a_gap_or_overlap_of_a_rules_editions_is_refused(edited: Edit, until: str, said: str) -> None:
    file = "rules/model_attribution.toml"
    folder = edited(file, 'from = "2015-01"', f'from = "2015-01"\nuntil = "{until}"')
    path = folder / file
    path.write_text(path.read_text() + "\n" + (HERE / file).read_text().replace('"2015-01"', '"2024-01"'))
    assert said in refused(folder)


def test_editions_that_follow_each_other_are_read(edited: Edit) -> None:
    file = "rules/model_attribution.toml"
    folder = edited(file, 'from = "2015-01"', 'from = "2015-01"\nuntil = "2024-01"')
    path = folder / file
    path.write_text(path.read_text() + "\n" + (HERE / file).read_text().replace('"2015-01"', '"2024-01"'))
    assert compile_month(read_book(folder), "2024-03").month == "2024-03"


@pytest.mark.parametrize(
    ("file", "passage", "replacement", "said"),
    [
        ("rules/chronic_conditions.toml", "minimum = 2", "minimum = 2\nmaximum = 9", "maximum"),
        ("rules/chronic_conditions.toml", "minimum = 2", 'minimum = "2"', "chronic_conditions"),
        ("rules/chronic_conditions.toml", "minimum = 2\n", "", "minimum"),
        ("rules/chronic_conditions.toml", "[edition.rules.ELIG-02]", '[edition.rules.ELIG-02]\nmood = "kind"', "mood"),
        ("rules/coverage.toml", '"medicare_part_b"', '"medicare_part_q"', "medicare_part_q"),
        ("rules/hospital_stay.toml", '"inpatient"', '"impatient"', "impatient"),
        ("rules/residence.toml", '"nursing_facility"', '"nursery"', "nursery"),
        ("rules/rural_setting.toml", '"fqhc"', '"fqch"', "fqch"),
        ("rules/complex_care.toml", '"moderate"', '"moderat"', "moderat"),
        ("rules/consent.toml", '"right_to_stop"', '"right_to_go"', "right_to_go"),
        ("rules/consent.toml", 'told_in = ["ccm"]', 'told_in = ["cmm"]', "told_in"),
        ("rules/capabilities.toml", '"access_24_7"', '"access_25_7"', "access_25_7"),
        ("rules/capabilities.toml", 'PLAN-05 = "', 'PLAN-08 = "', "PLAN-08"),
        ("rules/capabilities.toml", 'PLAN-05 = "access_24_7"', "", "PLAN-05"),
        ("rules/initiating_visit.toml", '"99202"', '"9920"', "qualifying"),
        ("rules/one_practitioner.toml", '"99490"', '"9949O0"', "codes"),
        ("time_rules/what_work.toml", '"clerical"', '"clerkal"', "clerkal"),
        ("rules/hospice.toml", 'kind = "hospice"', 'kind = "hospices"', "hospices"),
        ("rules/hospice.toml", 'from = "2015-01"', 'from = "2015-13"', "YYYY-MM"),
        ("rules/hospice.toml", '"ccm", "pcm"', '"ccm", "pcn"', "program"),
        ("rules/hospice.toml", "[edition.rules.ELIG-07]", "[edition.rules.ELIG-77]", "ELIG-77"),
        ("rules/hospice.toml", 'source = "NOVH"', 'source = "NOBODY"', "NOBODY"),
        ("rules/hospice.toml", "says.payable", "says.flee", "flee"),
        ("rules/hospice.toml", "says.inside =", "remedies.inside =", "inside"),
        ("rules/hospice.toml", 'effect = "blocks"', 'effect = "bars"', "effect"),
        ("rules/hospice.toml", 'standing = "read"', 'standing = "heard"', "standing"),
        ("rules/model_attribution.toml", "[edition.rules.ELIG-09]", '[edition.rules.ELIG-09]\nremedies.absent = "x"', "absent"),
        ("codes.toml", "mue_units = 1", "mue = 1", "mue"),
        ("codes.toml", 'program = "ccm"', 'program = "cmm"', "99490"),
        ("codes.toml", 'code = "G2058"', 'code = "99490"', "twice"),
        ("pathways/complex.toml", 'counts = "everyone"', 'counts = "everyone"\nmidpoint = true', "midpoint"),
        ("pathways/complex.toml", 'counts = "everyone"', 'counts = "nobody"', "complex"),
        ("pathways/clinical_staff.toml", "max_units", "maximum", "maximum"),
        ("policy.toml", "qualifying_apm", "qualifying", "qualifying"),
        ("policy.toml", "qualifying_apm = false", 'qualifying_apm = "no"', "policy.toml"),
    ],
)  # fmt: skip
def test_what_the_book_does_not_know_is_refused(
    edited: Edit, file: str, passage: str, replacement: str, said: str
) -> None:
    assert said in refused(edited(file, passage, replacement))


def test_a_requirement_without_an_edition_in_force_is_refused(edited: Edit) -> None:
    folder = edited("programs.toml", '{ rule = "RHC-02", until = "2025-01" }', '{ rule = "RHC-02" }')
    assert "RHC-02" in refused(folder, "2025-01")
    assert compile_month(read_book(folder), "2024-12").month == "2024-12"


def test_a_pathways_own_requirement_without_an_edition_in_force_is_refused(edited: Edit) -> None:
    assert "CPLX-77" in refused(edited("pathways/complex.toml", '"CPLX-03"', '"CPLX-77"'))


@pytest.mark.parametrize(
    ("passage", "replacement"),
    [("conversion_factor = 32.7442", "conversion_factor = 32.74421"), ("total = 1.88", "total = 1.881")],
)
def test_a_figure_with_too_many_decimals_is_refused(edited: Edit, passage: str, replacement: str) -> None:
    assert "decimals" in refused(edited("amounts/2024.toml", passage, replacement))


@pytest.mark.parametrize(
    ("file", "passage", "replacement"),
    [
        ("rules/chronic_conditions.toml", "minimum = 2", "minimum = 3"),
        ("pathways/clinical_staff.toml", "seconds = 1200 }", "seconds = 1201 }"),
        ("codes.toml", "mue_units = 10", "mue_units = 11"),
        ("amounts/2024.toml", "total = 1.88", "total = 1.89"),
        ("amounts/2024.toml", "conversion_factor = 33.2875", "conversion_factor = 33.2876"),
        ("payment.toml", "percent = 85", "percent = 86"),
        ("rules/hospice.toml", 'effect = "blocks"', 'effect = "advises"'),
    ],
)
def test_a_changed_number_changes_the_law_and_not_its_wording(
    edited: Edit, file: str, passage: str, replacement: str
) -> None:
    before = compile_month(book(), "2024-03").digests
    after = compile_month(read_book(edited(file, passage, replacement)), "2024-03").digests
    assert after.law != before.law
    if file != "rules/hospice.toml":
        assert after.wording == before.wording


@pytest.mark.parametrize("passage", ["No condition is recorded for the month.", "At least two chronic conditions"])
def test_a_changed_sentence_changes_the_wording_and_not_the_law(edited: Edit, passage: str) -> None:
    before = compile_month(book(), "2024-03").digests
    folder = edited("rules/chronic_conditions.toml", passage, "Otherwise said")
    after = compile_month(read_book(folder), "2024-03").digests
    assert after.law == before.law
    assert after.wording != before.wording


def test_a_copy_of_the_book_has_its_digests(edited: Edit) -> None:
    folder = edited("book.toml", "# The rule book as a whole.", "# Untouched.")
    assert compile_month(read_book(folder), "2024-03").digests == compile_month(book(), "2024-03").digests


def test_a_changed_default_policy_is_not_the_law(edited: Edit) -> None:
    folder = edited("policy.toml", "count_prior_authorization = false", "count_prior_authorization = true")
    assert compile_month(read_book(folder), "2024-03").default_policy.count_prior_authorization is True


def test_amounts_of_another_year_do_not_change_a_months_law(edited: Edit) -> None:
    folder = edited("amounts/2022.toml", "total = 1.85", "total = 1.86")
    assert compile_month(read_book(folder), "2024-03").digests == compile_month(book(), "2024-03").digests
