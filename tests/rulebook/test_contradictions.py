"""Section 0, contradictions, together with each other and with PRAC-03: one alternative for each possibility."""

from itertools import permutations

from tests.rulebook.usual_patient import Raw, ask, condition, consent, enrollment, staff, usual, visit

RN: Raw = {"kind": "practitioner", "id": "other-credential", "practitioner": "DR_A", "credential": "RN"}
RURAL: Raw = {"kind": "setting", "id": "other-setting", "type": "rhc"}


def test_two_contradictions_give_every_combination() -> None:
    answer = ask(usual(staff(20), RN, RURAL))
    assert answer.status == "needs_decision"
    assert len(answer.alternatives) == 4
    assert sorted(answer.alternatives, key=str) == [{"99490": 1}, {"G0511": 1}, {}, {}]
    assert answer.evidence("PRAC-01") >= {"practitioner", "other-credential"}
    assert answer.evidence("CLAIM-03") == {"setting", "other-setting"}


def test_none_of_the_doubtful_codes_is_chosen() -> None:
    answer = ask(usual(staff(20), RURAL))
    assert "chosen" not in {row["verdict"] for row in answer.body["verdicts"]}


def test_a_retracted_or_corrected_statement_contradicts_nothing() -> None:
    retraction = {
        "kind": "retraction",
        "retracts": {"kind": "setting", "id": "other-setting"},
        "reason": "Entered in error.",
    }
    assert ask(usual(staff(20), RURAL, retraction)).lines == {"99490": 1}
    correction = {"kind": "setting", "id": "right", "corrects": "other-setting", "type": "physician_office"}
    assert ask(usual(staff(20), RURAL, correction)).lines == {"99490": 1}


def test_retracting_a_replacement_does_not_revive_the_original() -> None:
    facts = usual(
        staff(20, id="first"),
        staff(10, id="second", corrects="first"),
        {"kind": "retraction", "retracts": {"kind": "time_entry", "id": "second"}, "reason": "Entered in error."},
    )
    assert ask(facts).body["time"]["entries"] == []


def test_contradictions_matter_only_where_a_program_is_named() -> None:
    answer = ask(usual(RURAL, enrollment=None, consent=None))
    assert answer.status == "not_billable"


def test_a_contradiction_of_a_practitioner_who_does_not_bill_is_none() -> None:
    other = [{**RN, "practitioner": "DR_B"}, {"kind": "practitioner", "practitioner": "DR_B", "credential": "MD"}]
    assert ask(usual(staff(20), other)).lines == {"99490": 1}


def test_conditions_in_doubt_count_as_one_possibility_each() -> None:
    doubted = [condition("I10", expected_duration="less_than_12_months")]
    answer = ask(usual(staff(20), doubted))
    [billable] = [one for one in answer.body["alternatives"] if one["claim_lines"]]
    assert billable["claim_lines"][0]["diagnoses"] == ["E11.9", "I10"]


def test_the_order_of_arrival_never_decides() -> None:
    """Contract, same bytes."""
    parts = [
        staff(20, id="work"),
        {**RN, "id": "other-credential"},
        enrollment("DR_B", "2024-03-01") | {"id": "enrol-b"},
        consent("2024-03-01", practitioner="DR_B", id="consent-b"),
        visit("2024-02-20", practitioner="DR_B", id="visit-b"),
    ]
    answers = {str(ask(usual(*order)).body) for order in list(permutations(parts))[::24]}
    assert len(answers) == 1


def test_of_more_than_twenty_possibilities_twenty_are_shown() -> None:
    sites = [{"kind": "setting", "id": f"site-{site}", "type": site} for site in ("rhc", "fqhc", "hospital_outpatient")]
    deaths = [{"kind": "death", "id": f"died-{day}", "on": f"2024-03-{day}"} for day in range(20, 26)]
    answer = ask(usual(staff(20), *sites, *deaths))
    assert answer.status == "needs_decision"
    assert len(answer.alternatives) == 20
