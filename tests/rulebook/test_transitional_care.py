"""TCM-01: reached within two business days of a discharge home, seen within 7 or 14 days, decided upon; billed on the visit."""

from typing import Any

import pytest

from tests.rulebook.usual_patient import Raw, ask, at, billed, decision, enrolled_in, staff, stay, timed, visit

MONTH = "2024-03"
FRIDAY = "2024-03-01"


def discharged(
    on: str = "2024-03-04",
    *more: Raw | list[Raw],
    contact: str | None = "2024-03-05",
    seen: str | None = "2024-03-11",
    level: str | None = "high",
    month: str = MONTH,
    **named: Raw | None,
) -> list[Raw]:
    """A patient discharged home from hospital on a Monday, reached on Tuesday and seen on the seventh day."""
    facts: list[Raw] = [{"id": "stay", **stay("inpatient", "2024-02-10", on)}]
    if contact is not None:
        facts.append({"id": "call", **staff(10, contact, program="tcm", live_contact=True)})
    if seen is not None:
        facts.append({"id": "seen", **visit(seen, "99214")})
    if level is not None:
        facts.append({"id": "decision", **decision(level, seen or on)})
    return enrolled_in("tcm", month, *more, facts, **named)


def lines(facts: list[Raw], month: str = MONTH, **asked: Any) -> dict[str, int]:
    return ask(facts, month, **asked).lines


@pytest.mark.parametrize(
    ("discharge", "contact", "in_time"),
    [
        ("2024-03-04", "2024-03-04", True),  # Monday
        ("2024-03-04", "2024-03-05", True),
        ("2024-03-04", "2024-03-06", True),
        ("2024-03-04", "2024-03-07", False),
        ("2024-03-07", "2024-03-11", True),  # Thursday
        ("2024-03-07", "2024-03-12", False),
        (FRIDAY, "2024-03-03", True),
        (FRIDAY, "2024-03-05", True),
        (FRIDAY, "2024-03-06", False),
        ("2024-03-02", "2024-03-05", True),  # Saturday
        ("2024-03-02", "2024-03-06", False),
        ("2024-03-03", "2024-03-05", True),  # Sunday
        ("2024-03-03", "2024-03-06", False),
        ("2024-03-04", "2024-03-03", False),
        ("2024-03-04", None, False),
    ],
)
def test_reached_live_by_the_second_business_day(discharge: str, contact: str | None, in_time: bool) -> None:
    answer = ask(discharged(discharge, contact=contact, seen="2024-03-08"))
    assert answer.lines == ({"99496": 1} if in_time else {})
    assert answer.blockers("99495") == answer.blockers("99496") == ([] if in_time else ["TCM-01"])


@pytest.mark.parametrize(
    "changed",
    [{"live_contact": False}, {"live_contact": None}, {"program": "ccm"}, {"role": "non_clinical"}],
)
def test_only_live_contacts_of_transitional_care_count(changed: Raw) -> None:
    call = {**staff(10, "2024-03-05", program="tcm", live_contact=True), **changed}
    other = {**staff(10, "2024-03-20", program="tcm")}
    facts = discharged("2024-03-04", {k: v for k, v in call.items() if v is not None}, other, contact=None)
    assert lines(facts) == {}


def test_a_second_contact_in_time_makes_good_a_late_one_and_the_other_way_round() -> None:
    late = staff(10, "2024-03-20", program="tcm", live_contact=True)
    assert lines(discharged("2024-03-04", late)) == {"99496": 1}
    early = staff(10, "2024-02-28", program="tcm", live_contact=True)
    assert lines(discharged("2024-03-04", early, contact=None)) == {}


@pytest.mark.parametrize(
    ("seen", "level", "expected"),
    [
        ("2024-03-04", "high", {"99496": 1}),
        ("2024-03-11", "high", {"99496": 1}),
        ("2024-03-12", "high", {"99495": 1}),
        ("2024-03-18", "high", {"99495": 1}),
        ("2024-03-19", "high", {}),
        ("2024-03-11", "moderate", {"99495": 1}),
        ("2024-03-18", "moderate", {"99495": 1}),
        ("2024-03-19", "moderate", {}),
        ("2024-03-11", "low", {}),
        ("2024-03-11", "straightforward", {}),
        ("2024-03-11", None, {}),
        ("2024-03-03", "high", {}),
        (None, "high", {}),
    ],
)
def test_seen_within_7_or_14_days_and_decided_upon(
    seen: str | None, level: str | None, expected: dict[str, int]
) -> None:
    answer = ask(discharged("2024-03-04", seen=seen, level=level))
    assert answer.lines == expected
    for code in ("99495", "99496"):
        if code in expected:
            assert answer.blockers(code) == []
    if expected != {"99496": 1}:
        assert answer.blockers("99496") == ["TCM-01"]
    if not expected:
        assert answer.blockers("99495") == ["TCM-01"]


def test_never_both_codes_for_a_discharge() -> None:
    answer = ask(discharged())
    assert answer.lines == {"99496": 1}
    assert all(len(one) == 1 for one in answer.alternatives)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {"99496": 1}),
        ({"practitioner": "DR_A"}, {"99496": 1}),
        ({"practitioner": "DR_B"}, {}),
        ({"on": "2024-03-04"}, {"99496": 1}),
        ({"on": "2024-03-03"}, {}),
    ],
)
def test_the_decision_making_is_the_billers_since_the_discharge(changed: Raw, expected: dict[str, int]) -> None:
    assert lines(discharged("2024-03-04", {**decision("high", "2024-03-11"), **changed}, level=None)) == expected


@pytest.mark.parametrize("changed", [{"practitioner": "DR_B"}, {"telephone_only": True}])
def test_the_visit_is_the_billers_face_to_face(changed: Raw) -> None:
    assert (
        lines(discharged("2024-03-04", {**visit("2024-03-11"), **changed}, decision("high", "2024-03-11"), seen=None))
        == {}
    )


@pytest.mark.parametrize(
    ("cover", "expected"),
    [
        ({"from": "2024-03-11"}, {"99496": 1}),
        ({"until": "2024-03-12"}, {"99496": 1}),
        ({"from": "2024-03-12"}, {}),
        ({"until": "2024-03-11"}, {}),
        ({"payer": "medicare_advantage"}, {"99496": 1}),
    ],
)
def test_elig_04_the_visit_lies_on_a_covered_day(cover: Raw, expected: dict[str, int]) -> None:
    assert lines(discharged(coverage=cover)) == expected


def test_a_later_visit_on_a_covered_day_will_do_within_its_days() -> None:
    facts = discharged("2024-03-04", visit("2024-03-15"), coverage={"from": "2024-03-12"})
    answer = ask(facts)
    assert answer.lines == {"99495": 1}
    assert answer.line("99495")["service_date"] == "2024-03-15"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("inpatient", {"99496": 1}),
        ("snf_part_a", {"99496": 1}),
        ("nursing_facility", {}),
        ("assisted_living", {}),
        ("home_health", {}),
        ("hospice", {}),
    ],
)
def test_discharges_from_hospital_and_part_a_nursing_are_followed(setting: str, expected: dict[str, int]) -> None:
    left = stay(setting, "2024-02-10", "2024-03-04")
    facts = discharged()
    facts[[fact["id"] for fact in facts].index("stay")] = {"id": "stay", **left}
    assert lines(facts) == expected


def test_a_stay_that_goes_on_is_no_discharge() -> None:
    facts = discharged()
    facts[[fact["id"] for fact in facts].index("stay")] = {"id": "stay", **stay("inpatient", "2024-02-10")}
    answer = ask(facts)
    assert answer.lines == {}
    assert answer.outcomes("TCM-01") == {"missing"}


@pytest.mark.parametrize(
    ("next_stay", "expected"),
    [
        (stay("snf_part_a", "2024-03-04"), {}),
        (stay("assisted_living", "2024-03-04"), {"99496": 1}),
        (stay("home_health", "2024-03-04"), {"99496": 1}),
        (stay("snf_part_a", "2024-03-20"), {"99496": 1}),
        (stay("snf_part_a", "2024-01-20", "2024-02-01"), {"99496": 1}),
    ],
)
def test_a_discharge_to_a_skilled_nursing_facility_begins_nothing(next_stay: Raw, expected: dict[str, int]) -> None:
    assert lines(discharged("2024-03-04", next_stay)) == expected


def test_the_instant_of_discharge_prevails_over_its_date() -> None:
    """Half past eleven at night on the 4th in New York, which is the 5th in London."""
    late = {"discharged_at": at("2024-03-04T23:30"), "until": "2024-03-05"}
    facts = discharged(seen="2024-03-11")
    place = [fact["id"] for fact in facts].index("stay")
    facts[place] |= late
    assert lines(facts) == {"99496": 1}
    eighth = discharged(seen="2024-03-12")
    eighth[place] |= late
    assert lines(eighth) == {"99495": 1}


def test_a_contact_known_by_its_instants_lies_on_its_local_day() -> None:
    in_time = timed("2024-03-06T23:50", 5, program="tcm", live_contact=True)
    assert lines(discharged("2024-03-04", in_time, contact=None)) == {"99496": 1}
    late = timed("2024-03-07T00:00", 5, program="tcm", live_contact=True)
    assert lines(discharged("2024-03-04", late, contact=None)) == {}


def test_a_visit_in_the_month_after_the_discharge_bills_in_its_own_month() -> None:
    facts = discharged("2024-03-28", contact="2024-03-29", seen="2024-04-04")
    assert lines(facts) == {}
    april = ask(facts, "2024-04")
    assert april.lines == {"99496": 1}
    assert april.line("99496")["service_date"] == "2024-04-04"
    assert april.body["time"]["entries"] == []
    assert lines(facts, "2024-05") == {}


def test_thirty_days_after_the_discharge_reach_into_the_next_month_and_no_further() -> None:
    """The visit was in March, so nothing is billed in April, whose first day is the thirtieth."""
    facts = discharged("2024-03-02", contact="2024-03-04", seen="2024-03-08")
    assert lines(facts) == {"99496": 1}
    assert ask(facts, "2024-04").blockers("99496") == ["TCM-01"]


def test_of_two_discharges_one_that_lacks_nothing_is_billed() -> None:
    again = [
        stay("inpatient", "2024-03-14", "2024-03-18"),
        staff(5, "2024-03-19", program="tcm", live_contact=True),
        visit("2024-03-22"),
        decision("moderate", "2024-03-22"),
    ]
    answer = ask(discharged("2024-03-04", again, contact=None, seen=None, level=None))
    assert answer.lines == {"99495": 1}
    assert answer.line("99495")["service_date"] == "2024-03-22"


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (billed("99495", "2024-03-29"), {}),
        (billed("99496", "2024-03-29", practitioner="DR_B"), {}),
        (billed("99495", "2024-02-10"), {"99496": 1}),
        (billed("99214", "2024-03-29"), {"99496": 1}),
    ],
)
def test_an_episode_billed_in_the_month_before_is_not_billed_again(service: Raw, expected: dict[str, int]) -> None:
    facts = discharged("2024-03-28", service, contact="2024-03-29", seen="2024-04-04")
    assert lines(facts, "2024-04") == expected


def test_our_own_line_of_the_month_is_no_obstacle() -> None:
    assert lines(discharged("2024-03-04", billed("99496", "2024-03-11", practitioner="DR_A"))) == {"99496": 1}


def test_the_line_is_dated_on_the_visit_and_stays_there() -> None:
    answer = ask(discharged("2024-03-04", visit("2024-03-14"), staff(5, "2024-03-28", program="tcm")))
    line = answer.line("99496")
    assert line["earliest_service_date"] == line["service_date"] == "2024-03-11"
    assert line["diagnoses"] == ["E11.9", "I10"]
    assert "counted_seconds" not in line
    assert not {"counted_seconds", "needed_seconds"} & answer.row("99496").keys()


def test_no_consent_and_no_initiating_visit_are_asked() -> None:
    answer = ask(discharged(visit=None))
    assert answer.lines == {"99496": 1}
    for family in ("CONS", "INIT"):
        assert not [found for found in answer.body["findings"] if found["rule"].startswith(family)]
    assert answer.entry("call")["counted_seconds"] == 600


@pytest.mark.parametrize("month", ["2015-01", "2027-12"])
def test_it_is_law_in_every_month(month: str) -> None:
    facts = [
        stay("inpatient", f"{month}-01", f"{month}-05"),
        staff(5, f"{month}-06", program="tcm", live_contact=True),
        visit(f"{month}-08"),
        decision("high", f"{month}-08"),
    ]
    assert lines(enrolled_in("tcm", month, facts), month) == {"99496": 1}


def test_the_days_for_a_visit_may_be_over_before_the_month() -> None:
    """Discharged on 20 February: seven days ended in February, fourteen end on 5 March."""
    facts = discharged("2024-02-20", contact="2024-02-21", seen=None)
    answer = ask(facts, known_on="2024-03-01", gaps=True)
    high, moderate = answer.gap("99496"), answer.gap("99495")
    assert high is not None
    assert moderate is not None
    assert (high["still_possible"], "settles" in high) == (False, False)
    assert moderate["still_possible"] is True
    assert [fact["on"] for fact in moderate["settles"]] == ["2024-03-05"]


def test_without_a_discharge_on_record_the_stay_is_asked_for() -> None:
    found = ask(enrolled_in("tcm", MONTH), known_on="2024-03-10", gaps=True).gap("99495")
    assert found is not None
    assert "settles" not in found
    assert found["still_possible"] is True
    assert "discharge" in found["remedy"]


def test_decision_making_known_to_be_too_low_is_not_made_good() -> None:
    found = ask(discharged(level="low"), known_on="2024-03-12", gaps=True).gap("99495")
    assert found is not None
    assert (found["still_possible"], "settles" in found) == (False, False)
