"""One month's law as it is shown: what the rule book says of it, whole."""

import msgspec
import pytest

from app.determination.policy import Policy
from app.reference.in_force import rule_in, rulebook_of
from app.reference.policies import DECIDES
from app.rulebook import loader
from app.rulebook.statements import expanded


@pytest.mark.parametrize("month", ["2015-01", "2016-12", "2020-01", "2024-03", "2027-12"])
def test_every_rule_code_and_pathway_of_the_law_is_shown(month: str) -> None:
    law, shown = loader.law(month), rulebook_of(month)
    assert {rule.rule for rule in shown.rules} == {rule for rule, text in law.texts.items() if text.since <= month}
    assert [code.code for code in shown.codes] == list(law.codes)
    assert {code.code for code in shown.codes if not code.in_force} == set(law.closed_codes)
    assert {pathway.pathway for pathway in shown.pathways} == {one.name for own in law.pathways.values() for one in own}
    assert shown.rulebook.law_digest == law.digests.law


def test_rules_stand_in_rule_book_order() -> None:
    shown = [rule.rule for rule in rulebook_of("2024-03").rules]
    assert shown[0] == "VAL-01"
    assert shown.index("ELIG-09") < shown.index("PRAC-01") < shown.index("CONS-01") < shown.index("TIME-02")
    assert shown.index("TIME-02") < shown.index("TIME-15")


def test_a_rule_says_what_a_compliance_officer_asks() -> None:
    rule = rule_in("2024-03", "ELIG-01")
    assert rule is not None
    assert (rule.effect, rule.since, rule.until) == ("blocks", "2015-01", None)
    assert rule.numbers == {"minimum": 2, "lasting_alone_in": ["apcm"]}
    assert rule.programs == ("ccm",)
    assert {"99490", "99439", "99491", "99437", "99487", "99489"} <= set(rule.codes)
    assert rule.checked_in == ("app/rulebook/rules/chronic_conditions.py",)
    assert all(cite.title for cite in rule.cites)


def test_a_rule_that_ended_says_when() -> None:
    rule = rule_in("2024-12", "RHC-02")
    assert rule is not None
    assert (rule.since, rule.until) == ("2018-01", "2026-01")
    # Since 2024 monitoring and its like stand under RHC-05 in clinics, since 2025 individual codes are billed there.
    assert (rule.edition.from_, rule.edition.until) == ("2024-01", "2025-01")
    assert rule_in("2026-01", "RHC-02") is None


def test_a_service_beside_care_management_says_who_bars_whom() -> None:
    rule = rule_in("2021-12", "CONC-01")
    assert rule is not None
    assert rule.numbers == {
        "codes": ["99495", "99496"],
        "pathways": ["ccm/general_care_management", "clinical_staff", "complex", "practitioner"],
        "same_practitioner": "blocks",
        "settings": ["fqhc", "rhc"],
        "episode_days": 30,
        "free_seconds": 1200,
    }
    assert {"99490", "99491", "99487", "G0511"} <= set(rule.codes) and "G0506" not in rule.codes
    # Beside CCM those that G0511 may stand for.
    assert rule.programs == ("ccm",)
    assert rule.checked_in == ("app/determination/concurrency.py", "app/determination/edits.py")
    # What only advises refuses no code.
    beside = rule_in("2024-03", "CONC-04")
    assert beside is not None and beside.codes == ()
    assert {beside.numbers[who] for who in ("same_practitioner", "same_practice", "elsewhere")} == {"advises"}


def test_a_rule_that_excludes_says_its_groups() -> None:
    rule = rule_in("2024-03", "PRAC-04")
    assert rule is not None
    assert rule.numbers == {"groups": [["clinical_staff"], ["practitioner"], ["complex"]]}
    assert {"99490", "99491", "99487"} <= set(rule.codes) and "G0506" not in rule.codes


def test_a_rule_that_says_why_a_code_does_not_exist_names_it() -> None:
    rule = rule_in("2016-12", "CPLX-07")
    assert rule is not None
    assert (rule.codes, rule.checked_in) == (("99487", "99489"), ("app/determination/verdicts.py",))
    only_said = rule_in("2024-03", "PRAC-08")
    assert only_said is not None and only_said.checked_in == ()


def test_what_a_payer_denies_with_stands_beside_its_sentence() -> None:
    paired, advised = rule_in("2024-03", "CONC-05"), rule_in("2024-03", "ELIG-07")
    assert paired is not None and paired.denials == {"never_on_one_date": "97", "with_modifier": "97"}
    assert advised is not None and set(advised.denials) == {"attending", "unrelated"}


@pytest.mark.parametrize("month", ["2015-01", "2016-12", "2019-06", "2024-03", "2027-12"])
def test_every_pair_the_law_does_not_pay_on_one_date_is_shown(month: str) -> None:
    law = loader.law(month)
    shown = {
        (edits.rule, other, code, indicator)
        for edits in rulebook_of(month).claim_edits
        for other in expanded("a test", edits.codes)
        for code, indicator in edits.indicators.items()
    }
    gone = set(law.closed_codes)
    held = {
        (edit.rule, other, code, edit.indicator)
        for code, others in law.edits.items()
        for other, edit in others.items()
        if code not in gone and other not in gone
    }
    assert shown == held


def test_an_edit_of_its_own_months_says_them() -> None:
    (telephone,) = (one for one in rulebook_of("2024-12").claim_edits if one.rule == "CONC-16")
    assert (telephone.codes, telephone.indicators) == (("99441-99443",), {"99439": 0})
    assert (telephone.from_, telephone.until) == (None, "2025-01")
    assert "another_day" in rulebook_of("2024-12").ways_out


def test_amounts_are_those_of_the_releases_that_hold_in_the_month() -> None:
    """99490 in 2024: 1.88 units, $32.7442 and from 9 March $33.2875."""
    shown = rulebook_of("2024-03").amounts
    of_99490 = [next(one for one in release.codes if one.code == "99490") for release in shown.releases]
    assert [str(release.effective) for release in shown.releases] == ["2024-01-01", "2024-03-09"]
    assert [one.nonfacility and one.nonfacility.cents for one in of_99490] == [6156, 6258]
    assert [str(release.effective) for release in rulebook_of("2024-02").amounts.releases] == ["2024-01-01"]
    # A year whose first release is of July: it holds before, too.
    assert len(rulebook_of("2026-01").amounts.releases) == 1
    assert rulebook_of("2027-01").amounts.releases == ()
    assert (shown.source, shown.standing) == ("RVU", loader.book().sources["RVU"].standing)
    assert (shown.reduced_for, shown.reduced_percent) == (("CNS", "NP", "PA"), 85)


def test_a_pathway_without_minutes_says_its_occasion() -> None:
    (planning,) = (one for one in rulebook_of("2024-03").pathways if one.pathway == "planning")
    assert (planning.base.code, planning.base.seconds, planning.counts) == ("G0506", None, None)
    assert planning.occasion == "planning_beside_visit"


def test_a_rule_the_determination_reasons_names_where() -> None:
    rule = rule_in("2024-03", "TIME-02")
    assert rule is not None
    assert rule.checked_in == ("app/determination/timekeeping.py", "app/determination/candidates.py")
    assert rule.numbers == {}


def test_a_rule_of_one_pathway_names_its_codes_alone() -> None:
    complex_only, add_on_only = rule_in("2024-03", "CPLX-01"), rule_in("2024-03", "CPLX-05")
    assert complex_only is not None and complex_only.codes == ("99487", "99489")
    assert add_on_only is not None and add_on_only.codes == ("99489",)


def test_thresholds_and_windows() -> None:
    shown = rulebook_of("2024-03")
    complex_care = next(pathway for pathway in shown.pathways if pathway.pathway == "complex")
    assert (complex_care.base.code, complex_care.base.seconds) == ("99487", 3600)
    assert complex_care.add_on is not None
    assert (complex_care.add_on.code, complex_care.add_on.each_seconds) == ("99489", 1800)
    g2058 = next(code for code in shown.codes if code.code == "G2058")
    assert (g2058.in_force, g2058.from_, g2058.until) == (False, "2020-01", "2021-01")


def test_a_factor_is_told_when_it_changes() -> None:
    factors = [(str(one.effective), one.dollars) for one in rulebook_of("2024-03").conversion_factors]
    assert factors == [("2024-01-01", "32.7442"), ("2024-03-09", "33.2875")]
    (of_2026,) = rulebook_of("2026-03").conversion_factors[:1]
    assert of_2026.qualifying_apm is not None and of_2026.qualifying_apm > of_2026.dollars


def test_every_choice_of_the_practice_is_explained() -> None:
    assert set(DECIDES) == set(Policy.__struct_fields__)
    shown = {policy.name: policy for policy in rulebook_of("2024-03").policies}
    assert shown["preference"].choices == ("most_accurate", "highest_amount")
    assert shown["count_prior_authorization"].default is False
    assert shown["count_prior_authorization"].choices == (True, False)
    assert all(policy.default in policy.choices for policy in shown.values())


def test_every_month_can_be_written() -> None:
    book = loader.book()
    for year in range(int(book.first_month[:4]), int(book.last_month[:4]) + 1):
        for month in (f"{year}-01", f"{year}-12"):
            if book.covers(month):
                assert msgspec.json.encode(rulebook_of(month))
