"""PRAC-03 and PRAC-04: one practitioner, one kind of CCM a month."""

import pytest

from tests.rulebook.usual_patient import CCM, Raw, ask, billed, consent, enrollment, own, staff, usual, visit

DR_B: Raw = {"kind": "practitioner", "practitioner": "DR_B", "credential": "MD", "id": "practitioner-b"}


def both(*more: Raw) -> list[Raw]:
    return usual(
        DR_B, enrollment("DR_B", "2024-03-01"), consent("2024-03-01", practitioner="DR_B"), visit("2024-02-20", practitioner="DR_B"), *more
    )  # fmt: skip


def test_prac_03_two_practitioners_who_could_each_bill_need_a_decision() -> None:
    answer = ask(both(staff(20)))
    assert answer.status == "needs_decision"
    assert answer.lines == {}
    assert "chosen" not in {answer.verdict(code) for code in CCM}
    assert "not_met" in answer.outcomes("PRAC-03")
    assert answer.alternatives == [{"99490": 1}, {"99490": 1}]
    assert {line["practitioner"] for one in answer.body["alternatives"] for line in one["claim_lines"]} == {
        "DR_A",
        "DR_B",
    }


def test_prac_03_naming_the_biller_decides() -> None:
    answer = ask(both(staff(20)), billing_practitioner="DR_B")
    assert answer.line("99490")["practitioner"] == "DR_B"


def test_prac_03_one_of_two_with_a_lawful_line_bills_with_advice() -> None:
    answer = ask(usual(staff(20), DR_B, enrollment("DR_B", "2024-03-01")))
    assert answer.status == "billable"
    assert answer.line("99490")["practitioner"] == "DR_A"
    assert "advisory" in answer.outcomes("PRAC-03")


def test_prac_03_the_later_enrolled_bills_where_only_they_can() -> None:
    answer = ask([fact for fact in both(staff(20)) if fact.get("id") != "consent"])
    assert answer.status == "billable"
    assert answer.line("99490")["practitioner"] == "DR_B"


def test_prac_03_none_of_two_with_a_lawful_line_is_not_billable() -> None:
    answer = ask(both(staff(19)))
    assert answer.status == "not_billable"
    assert answer.blockers() == ["TIME-02"]


def test_prac_03_each_practitioner_is_assessed_by_their_own_time() -> None:
    answer = ask(both(own(40)), policy={"preference": "highest_amount"})
    assert answer.status == "needs_decision"
    by = {one["claim_lines"][0]["practitioner"]: one["claim_lines"] for one in answer.body["alternatives"]}
    assert [line["code"] for line in by["DR_A"]] in (["99490", "99439"], ["99491"])
    assert [line["code"] for line in by["DR_B"]] == ["99490", "99439"]


def test_prac_03_without_any_enrollment_the_consents_name_the_practitioners() -> None:
    facts = usual(
        DR_B,
        consent("2024-03-01", practitioner="DR_B"),
        visit("2024-02-20", practitioner="DR_B"),
        staff(20),
        enrollment=None,
    )
    assert ask(facts).status == "needs_decision"


@pytest.mark.parametrize(
    ("until", "since", "decides"), [("2024-03-02", "2024-03-02", True), ("2024-03-01", "2024-03-01", False)]
)
def test_prac_03_only_enrollments_in_force_in_the_month_count(until: str, since: str, decides: bool) -> None:
    facts = usual(
        DR_B,
        enrollment("DR_B", since),
        consent("2024-03-01", practitioner="DR_B"),
        visit("2024-02-20", practitioner="DR_B"),
        staff(20),
        enrollment={"until": until},
    )
    assert (ask(facts).status == "needs_decision") is decides


@pytest.mark.parametrize("code", CCM)
def test_prac_03_a_ccm_service_of_another_practitioner_of_the_practice_blocks_every_code(code: str) -> None:
    answer = ask(usual(staff(20), billed(code, practitioner="DR_B")))
    assert answer.outcomes("PRAC-03") == {"not_met"}
    for own_code in CCM:
        assert "PRAC-03" in answer.blockers(own_code)


@pytest.mark.parametrize(
    ("day", "blocks"), [("2024-02-29", False), ("2024-03-01", True), ("2024-03-31", True), ("2024-04-01", False)]
)
def test_prac_03_only_services_of_the_month_block(day: str, blocks: bool) -> None:
    assert (ask(usual(staff(20), billed("99490", day, practitioner="DR_B"))).status == "billable") is not blocks


def test_prac_03_another_practice_does_not_block_here() -> None:
    for fields in ({"practitioner": "DR_Z", "same_practice": False}, {"same_practice": False}):
        assert "PRAC-03" not in ask(usual(staff(20), billed("99490", **fields))).blockers()


@pytest.mark.parametrize("fields", [{"practitioner": "DR_A"}, {}, {"same_practice": True}])
def test_own_line_is_neither_blocker_nor_conflict(fields: Raw) -> None:
    """Section 0: a code of the pathway assessed, by the same practitioner, is that line itself."""
    answer = ask(usual(staff(40), billed("99490", **fields)))
    assert answer.lines == {"99490": 1, "99439": 1}


@pytest.mark.parametrize("code", ["99491", "99437", "99487", "99489"])
def test_prac_04_an_own_claim_of_another_pathway_blocks(code: str) -> None:
    answer = ask(usual(staff(40), billed(code, practitioner="DR_A")))
    assert "PRAC-04" in answer.blockers("99490")
    assert "PRAC-04" in answer.blockers("99439")


def test_prac_04_the_pathway_already_claimed_stays_open() -> None:
    answer = ask(usual(own(30), billed("99491", practitioner="DR_A")))
    assert answer.lines == {"99491": 1}
    assert "PRAC-04" in answer.blockers("99490")


def test_prac_04_our_own_earlier_answer_is_not_read() -> None:
    answer = ask(usual(staff(40), billed("99491", practitioner="DR_A", source="self")))
    assert answer.lines == {"99490": 1, "99439": 1}
    assert answer.blockers("99490") == []


def test_prac_04_a_claim_of_another_month_does_not_block() -> None:
    assert ask(usual(staff(40), billed("99491", "2024-02-29", practitioner="DR_A"))).status == "billable"


def test_prac_04_only_one_pathway_is_billed_and_the_other_is_an_alternative() -> None:
    answer = ask(usual(own(30)))
    assert answer.lines == {"99491": 1}
    assert answer.alternatives == [{"99490": 1}]
    assert answer.verdict("99490") == "billable"


def test_prac_06_none_chosen_own_seconds_go_to_the_pathway_that_lacks_fewest() -> None:
    answer = ask(usual(own(19, id="work")))
    assert answer.entry("work")["counted_for"] == "ccm/clinical_staff"


def test_prac_07_staff_seconds_beside_a_chosen_99491_are_uncounted() -> None:
    answer = ask(usual(own(39), staff(19, "2024-03-13", id="staff"), billed("99491", practitioner="DR_A")))
    assert answer.lines == {"99491": 1}
    assert answer.uncounted("staff") == {"PRAC-07": 1140}


@pytest.mark.parametrize(("since_b", "seconds"), [("2024-03-01", 600), ("2024-01-15", 900), ("2024-02-01", 600)])
def test_prac_03_without_a_lawful_line_the_rows_are_those_of_the_earlier_enrollment_then_the_smaller_id(
    since_b: str, seconds: int
) -> None:
    facts = usual(DR_B, enrollment("DR_B", since_b), consent("2024-01-15", practitioner="DR_B"), plan=None)
    answer = ask(
        [*facts, visit("2024-01-10", practitioner="DR_B"), own(10), own(15, performer="DR_B", activity="other")]
    )
    assert answer.status == "not_billable"
    assert answer.row("99491")["counted_seconds"] == seconds
