"""PRAC-01 and PRAC-02: who may bill; whose credential; contradictions of section 0."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, consent, enrollment, own, staff, usual


def practitioner(name: str, credential: str, **dates: str) -> Raw:
    return {"kind": "practitioner", "practitioner": name, "credential": credential, **dates}


@pytest.mark.parametrize("credential", ["MD", "DO", "NP", "PA", "CNS", "CNM", " md ", "np", "Cnm"])
def test_prac_01_02_may_bill(credential: str) -> None:
    answer = ask(usual(staff(20), practitioner={"credential": credential}))
    assert answer.lines == {"99490": 1}
    assert answer.outcomes("PRAC-01") == answer.outcomes("PRAC-02") == {"met"}


@pytest.mark.parametrize("credential", ["PsyD", "DPM", "DDS", "OD", "DC", "LCSW", "RD", "PT", "PharmD", "RN", "M.D."])
def test_prac_02_others_may_not_bill(credential: str) -> None:
    answer = ask(usual(staff(20), practitioner={"credential": credential}))
    assert answer.blockers() == ["PRAC-02"]
    assert answer.outcomes("PRAC-02") == {"not_met"}


def test_prac_01_is_missing_without_a_practitioner_fact_for_the_biller() -> None:
    for facts in (usual(staff(20), practitioner=None), usual(staff(20), practitioner={"practitioner": "DR_B"})):
        answer = ask(facts)
        assert answer.blockers() == ["PRAC-01"]
        assert answer.outcomes("PRAC-01") == {"missing"}


@pytest.mark.parametrize(
    ("dates", "known"),
    [
        ({"from": "2024-03-31"}, True),
        ({"from": "2024-04-01"}, False),
        ({"until": "2024-03-02"}, True),
        ({"until": "2024-03-01"}, False),
    ],
)
def test_prac_01_asks_for_a_fact_in_force_in_the_month(dates: dict[str, str], known: bool) -> None:
    assert (ask(usual(staff(20), practitioner=dates)).status == "billable") is known


def test_prac_01_is_missing_where_nobody_is_named_to_bill() -> None:
    answer = ask(usual(staff(20), enrollment=None, consent={"practitioner": None}))
    assert answer.status == "not_billable"
    assert "PRAC-01" in answer.blockers()
    assert answer.outcomes("PRAC-01") == {"missing"}


def test_bp_is_the_enrolled_practitioner_before_the_consents() -> None:
    answer = ask(usual(staff(20), practitioner("DR_B", "MD"), consent("2024-02-01", practitioner="DR_B")))
    assert answer.line("99490")["practitioner"] == "DR_A"


def test_bp_is_the_consents_practitioner_without_an_enrollment_in_force() -> None:
    for change in (None, {"until": "2024-03-01"}):
        assert ask(usual(staff(20), enrollment=change)).line("99490")["practitioner"] == "DR_A"


def test_bp_of_the_request_overrides() -> None:
    answer = ask(usual(staff(20)), billing_practitioner="DR_B")
    assert "PRAC-01" in answer.blockers()
    assert "CONS-07" in answer.blockers()


def test_prac_01_two_credentials_on_one_day_need_a_decision() -> None:
    answer = ask(usual(staff(20), practitioner("DR_A", "RN") | {"id": "other"}))
    assert answer.status == "needs_decision"
    assert answer.lines == {}
    assert {"practitioner", "other"} <= answer.evidence("PRAC-01")
    assert sorted(answer.alternatives, key=len) == [{}, {"99490": 1}]


def test_prac_01_one_credential_written_twice_is_no_contradiction() -> None:
    assert ask(usual(staff(20), practitioner("DR_A", " md"))).lines == {"99490": 1}


def test_prac_01_credentials_that_follow_each_other_do_not_contradict() -> None:
    later = practitioner("DR_A", "NP", **{"from": "2024-03-15"})
    assert ask(usual(staff(20), later, practitioner={"until": "2024-03-15"})).status == "billable"


def test_prac_01_two_credentials_of_somebody_else_do_not_matter() -> None:
    others = [practitioner("DR_B", "RN"), practitioner("DR_B", "MD")]
    assert ask(usual(staff(20), others)).lines == {"99490": 1}


def test_prac_01_two_credentials_on_a_day_outside_the_month_do_not_matter() -> None:
    old = practitioner("DR_A", "RN", until="2024-03-01")
    assert ask(usual(staff(20), old)).lines == {"99490": 1}


def test_prac_01_only_the_credentials_that_contradict_each_other_are_possibilities() -> None:
    first = {"credential": "RN", "until": "2024-03-10"}
    doubted = [
        practitioner("DR_A", "NP", **{"from": "2024-03-10"}),
        practitioner("DR_A", "MD", **{"from": "2024-03-10"}),
    ]
    answer = ask(usual(staff(20), doubted, practitioner=first))
    assert answer.status == "needs_decision"
    assert len(answer.alternatives) == 2


@pytest.mark.parametrize(
    ("credential", "cents"), [("MD", 6258), ("NP", 5319), ("PA", 5319), ("CNS", 5319), ("CNM", 6258)]
)
def test_amt_01_np_pa_and_cns_are_paid_85_percent(credential: str, cents: int) -> None:
    """1.88 x 33.2875 = 62.5805; x 0.85 = 53.193425, rounded once."""
    assert ask(usual(staff(20), practitioner={"credential": credential})).line("99490")["amount_cents"] == cents


def test_prac_07_the_billers_own_time_is_that_of_the_enrolled_practitioner() -> None:
    answer = ask(usual(own(30, performer="DR_B"), own(30, "2024-03-13")))
    assert answer.row("99491")["counted_seconds"] == 1800
    assert answer.row("99490")["counted_seconds"] == 3600


def test_prac_07_clinical_staff_role_of_the_biller_is_staff_time() -> None:
    answer = ask(usual(own(30, role="clinical_staff")))
    assert answer.row("99491")["counted_seconds"] == 0
    assert answer.lines == {"99490": 1}


def test_enrollment_of_another_program_names_nobody() -> None:
    answer = ask(usual(staff(20), enrollment("DR_B", "2024-01-01", program="bhi"), practitioner("DR_B", "MD")))
    assert answer.line("99490")["practitioner"] == "DR_A"
