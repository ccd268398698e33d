"""CONS-01 to CONS-09: whose consent serves, from when, until when, and what names the blocker."""

import pytest

from tests.rulebook.usual_patient import TOLD_OF, Raw, ask, at, consent, own, staff, timed, usual


def withdrawn(day: str | None = None, **fields: str) -> Raw:
    return consent(day, action="withdrawn", documented=None, **fields)


def test_cons_01_04_05_are_met_by_a_documented_and_informed_consent() -> None:
    answer = ask(usual(staff(20)))
    assert answer.outcomes("CONS-01") == answer.outcomes("CONS-04") == answer.outcomes("CONS-05") == {"met"}


def test_cons_01_blocks_without_any_consent_and_nothing_counts() -> None:
    answer = ask(usual(staff(20, id="work"), consent=None))
    assert answer.blockers() == ["CONS-01", "TIME-02"]
    assert answer.outcomes("CONS-01") == {"missing"}
    assert answer.uncounted("work") == {"CONS-01": 1200}


def test_cons_01_blocks_a_consent_given_after_the_month() -> None:
    assert "CONS-01" in ask(usual(staff(20), consent={"on": "2024-04-01"})).blockers()


def test_cons_01_declined_with_nothing_given_before_is_no_consent() -> None:
    answer = ask(usual(staff(20), consent=None), known_on=None)
    declined = ask(usual(staff(20), consent("2024-02-01", action="declined"), consent=None))
    assert "CONS-01" in declined.blockers()
    assert "CONS-01" in answer.blockers()


def test_cons_01_declined_before_given_ends_nothing() -> None:
    assert ask(usual(staff(20), consent("2024-01-20", action="declined"))).lines == {"99490": 1}


@pytest.mark.parametrize(("day", "counts"), [("2024-03-11", False), ("2024-03-12", True), ("2024-03-13", True)])
def test_cons_01_work_before_the_day_of_consent_does_not_count(day: str, counts: bool) -> None:
    for entry in (staff(20, day, id="work"), timed(f"{day}T00:00", 20, id="work")):
        answer = ask(usual(entry, consent={"on": "2024-03-12"}))
        assert answer.uncounted("work") == ({} if counts else {"CONS-01": 1200})


@pytest.mark.parametrize(("day", "counts"), [("2024-03-12", False), ("2024-03-13", True)])
def test_cons_01_by_policy_the_day_of_consent_does_not_count_where_an_instant_is_unknown(
    day: str, counts: bool
) -> None:
    policy = {"count_same_day_as_consent": False}
    for entry in (staff(20, day, id="work"), timed(f"{day}T12:00", 20, id="work")):
        answer = ask(usual(entry, consent={"on": "2024-03-12"}), policy=policy)
        assert answer.uncounted("work") == ({} if counts else {"CONS-01": 1200})


@pytest.mark.parametrize("same_day", [True, False])
def test_cons_01_both_instants_known_are_compared_whatever_the_policy(same_day: bool) -> None:
    given = {"on": None, "at": at("2024-03-12T10:00:00")}
    before = timed("2024-03-12T09:39:59", seconds=1201, id="before")
    across = timed("2024-03-12T09:50:00", 20, id="across")
    after = timed("2024-03-12T10:10:00", 20, id="after")
    answer = ask(usual(before, across, after, consent=given), policy={"count_same_day_as_consent": same_day})
    assert answer.uncounted("before") == {"CONS-01": 1201}
    assert answer.uncounted("across") == {"CONS-01": 600}
    assert answer.uncounted("after") == {}


def test_cons_01_the_second_of_consent_counts() -> None:
    given = {"on": None, "at": at("2024-03-12T10:00:00")}
    assert ask(usual(timed("2024-03-12T10:00:00", 20), consent=given)).lines == {"99490": 1}


@pytest.mark.parametrize(("same_day", "counts"), [(True, True), (False, False)])
def test_cons_01_a_timed_consent_against_an_entry_with_its_day_only_follows_the_policy(
    same_day: bool, counts: bool
) -> None:
    given = {"on": None, "at": at("2024-03-12T10:00:00")}
    facts = usual(staff(20, id="work"), consent=given)
    answer = ask(facts, policy={"count_same_day_as_consent": same_day})
    assert answer.uncounted("work") == ({} if counts else {"CONS-01": 1200})


def test_cons_01_the_day_of_a_timed_consent_is_the_local_one() -> None:
    late = {"on": None, "at": at("2024-02-29T23:59:59")}
    assert ask(usual(staff(20, "2024-03-01"), consent=late)).lines == {"99490": 1}
    next_month = {"on": None, "at": at("2024-04-01T00:00:00")}
    assert "CONS-01" in ask(usual(staff(20, "2024-03-01"), consent=next_month)).blockers()
    last_second = {"on": None, "at": at("2024-03-31T23:59:59")}
    assert "CONS-01" not in ask(usual(staff(20, "2024-03-01"), consent=last_second)).blockers()


@pytest.mark.parametrize("form", ["written", "verbal", None])
def test_cons_03_any_form_serves_from_2017(form: str | None) -> None:
    assert ask(usual(staff(20), consent={"form": form})).lines == {"99490": 1}


@pytest.mark.parametrize(
    ("documented", "outcome", "blockers"), [(True, "met", []), (False, "not_met", ["CONS-04"]), (None, "missing", [])]
)
def test_cons_04_blocks_only_an_explicit_no(documented: bool | None, outcome: str, blockers: list[str]) -> None:
    answer = ask(usual(staff(20), consent={"documented": documented}))
    assert answer.outcomes("CONS-04") == {outcome}
    assert answer.blockers() == blockers


@pytest.mark.parametrize("left_out", TOLD_OF)
def test_cons_05_blocks_when_one_of_the_four_was_not_told(left_out: str) -> None:
    answer = ask(usual(staff(20), consent={"informed": [topic for topic in TOLD_OF if topic != left_out]}))
    assert answer.outcomes("CONS-05") == {"not_met"}
    assert answer.blockers() == ["CONS-05"]


def test_cons_05_is_missing_and_does_not_block_where_nothing_is_stated() -> None:
    answer = ask(usual(staff(20), consent={"informed": None}))
    assert answer.outcomes("CONS-05") == {"missing"}
    assert answer.lines == {"99490": 1}


def test_cons_05_record_sharing_is_no_longer_asked() -> None:
    assert ask(usual(staff(20), consent={"informed": [*TOLD_OF, "record_sharing"]})).outcomes("CONS-05") == {"met"}


def test_cons_05_nothing_told_is_an_explicit_no() -> None:
    assert ask(usual(staff(20), consent={"informed": []})).blockers() == ["CONS-05"]


def test_cons_06_the_age_of_a_consent_is_never_checked() -> None:
    assert ask(usual(staff(20), consent={"on": "2015-02-01"})).lines == {"99490": 1}


def test_cons_07_a_consent_to_another_practitioner_does_not_serve() -> None:
    answer = ask(usual(staff(20, id="work"), consent={"practitioner": "DR_B"}))
    assert "CONS-07" in answer.blockers()
    assert answer.outcomes("CONS-07") == {"not_met"}
    assert answer.counted == 0


def test_cons_07_a_consent_to_nobody_in_particular_serves_any() -> None:
    assert ask(usual(staff(20), consent={"practitioner": None})).lines == {"99490": 1}


def test_cons_07_a_later_consent_to_another_practitioner_ends_nothing() -> None:
    assert ask(usual(staff(20), consent("2024-02-10", practitioner="DR_B"))).lines == {"99490": 1}


def test_cons_07_is_not_named_where_others_consents_have_ended() -> None:
    ended = [withdrawn("2024-02-10", practitioner="DR_B")]
    answer = ask(usual(staff(20), ended, consent={"practitioner": "DR_B"}))
    assert "CONS-07" not in answer.blockers()
    assert "CONS-01" in answer.blockers()


@pytest.mark.parametrize("action", ["withdrawn", "declined"])
@pytest.mark.parametrize("whose", [{}, {"practitioner": "DR_A"}])
@pytest.mark.parametrize(("day", "ended"), [("2024-02-29", True), ("2024-03-01", False), ("2024-03-31", False)])
def test_cons_08_stopping_takes_effect_at_the_end_of_the_month(
    action: str, whose: dict[str, str], day: str, ended: bool
) -> None:
    answer = ask(usual(staff(20), consent(day, action=action, documented=None, **whose)))
    assert answer.blockers() == (["CONS-08", "TIME-02"] if ended else [])


def test_cons_08_later_entries_of_the_month_of_withdrawal_count() -> None:
    answer = ask(usual(staff(20, "2024-03-31", id="work"), withdrawn("2024-03-05")))
    assert answer.uncounted("work") == {}
    assert answer.lines == {"99490": 1}


def test_cons_08_the_local_day_of_a_timed_withdrawal_decides_its_month() -> None:
    assert ask(usual(staff(20), withdrawn(at=at("2024-02-29T23:59:59")))).blockers() == ["CONS-08", "TIME-02"]
    assert ask(usual(staff(20), withdrawn(at=at("2024-03-01T00:00:00")))).blockers() == []


def test_cons_08_a_withdrawal_naming_another_practitioner_ends_nothing_here() -> None:
    assert ask(usual(staff(20), withdrawn("2024-02-10", practitioner="DR_B"))).lines == {"99490": 1}


def test_cons_08_a_withdrawal_naming_the_biller_stops_a_consent_to_nobody_from_serving_them() -> None:
    facts = usual(staff(20), withdrawn("2024-02-10", practitioner="DR_A"), consent={"practitioner": None})
    assert ask(facts).blockers() == ["CONS-08", "TIME-02"]
    other = usual(staff(20), withdrawn("2024-02-10", practitioner="DR_B"), consent={"practitioner": None})
    assert ask(other).lines == {"99490": 1}


def test_cons_08_a_withdrawal_of_another_program_ends_nothing() -> None:
    assert ask(usual(staff(20), withdrawn("2024-02-10", program="bhi"))).lines == {"99490": 1}


def test_cons_08_a_consent_after_the_withdrawal_starts_anew() -> None:
    facts = usual(
        staff(20, "2024-03-11", id="before"),
        staff(20, "2024-03-12", id="after"),
        withdrawn("2024-02-10"),
        consent("2024-03-12"),
    )
    answer = ask(facts)
    assert answer.uncounted("before") == {"CONS-01": 1200}
    assert answer.uncounted("after") == {}


def test_cons_08_on_one_date_without_both_instants_given_comes_first() -> None:
    facts = usual(staff(20), withdrawn("2024-02-01"))
    assert ask(facts).blockers() == ["CONS-08", "TIME-02"]
    half = usual(staff(20), withdrawn("2024-02-01"), consent={"on": None, "at": at("2024-02-01T15:00:00")})
    assert ask(half).blockers() == ["CONS-08", "TIME-02"]


def test_cons_08_on_one_date_with_both_instants_the_later_stands() -> None:
    given = {"on": None, "at": at("2024-02-01T15:00:00")}
    earlier = withdrawn(at=at("2024-02-01T14:59:59"))
    later = withdrawn(at=at("2024-02-01T15:00:01"))
    assert ask(usual(staff(20), earlier, consent=given)).lines == {"99490": 1}
    assert ask(usual(staff(20), later, consent=given)).blockers() == ["CONS-08", "TIME-02"]


def test_cons_09_consent_to_another_program_does_not_serve() -> None:
    answer = ask(usual(staff(20), consent={"program": "bhi"}))
    assert "CONS-09" in answer.blockers()
    by_program = {finding["program"]: finding["outcome"] for finding in answer.findings("CONS-09")}
    assert by_program == {"ccm": "not_met", "bhi": "met"}


def test_cons_several_serving_the_most_complete_is_the_evidence() -> None:
    facts = usual(
        staff(20),
        consent("2024-02-10", id="complete"),
        consent={"documented": None, "informed": None},
    )
    answer = ask(facts)
    assert answer.evidence("CONS-04") == {"complete"}
    assert answer.outcomes("CONS-04") == answer.outcomes("CONS-05") == {"met"}


def test_cons_several_serving_equally_the_earliest_is_the_evidence() -> None:
    assert ask(usual(staff(20), consent("2024-01-20", id="earliest"))).evidence("CONS-01") == {"earliest"}


def test_cons_entries_count_from_the_first_that_serves_though_another_is_the_evidence() -> None:
    facts = usual(
        staff(20, "2024-03-06", id="work"),
        consent("2024-03-20", id="complete"),
        consent={"on": "2024-03-05", "documented": None},
    )
    answer = ask(facts)
    assert answer.evidence("CONS-04") == {"complete"}
    assert answer.uncounted("work") == {}


def test_cons_a_consent_that_does_not_serve_opens_nothing() -> None:
    facts = usual(
        staff(20, "2024-03-06", id="before"),
        staff(20, "2024-03-12", id="after"),
        consent("2024-03-12"),
        consent={"documented": False},
    )
    answer = ask(facts)
    assert answer.blockers() == []
    assert answer.uncounted("before") == {"CONS-01": 1200}
    assert answer.uncounted("after") == {}


def test_cons_none_serving_the_one_with_the_fewest_rules_not_met_names_the_blockers() -> None:
    facts = usual(
        staff(20),
        consent("2024-02-10", informed=["availability"]),
        consent={"documented": False, "informed": ["availability"]},
    )
    assert ask(facts).blockers() == ["CONS-05"]


@pytest.mark.parametrize("supervision", ["general", "direct"])
def test_cons_10_supervision_is_not_asked_after_february_2020(supervision: str) -> None:
    given = {"supervision": supervision, "taken_by_role": "clinical_staff"}
    answer = ask(usual(staff(20), consent=given))
    assert answer.lines == {"99490": 1}
    assert not answer.findings("CONS-10")


def test_cons_gates_every_code_of_the_family() -> None:
    answer = ask(usual(own(90), consent={"documented": False}))
    for code in ("99490", "99439", "99491", "99437", "99487", "99489"):
        assert "CONS-04" in answer.blockers(code)
