"""The rule book holds together or is not loaded; its digests tell a changed number from a changed sentence."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.rulebook import rules, time_rules
from app.rulebook.compiling import compile_month
from app.rulebook.editions import RulebookError
from app.rulebook.loader import HERE, book, deciding_modules, read_book

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


def test_every_month_from_2015_to_2027_compiles() -> None:
    months = [f"{year}-{month:02}" for year in range(2015, 2028) for month in range(1, 13)]
    assert [compile_month(book(), month).month for month in months] == months
    assert book().covers("2015-01")
    assert not book().covers("2014-12")
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
        ("rules/hospice.toml", 'title = "', 'entitled = "', "title"),
        ("rules/hospice.toml", 'check = "', 'checked = "', "check"),
        ("rules/hospice.toml", "[edition.rules.ELIG-07]", '[edition.rules.ELIG-07]\nsince = "2015"', "YYYY-MM"),
        ("rules/hospice.toml", 'from = "2015-01"', "", "from"),
        ("rules/hospice.toml", 'from = "2015-01"', "from = 2015-01-01", "from"),
        ("rules/hospice.toml", 'from = "2015-01"', 'from = "2015-01"\nuntil = "20x9-01"', "YYYY-MM"),
        ("rules/hospice.toml", 'from = "2015-01"', 'from = "2015-01"\nuntil = "2015-01"', "2015-01"),
        ("rules/hospice.toml", 'from = "2015-01"', 'from = "2015-01"\nends = true', "ends"),
        ("rules/hospice.toml", "[[edition]]", "[edition]", "hospice"),
        ("rules/hospice.toml", "[[edition]]", "[[edition]", "hospice"),
        ("time_rules/whose_work.toml", 'source = "NOR17A"', 'source = "FPM15"', "TIME-12"),
        ("programs.toml", '{ rule = "INIT-02", until', '{ rule = "INIT-02", til', "til"),
        ("programs.toml", 'until = "2026-01"', 'until = "2026"', "until"),
        ("programs.toml", "[ccm]", "[ccm]\nrequire = []", "require"),
        ("programs.toml", "[ccm]", "[cmm]", "cmm"),
        ("programs.toml", '"ELIG-07", "ELIG-09"', '"ELIG-07", { rule = "ELIG-99", until = "2000-01" }', "ELIG-99"),
        ("programs.toml", '"practitioner"', '"practitioners"', "practitioners"),
        ("sources.toml", "publisher =", "published =", "publish"),
        ("sources.toml", 'standing = "read"', 'standing = "heard"', "heard"),
        ("sources.toml", 'id = "SEED1"', 'id = "SEED0"', "SEED0"),
        ("book.toml", "version =", 'edition = "x"\nversion =', "edition"),
        ("book.toml", '"2015-01"', '"2015-1"', "first_month"),
        ("payment.toml", "percent = 85", "percent = 85\nper_cent = 85", "per_cent"),
        ("payment.toml", "percent = 85", "percent = 0", "percent"),
        ("payment.toml", "percent = 85", "percent = 101", "percent"),
        ("amounts/2024.toml", 'name = "A"', 'name = "A"\nlabel = "A"', "label"),
        ("amounts/2024.toml", "facility_total = 0.60", "facility = 0.60", "facility"),
        ("amounts/2024.toml", "99490 =", "99409 =", "99409"),
        ("amounts/2024.toml", "total = 1.88", "total = -1.88", "figure"),
        ("amounts/2024.toml", "effective = 2024-01-01", "effective = 2023-01-01", "follows"),
        ("gpci/2024.csv", "10112,00,", "10112,00,A,1,1,1\n10112,00,", "10112-00 stands twice"),
        ("pathways/clinical_staff.toml", '"99439"', '"99438"', "99438"),
        ("pathways/clinical_staff.toml", '"99490"', '"99484"', "99484"),
        ("pathways/clinical_staff.toml", "seconds = 1200", "seconds = 0", "seconds"),
        ("codes.toml", 'from = "2015-01"', 'from = "2015"', "YYYY-MM"),
        ("rules/model_attribution.toml", 'programs = ["ccm"]', 'programs = ["pcm"]', "ELIG-09"),
        ("rules/model_attribution.toml", 'programs = ["ccm"]', "", "lacks programs"),
        ("rules/model_attribution.toml", 'programs = ["ccm"]', 'programs = ["ccm"]\ntakes_time_of = ["ccm"]', "no use"),
        ("time_rules/death.toml", "takes_time_of =", "programs =", "programs"),
        ("codes.toml", "mue_units = 1", "mue = 1", "mue"),
        ("codes.toml", 'program = "ccm"', 'program = "cmm"', "99490"),
        ("codes.toml", 'code = "G2058"', 'code = "99490"', "twice"),
        ("pathways/complex.toml", 'counts = "everyone"', 'counts = "everyone"\nmidpoint = true', "midpoint"),
        ("pathways/complex.toml", 'counts = "everyone"', 'counts = "nobody"', "complex"),
        ("pathways/clinical_staff.toml", "max_units", "maximum", "maximum"),
        ("pathways/planning.toml", 'occasion = "planning_beside_visit"\n', "", "occasion"),
        ("pathways/planning.toml", 'base = { code = "G0506" }', 'base = { code = "G0506", seconds = 1 }', "occasion"),
        ("pathways/complex.toml", 'counts = "everyone"', 'occasion = "planning_beside_visit"', "occasion"),
        ("rules/planning.toml", 'title = "Part B on the day; ', 'title = "Part A on the day; ', "ELIG-04 is stated twice"),
        ("rules/planning.toml", "[edition.rules.G0506-01]", "[edition.rules.H0506-01]", "H0506-01"),
        ("notes.toml", 'rule = "RHC-07"', 'rule = "RHD-07"', "no place in rule-book order"),
        ("exclusions.toml", "says.claimed", "says.claims", "claimed"),
        ("exclusions.toml", '[["clinical_staff"], ["practitioner"], ["complex"]]', '[["clinical_staff"]]', "two groups"),
        ("exclusions.toml", '[["clinical_staff"], ["practitioner"]', '[["complex"], ["practitioner"]', "one of them only"),
        ("concurrency.toml", 'same_practitioner = "blocks"\ntitle', 'same_practitioner = "blocks"\nadvice = "x"\ntitle', "advises"),
        ("concurrency.toml", 'label = "care plan oversight"', 'label = "care plan oversight"\nsays.blocks = "x"', "head of the file"),
        ("concurrency.toml", '"99374-99380"', '"99374-9938"', "no code"),
        ("concurrency.toml", '"99374-99380"', '"99380-99374"', "no range"),
        ("concurrency.toml", '"99374-99380"', '"99374-99374"', "no range"),
        ("concurrency.toml", '"99374-99380"', '"10000-99380"', "no range"),
        ("concurrency.toml", '"G0181"', '"G018X"', "no code"),
        ("claim_edits.toml", 'codes = ["99426"]', 'codes = ["99426", "99375"]', "stands twice"),
        ("claim_edits.toml", "99490 = 0", "99490 = 2", "claim_edits"),
        ("denials.toml", "capped =", "clipped =", "clipped"),
        ("policy.toml", "qualifying_apm", "qualifying", "qualifying"),
        ("policy.toml", "qualifying_apm = false", 'qualifying_apm = "no"', "policy.toml"),
    ],
)  # fmt: skip
def test_what_the_book_does_not_know_is_refused(
    edited: Edit, file: str, passage: str, replacement: str, said: str
) -> None:
    assert said in refused(edited(file, passage, replacement))


@pytest.mark.parametrize(
    "sentence",
    ["Up to {minimum", "Up to {maximum}", "Up to {minimum!r}", "Up to {minimum:3}", "Up to {0}", "{{minimum}}"],
)
@pytest.mark.parametrize("kind", ["says", "remedies"])
def test_a_sentence_that_cannot_be_filled_is_refused(edited: Edit, kind: str, sentence: str) -> None:
    file = "rules/chronic_conditions.toml"
    [(written, said)] = re.findall(rf'({kind}\.none = "([^"]*)")', (HERE / file).read_text())
    assert "ELIG-01, none" in refused(edited(file, written, written.replace(said, sentence)))


@pytest.mark.parametrize(
    ("file", "reason"),
    [("time_rules/whose_work.toml", "says.excluded"), ("rules/coverage.toml", "says.uncounted")],
)
def test_what_is_said_of_uncounted_seconds_has_no_values(edited: Edit, file: str, reason: str) -> None:
    assert "'on'" in refused(edited(file, f'{reason} = "', f'{reason} = "{{on}} '))


@pytest.mark.parametrize("rule", ["ELIG-09", "PRAC-03"])
def test_a_rule_that_may_block_and_that_nothing_requires_is_refused(edited: Edit, rule: str) -> None:
    assert rule in refused(edited("programs.toml", f', "{rule}",\n', ",\n"))


def test_a_rule_that_may_block_is_required_by_each_program_it_is_asked_of(edited: Edit) -> None:
    """ELIG-07 is required by CCM and by others, PCM-01 by principal care alone."""
    written = (HERE / "programs.toml").read_text()
    (of_pcm,) = re.findall(r"\[pcm\]\n.*?\n\n", written, flags=re.DOTALL)
    said = refused(edited("programs.toml", of_pcm, of_pcm.replace('"ELIG-07", ', "")))
    assert "pcm" in said and "ELIG-07" in said


def test_one_reason_said_in_two_places_is_refused(edited: Edit) -> None:
    rows = (HERE / "exclusions.toml").read_text().split("[[exclusion]]")
    row = next(row for row in rows if "CONC-28" in row)
    note = re.sub(r"^groups = .*\n", "", row, flags=re.MULTILINE)
    assert "CONC-28 says ['claimed'] twice" in refused(
        edited("notes.toml", "[[note]]", f"[[note]]{note.replace('already claimed', 'claimed')}\n[[note]]")
    )


def whole_file(edited: Edit, file: str, replacement: str) -> Path:
    return edited(file, (HERE / file).read_text(), replacement)


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("time_rules/death.toml", "after_death"),
        ("rules/model_attribution.toml", "not_attributed"),
        ("rules/provisional.toml", "asked_within_the_month"),
    ],
)
def test_a_kind_of_rule_without_an_edition_is_refused(edited: Edit, file: str, kind: str) -> None:
    assert f"{kind}: no edition at all" in refused(whole_file(edited, file, ""))


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ('from = "2051-01"', "before 2051-01"),
        ('from = "2021-02"', "before 2021-02"),
        ('from = "2015-01"\nuntil = "2027-12"', "from 2027-12 on"),
    ],
)
def test_a_hole_at_either_end_of_a_rules_editions_is_refused(edited: Edit, window: str, said: str) -> None:
    for file in ("time_rules/death.toml", "rules/model_attribution.toml"):
        assert said in refused(edited(file, 'from = "2015-01"', window))


def test_the_law_may_have_been_silent_before_and_after(edited: Edit) -> None:
    window = 'from = "2022-01"\nbegins = true\nuntil = "2023-01"\nends = true'
    folder = edited("time_rules/death.toml", 'from = "2015-01"', window)
    known = {
        month: "TIME-09" in compile_month(read_book(folder), month).texts for month in ("2021-12", "2022-12", "2023-01")
    }
    assert known == {"2021-12": False, "2022-12": True, "2023-01": False}


def test_a_month_without_terms_of_consent_is_not_compiled(edited: Edit) -> None:
    folder = edited(
        "rules/consent.toml", 'from = "2017-01"\nbegins = true\nprograms', 'from = "2022-01"\nbegins = true\nprograms'
    )
    assert "CONS-" in refused(folder, "2021-12")
    programs = (HERE / "programs.toml").read_text()
    without = re.sub(r'\{ rule = "CONS-[^}]*\},|"CONS-\d\d",', "", programs)
    assert "CONS-" not in without
    folder = edited("programs.toml", programs, without)
    assert "terms" in refused(folder, "2021-12")


def test_every_rule_that_takes_time_has_its_place_in_the_order() -> None:
    taking = {kind for kind, rule in (rules.KINDS | time_rules.KINDS).items() if hasattr(rule, "closing")}
    assert sorted(time_rules.ORDER) == sorted(taking)


def test_the_last_edition_of_what_ended_says_so(edited: Edit) -> None:
    assert "from 2018-01 on" in refused(edited("rules/rural_setting.toml", "ends = true", ""))


def test_what_ended_does_not_go_on(edited: Edit) -> None:
    file = "rules/model_attribution.toml"
    folder = edited(file, 'from = "2015-01"', 'from = "2015-01"\nuntil = "2024-01"\nends = true')
    path = folder / file
    path.write_text(path.read_text() + "\n" + (HERE / file).read_text().replace('"2015-01"', '"2024-01"'))
    assert "goes on" in refused(folder)


def test_a_hole_at_the_beginning_of_a_pathway_is_refused(edited: Edit) -> None:
    folder = edited("pathways/clinical_staff.toml", 'from = "2015-01"\nuntil', 'from = "2015-02"\nuntil')
    assert "before 2015-02" in refused(folder)


def test_a_requirement_without_an_edition_in_force_is_refused(edited: Edit) -> None:
    folder = edited("programs.toml", '{ rule = "INIT-02", until = "2017-01" }', '{ rule = "INIT-02" }')
    assert "INIT-02" in refused(folder, "2017-01")
    assert compile_month(read_book(folder), "2016-12").month == "2016-12"


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
        ("pathways/clinical_staff.toml", '"99439", each_seconds = 1200', '"99439", each_seconds = 1201'),
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
    changed = compile_month(read_book(folder), "2024-03")
    assert changed.default_policy.count_prior_authorization is True
    assert book().default_policy.count_prior_authorization is False
    assert changed.digests == compile_month(book(), "2024-03").digests


def test_amounts_of_a_year_gone_by_do_not_change_a_months_law(edited: Edit) -> None:
    folder = edited("amounts/2022.toml", "total = 1.85", "total = 1.86")
    assert compile_month(read_book(folder), "2024-03").digests == compile_month(book(), "2024-03").digests
    assert compile_month(read_book(folder), "2022-03").digests != compile_month(book(), "2022-03").digests


@pytest.mark.parametrize("month", ["2024-03", "2026-03", "2027-03"])
def test_the_newest_amounts_are_law_wherever_sets_of_lines_are_ranked_by_them(edited: Edit, month: str) -> None:
    folder = edited("amounts/2026.toml", "total = 1.98", "total = 1.99")
    before, after = compile_month(book(), month).digests, compile_month(read_book(folder), month).digests
    assert after.law != before.law
    assert after.wording == before.wording


def test_which_module_reasons_is_wording(edited: Edit) -> None:
    folder = edited("reasoning.toml", "determination/verdicts.py", "determination/judgements.py")
    before, after = compile_month(book(), "2024-03").digests, compile_month(read_book(folder), "2024-03").digests
    assert after.law == before.law
    assert after.wording != before.wording


def test_the_code_that_decides_is_fingerprinted_and_what_words_it_is_not() -> None:
    names = {path.name for path in deciding_modules()}
    assert {"determine.py", "timekeeping.py", "hospice.py", "whose_work.py", "loader.py"} <= names
    assert not {"explanation.py", "answer.py"} & names
