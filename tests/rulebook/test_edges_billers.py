"""Who bills, with which credential, at the days an enrolment or a credential begins and ends; and what a claim is ranked by."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, at, billed, consent, enrollment, own, staff, timed, usual, visit

DR_B = {"kind": "practitioner", "id": "b", "practitioner": "DR_B", "credential": "MD"}


@pytest.mark.parametrize(
    ("since", "until", "biller"),
    [
        ("2024-02-01", "2024-03-01", "DR_A"),
        ("2024-02-01", "2024-03-02", "DR_B"),
        ("2024-03-31", None, "DR_B"),
        ("2024-04-01", None, "DR_A"),
    ],
)
def test_who_is_enrolled_on_a_day_of_the_month_bills_else_who_is_consented_to(
    since: str, until: str | None, biller: str
) -> None:
    others = [
        DR_B,
        {"id": "e", **enrollment("DR_B", since, until)},
        {"id": "v", **visit("2024-01-20", practitioner="DR_B")},
    ]
    answer = ask(usual(staff(20, "2024-03-31"), others, enrollment=None))
    assert (answer.status == "billable") is (biller == "DR_A")
    assert ("CONS-07" in answer.blockers()) is (biller == "DR_B")


def test_of_two_credentials_one_after_the_other_the_latest_of_the_month_is_held() -> None:
    """Whatever their ids: they share no day, so nothing contradicts."""
    for first, second in (("a", "z"), ("z", "a")):
        changed = [
            {"kind": "practitioner", "id": first, "practitioner": "DR_A", "credential": "LCSW", "until": "2024-03-10"},
            {"kind": "practitioner", "id": second, "practitioner": "DR_A", "credential": "NP", "from": "2024-03-10"},
        ]
        answer = ask(usual(staff(20), changed, practitioner=None))
        assert answer.status == "billable"
        assert answer.evidence("PRAC-02") == {second}


@pytest.mark.parametrize(("day", "cents"), [("2024-03-09", 6258), ("2024-03-10", 5320), ("2024-03-31", 5320)])
def test_amt_01_the_credential_of_the_service_date_sets_the_share(day: str, cents: int) -> None:
    """62.58 to a physician; 85 % of 1.88 x 33.2875 = 62.5805 to a nurse practitioner, 53.19."""
    changed = [
        {"kind": "practitioner", "id": "z", "practitioner": "DR_A", "credential": "MD", "until": "2024-03-10"},
        {"kind": "practitioner", "id": "a", "practitioner": "DR_A", "credential": "NP", "from": "2024-03-10"},
    ]
    answer = ask(usual(staff(20, day), changed, practitioner=None))
    expected = cents if cents == 6258 else 5319
    assert answer.line("99490")["amount_cents"] == expected
    assert bool(answer.findings("AMT-01")) is (cents != 6258)


def test_unit_06_without_an_amount_sets_rank_by_the_national_non_facility_figures() -> None:
    """60 own minutes in a hospital department under a plan: non-facility staff codes 1.88 + 2 x 1.44 = 4.76 against
    2.54 + 1.79 = 4.33; by facility figures it would be 3.57 against 3.74."""
    facts = usual(own(60), coverage={"payer": "medicare_advantage"}, setting={"type": "hospital_outpatient"})
    answer = ask(facts, policy={"preference": "highest_amount"})
    assert answer.lines == {"99490": 1, "99439": 2}
    assert "amount_cents" not in answer.line("99490")


def test_work_that_ended_before_the_instant_of_consent_did_not_begin_care() -> None:
    """S is the 20th: of the look-back from it the visit of 10 March 2023 is out."""
    facts = usual(
        timed("2024-03-05T09:00", 30),
        timed("2024-03-20T09:00", 30),
        enrollment=None,
        consent={"on": None, "at": at("2024-03-05T10:00")},
        visit={"on": "2023-03-10"},
    )
    assert ask(facts).blockers()[0] == "INIT-01"
    begun = usual(
        timed("2024-03-05T09:45", 30),
        enrollment=None,
        consent={"on": None, "at": at("2024-03-05T10:00")},
        visit={"on": "2023-03-10"},
    )
    assert ask(begun).outcomes("INIT-01") == {"met"}


def test_cons_09_only_an_agreement_to_another_program_is_named() -> None:
    refused = consent("2024-02-10", program="bhi", action="declined")
    withdrawn = consent("2024-02-10", program="bhi", action="withdrawn")
    given = consent("2024-02-10", program="bhi")
    assert "CONS-09" not in ask(usual(staff(20), refused, consent=None)).blockers()
    assert "CONS-09" not in ask(usual(staff(20), withdrawn, consent=None)).blockers()
    assert "CONS-09" in ask(usual(staff(20), given, consent=None)).blockers()


@pytest.mark.parametrize(
    ("withdrawn_on", "serves"), [("2024-02-29", False), ("2024-03-01", True), ("2024-03-31", True)]
)
def test_cons_08_a_withdrawal_takes_effect_at_the_end_of_its_month(withdrawn_on: str, serves: bool) -> None:
    answer = ask(usual(staff(20, "2024-03-31"), consent(withdrawn_on, action="withdrawn")))
    assert (answer.status == "billable") is serves
    assert ("CONS-08" in answer.blockers()) is not serves


@pytest.mark.parametrize(
    ("fields", "blocks"),
    [
        ({"practitioner": "DR_B"}, True),
        ({"practitioner": "DR_B", "same_practice": True}, True),
        ({"practitioner": "DR_B", "same_practice": False}, False),
        ({"practitioner": "DR_A"}, False),
        ({}, False),
        ({"same_practice": True}, False),
        ({"same_practice": False}, False),
    ],
)
@pytest.mark.parametrize(("day", "inside"), [("2024-03-01", True), ("2024-03-31", True), ("2024-02-29", False)])
def test_prac_03_a_claim_of_another_practitioner_of_the_practice_blocks(
    fields: Raw, blocks: bool, day: str, inside: bool
) -> None:
    answer = ask(usual(staff(20), billed("99490", day, **fields)))
    assert ("PRAC-03" in answer.blockers()) is (blocks and inside)
