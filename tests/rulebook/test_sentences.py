"""A sentence says what its evidence shows, of whom it shows it, and promises only what would help."""

from tests.rulebook.usual_patient import (
    Answer,
    ask,
    consent,
    enrollment,
    own,
    staff,
    stay,
    timed,
    usual,
    visit,
)


def said(answer: Answer, rule: str) -> str:
    return " ".join(finding["says"] for finding in answer.findings(rule))


def test_the_day_a_consent_is_named_by_is_that_of_the_consent_shown() -> None:
    first = {"documented": None, "informed": None}
    answer = ask(usual(staff(20), {"id": "second", **consent("2024-02-10")}, consent=first))
    assert answer.evidence("CONS-01") == {"consent"}
    assert "2024-02-01" in said(answer, "CONS-01")
    assert answer.evidence("CONS-04") == {"second"}
    assert "2024-02-10" in said(answer, "CONS-04")
    assert "2024-02-10" in said(answer, "CONS-05")


def test_a_colleagues_visit_is_not_called_the_billers() -> None:
    group = {"same_group_initiating_visit": True}
    answer = ask(usual(staff(20), visit={"practitioner": "DR_B"}), policy=group)
    assert "DR_B saw the patient" in said(answer, "INIT-01")


def test_an_election_that_covers_the_month_is_not_said_to_be_absent() -> None:
    answer = ask(usual(staff(20, unrelated_to_terminal_illness=True), stay("hospice", "2024-02-10", attending="DR_H")))
    assert answer.lines == {"99490": 1}
    assert "No hospice election" not in said(answer, "ELIG-07")


def test_a_refusal_after_consent_is_no_withdrawal_in_words() -> None:
    answer = ask(usual(staff(20), {"id": "no", **consent("2024-02-20", action="declined")}))
    assert answer.blockers() == ["CONS-08", "TIME-02"]
    assert "withdrawn" not in said(answer, "CONS-08")


def test_a_capped_line_of_an_alternative_carries_its_own_warning() -> None:
    """Two practitioners consented to: under the second 7,500 seconds are counted, and two of five add-ons may be billed."""
    both = [
        {"kind": "practitioner", "id": "b", "practitioner": "DR_B", "credential": "MD"},
        {"id": "e2", **enrollment("DR_B", "2024-02-02")},
        {"id": "c2", **consent("2024-02-02", practitioner="DR_B")},
        {"id": "v2", **visit("2024-01-20", practitioner="DR_B")},
    ]
    work = [staff(25, id="a-work", supervised_by="DR_A"), staff(125, "2024-03-13", id="b-work", supervised_by="DR_B")]
    answer = ask(usual(both, work))
    assert answer.status == "needs_decision"
    for alternative in answer.body["alternatives"]:
        for line in alternative["claim_lines"]:
            capped = line["practitioner"] == "DR_B" and line["code"] == "99439"
            assert bool(line["warnings"]) is capped


def test_a_gap_that_no_fact_can_close_promises_no_minutes() -> None:
    gap = ask(usual(staff(10), stay("inpatient", "2024-02-10")), gaps=True).gap("99490")
    assert gap is not None
    assert set(gap["rules"]) == {"ELIG-05", "TIME-02"}
    assert "more of countable time" not in gap["remedy"]
    assert "all month" in gap["remedy"]
    assert gap["still_possible"] is False


def test_nothing_is_offered_to_settle_what_a_person_must_decide() -> None:
    hospital = {"kind": "setting", "id": "hospital", "type": "hospital_outpatient"}
    answer = ask(usual(staff(10), hospital), gaps=True)
    assert answer.status == "needs_decision"
    assert all("settles" not in gap for gap in answer.body["gaps"])


def test_at_most_eight_practitioners_are_weighed() -> None:
    crowd = [{"id": f"e{n}", **enrollment(f"DR_{n:02}", "2024-02-15")} for n in range(30)]
    answer = ask(usual(staff(20), own(5), timed("2024-03-14T09:00", 5), crowd))
    assert answer.lines == {"99490": 1}
    assert answer.outcomes("PRAC-03") == {"met", "advisory"}
    assert said(answer, "PRAC-03").count("DR_0") == 7
