"""Which program would serve the patient from the next month: rule book, sections 8, 12 and 14, tried a month ahead."""

import datetime as dt
from typing import Any

import msgspec
import pytest

from app.errors import Invalid
from app.months.evaluate import EvaluationRequest, evaluate
from tests.rulebook.usual_patient import (
    NEW_YORK,
    Raw,
    condition,
    consent,
    enrollment,
    facts_from,
    staff,
    usual,
)

Json = dict[str, Any]


def asked(facts: list[Raw], *programs: str, month: str = "2025-03", **more: Any) -> Json:
    """The answer, with its comparison by program."""
    request = EvaluationRequest(
        service_month=month,
        time_zone=NEW_YORK,
        facts=facts_from(facts),
        compare_programs=msgspec.convert(programs, tuple[str, ...]),  # type: ignore[arg-type]
        **more,
    )
    decoded: Json = msgspec.json.decode(evaluate(request))
    return decoded


def by_pathway(answer: Json, program: str) -> dict[str, Json]:
    (compared,) = [one for one in answer["comparison"] if one["program"] == program]
    return {option["pathway"]: option for option in compared["options"]}


def missing(option: Json) -> set[str]:
    return {finding["rule"] for finding in option["missing"]}


def test_ccm_goes_on_and_the_others_lack_their_consent() -> None:
    answer = asked(usual(staff(25, "2025-03-12"), year=2025), "apcm", "ccm", "pcm")
    assert [one["program"] for one in answer["comparison"]] == ["ccm", "pcm", "apcm"]
    assert {one["service_month"] for one in answer["comparison"]} == {"2025-04"}
    assert {one["practitioner"] for one in answer["comparison"]} == {"DR_A"}
    staffed = by_pathway(answer, "ccm")["clinical_staff"]
    # 2025: 1.87 RVU x 32.3465, and a fifth of it (AMT-02, COST-01).
    assert (staffed["code"], staffed["needed_seconds"]) == ("99490", 1200)
    assert (staffed["amount_cents"], staffed["patient_share_cents"]) == (6049, 1210)
    assert staffed["missing"] == []
    assert staffed["possible"] is True
    principal = by_pathway(answer, "pcm")["principal_staff"]
    assert missing(principal) == {"CONS-09"}
    assert all(finding["remedy"] for finding in principal["missing"])
    assert [fact["kind"] for fact in principal["settles"]] == ["consent", "time_entry"]
    assert missing(by_pathway(answer, "apcm")["primary_care_2"]) == {"CONS-09"}


def test_what_settles_an_option_makes_its_code_billable_in_the_next_month() -> None:
    facts = usual(staff(25, "2025-03-12"), year=2025)
    settles = by_pathway(asked(facts, "pcm"), "pcm")["principal_staff"]["settles"]
    enrolled = enrollment("DR_A", "2025-04-01", program="pcm")
    following = asked([*facts, enrolled, *settles], "ccm", month="2025-04")
    assert {line["code"] for line in following["claim_lines"]} == {"99426"}


def test_a_level_that_does_not_fit_is_not_possible() -> None:
    options = by_pathway(asked(usual(year=2025), "apcm"), "apcm")
    assert {name: option["possible"] for name, option in options.items()} == {
        "primary_care_2": True,
        "primary_care_3": True,  # were the patient recorded as a qualified Medicare beneficiary
        "primary_care_1": False,
    }
    assert next(iter(options)) == "primary_care_2"  # the best way stands first


def test_a_qualified_beneficiary_owes_nothing_and_has_a_level_of_their_own() -> None:
    facts = usual(year=2025, coverage={"qualified_medicare_beneficiary": True})
    options = by_pathway(asked(facts, "apcm"), "apcm")
    assert options["primary_care_3"]["possible"] is True
    assert options["primary_care_3"]["patient_share_cents"] == 0


def test_a_patient_with_one_condition_is_for_principal_care() -> None:
    facts = usual(consent("2025-02-01", program="pcm"), year=2025, hypertension=None)
    answer = asked(facts, "ccm", "pcm")
    assert [one["program"] for one in answer["comparison"]] == ["pcm", "ccm"]
    assert missing(by_pathway(answer, "ccm")["clinical_staff"]) == {"ELIG-01"}
    assert missing(by_pathway(answer, "pcm")["principal_staff"]) == set()


def test_a_program_without_codes_then_has_no_options_and_stands_last() -> None:
    answer = asked(usual(staff(25)), "apcm", "ccm", month="2024-03")
    assert [(one["program"], bool(one["options"])) for one in answer["comparison"]] == [("ccm", True), ("apcm", False)]


def test_what_the_next_month_brings_is_known() -> None:
    """APCM begins with 2025: asked of December 2024 it can be had."""
    answer = asked(usual(), "apcm", month="2024-12")
    assert by_pathway(answer, "apcm")["primary_care_2"]["possible"] is True


def test_the_comparison_changes_nothing_of_the_determination() -> None:
    facts = usual(staff(25))
    compared = asked(facts, "ccm", month="2024-03")
    plain: Json = msgspec.json.decode(
        evaluate(EvaluationRequest(service_month="2024-03", time_zone=NEW_YORK, facts=facts_from(facts)))
    )
    assert "comparison" not in plain
    assert {name: value for name, value in compared.items() if name != "comparison"} == plain


def test_the_only_practitioner_of_the_practice_would_bill() -> None:
    facts = usual(year=2025, enrollment=None, consent=None)
    assert asked(facts, "ccm")["comparison"][0]["practitioner"] == "DR_A"


def test_who_is_asked_for_would_bill() -> None:
    answer = asked(usual(year=2025), "ccm", billing_practitioner="DR_B")
    assert answer["comparison"][0]["practitioner"] == "DR_B"
    assert "PRAC-01" in missing(by_pathway(answer, "ccm")["clinical_staff"])


@pytest.mark.parametrize(
    ("facts", "month", "pointer"),
    [
        ([condition("I10")], "2025-03", "/billing_practitioner"),
        (usual(), "2027-12", "/compare_programs"),
    ],
)
def test_what_cannot_be_compared_is_said(facts: list[Raw], month: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked(facts, "ccm", month=month)
    assert [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    ("program", "changes", "rule"),
    [
        ("ccm", {"death": {"kind": "death", "on": "2025-03-20"}}, "TIME-02"),
        ("pcm", {"stay": {"kind": "stay", "setting": "inpatient", "from": "2025-03-20"}}, "TIME-02"),
        ("ccm", {"setting-2": {"kind": "setting", "type": "rhc"}}, "CLAIM-03"),
    ],
)
def test_what_cannot_be_is_not_possible_and_says_why(program: str, changes: dict[str, Raw], rule: str) -> None:
    """After death and in hospital no minute counts; what contradicts needs a person first."""
    facts = usual(
        consent("2025-02-01", program="pcm"), [{"id": name, **fact} for name, fact in changes.items()], year=2025
    )
    options = by_pathway(asked(facts, program), program)
    assert not any(option["possible"] for option in options.values())
    assert all(rule in missing(option) for name, option in options.items() if name != "general_care_management")


def test_the_practitioner_named_is_the_one_whose_month_is_told() -> None:
    """DR_B was enrolled first and has no consent: DR_A bills, at 85 % (AMT-01)."""
    facts = usual(
        [enrollment(who, since, program="apcm") for who, since in (("DR_A", "2025-02-01"), ("DR_B", "2025-01-15"))],
        consent("2025-02-01", program="apcm"),
        {"id": "b", "kind": "practitioner", "practitioner": "DR_B", "credential": "MD"},
        year=2025,
        practitioner={"credential": "NP"},
    )
    (offer,) = asked(facts, "apcm")["comparison"]
    assert offer["practitioner"] == "DR_A"
    # 1.51 RVU x 32.3465 x 0.85, rounded once.
    assert by_pathway(asked(facts, "apcm"), "apcm")["primary_care_2"]["amount_cents"] == 4152


def test_it_is_asked_on_the_first_day_of_the_month() -> None:
    """What would settle an option lies in the month to come."""
    settles = by_pathway(asked(usual(year=2025), "pcm"), "pcm")["principal_staff"]["settles"]
    days = {dt.date.fromisoformat(fact["on"]) for fact in settles}
    assert all(dt.date(2025, 4, 1) <= day <= dt.date(2025, 4, 30) for day in days)


def test_a_program_asked_for_twice_is_compared_once() -> None:
    assert len(asked(usual(consent("2025-02-01", program="pcm"), year=2025), "pcm", "pcm")["comparison"]) == 1
