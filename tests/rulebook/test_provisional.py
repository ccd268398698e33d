"""CLAIM-02 and the gaps' `still_possible`: an answer before the month is over."""

import pytest

from tests.rulebook.usual_patient import ask, billed, staff, usual


@pytest.mark.parametrize(
    ("known_on", "provisional"),
    [(None, False), ("2024-04-01", False), ("2024-05-01", False), ("2024-03-31", True), ("2024-03-01", True)],
)
def test_claim_02_is_provisional_before_the_first_day_after_the_month(known_on: str | None, provisional: bool) -> None:
    answer = ask(usual(staff(20, "2024-03-01")), known_on=known_on)
    assert answer.body["provisional"] is provisional
    assert answer.outcomes("CLAIM-02") == ({"advisory"} if provisional else set())


def test_claim_02_what_is_dated_after_the_question_counts_with_advice() -> None:
    answer = ask(usual(staff(20, "2024-03-20", id="later")), known_on="2024-03-10")
    assert answer.lines == {"99490": 1}
    assert "later" in answer.evidence("CLAIM-02")


def test_claim_02_does_not_name_what_is_dated_on_the_day_asked() -> None:
    answer = ask(usual(staff(20, "2024-03-10", id="today")), known_on="2024-03-10")
    assert "today" not in answer.evidence("CLAIM-02")


@pytest.mark.parametrize(("known_on", "possible"), [("2024-03-31", True), ("2024-04-01", False)])
def test_gap_of_minutes_is_still_possible_while_the_month_lasts(known_on: str, possible: bool) -> None:
    gap = ask(usual(staff(19, "2024-03-02", seconds=59)), known_on=known_on, gaps=True).gap("99490")
    assert gap is not None
    assert gap["needs_seconds"] == 1
    assert gap["rules"] == ["TIME-02"]
    assert gap["still_possible"] is possible


def test_gap_settles_with_facts_that_appended_reach_the_code_and_one_second_less_do_not() -> None:
    facts = usual(staff(10, "2024-03-02"))
    gap = ask(facts, known_on="2024-03-15", gaps=True).gap("99490")
    assert gap is not None
    assert [fact["id"] for fact in gap["settles"]] == ["gap-1"]
    entry = gap["settles"][0]
    assert (entry["performer"], entry["on"], entry["seconds"]) == ("STAFF", "2024-03-31", 600)
    assert ask([*facts, entry]).blockers() == []
    assert ask([*facts, {**entry, "seconds": 599}]).blockers() == ["TIME-02"]


def test_gap_settles_with_facts_named_as_nothing_in_the_record_is() -> None:
    """What settled one gap was recorded under the names it came with; what settles the next is another fact."""
    facts = usual(staff(10, "2024-03-02", id="gap-1"), staff(5, "2024-03-04", id="gap-3"))
    gap = ask(facts, known_on="2024-03-15", gaps=True).gap("99490")
    assert gap is not None
    (entry,) = gap["settles"]
    assert (entry["id"], entry["seconds"]) == ("gap-2", 300)
    assert ask([*facts, entry]).blockers() == []


def test_gap_of_an_add_on_beside_a_claim_that_stands_can_be_closed_as_its_base_code_can() -> None:
    """PRAC-04 stops every code of the staff's pathway: whoever replaces the claim frees 99439 with 99490."""
    facts = usual(staff(30, "2024-03-02"), billed("99491", "2024-03-05"))
    answer = ask(facts, known_on="2024-03-15", gaps=True)
    base, add_on = answer.gap("99490"), answer.gap("99439")
    assert base is not None
    assert add_on is not None
    assert (base["rules"], add_on["rules"]) == (["PRAC-04"], ["PRAC-04", "TIME-02"])
    assert base["remedy"] in add_on["remedy"]
    assert "10:00 minutes" in add_on["remedy"]
    assert base["still_possible"] is add_on["still_possible"] is True
    assert "settles" not in add_on


def test_gap_of_99491_is_settled_by_the_billing_practitioner() -> None:
    gap = ask(usual(staff(10, "2024-03-02")), known_on="2024-03-15", gaps=True).gap("99491")
    assert gap is not None
    assert gap["settles"][0]["performer"] == "DR_A"
    assert gap["settles"][0]["role"] == "practitioner"


def test_gap_settles_only_until_the_last_day_the_patient_lived() -> None:
    death = {"kind": "death", "on": "2024-03-20"}
    gap = ask(usual(staff(10, "2024-03-02"), death), known_on="2024-03-15", gaps=True).gap("99490")
    assert gap is not None
    assert gap["settles"][0]["on"] == "2024-03-20"
    assert gap["still_possible"] is True
    late = ask(usual(staff(10, "2024-03-02"), death), known_on="2024-03-21", gaps=True).gap("99490")
    assert late is not None
    assert late["still_possible"] is False


def test_gap_no_fact_settles_a_month_in_hospital() -> None:
    stay = {"kind": "stay", "setting": "inpatient", "from": "2024-02-01"}
    gap = ask(usual(staff(10), stay), known_on="2024-03-15", gaps=True).gap("99490")
    assert gap is not None
    assert "settles" not in gap
    assert gap["still_possible"] is False


def test_gaps_stand_for_codes_not_reached_in_their_window_only() -> None:
    answer = ask(usual(staff(20)), gaps=True)
    assert {gap["code"] for gap in answer.body["gaps"]} == {
        "99439",
        "99491",
        "99437",
        "99487",
        "99489",
        "G0506",
        "G0511",
    }
    early = ask(usual(staff(20, "2021-03-12"), year=2021), "2021-03", gaps=True)
    assert "99437" not in {gap["code"] for gap in early.body["gaps"]}
