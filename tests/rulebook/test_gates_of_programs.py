"""What every neighbour of CCM asks alike: cover, hospice, a biller who may bill, a consent of its own (section 0, gates)."""

from typing import Any, Final

import pytest

from tests.rulebook.usual_patient import (
    Answer,
    Raw,
    ask,
    consent,
    decision,
    enrolled_in,
    enrollment,
    staff,
    stay,
    visit,
)

MONTH: Final = "2025-03"
CODES: Final = {
    "pcm": "99426",
    "bhi": "99484",
    "cocm": "99492",
    "chi": "G0019",
    "pin": "G0023",
    "tcm": "99496",
    "apcm": "G0557",
    "rpm": "99457",
    "rtm": "98980",
}
TIMED: Final = ("pcm", "bhi", "cocm", "chi", "pin", "rpm", "rtm")
CONSENTING: Final = tuple(program for program in CODES if program != "tcm")


def work(program: str, day: int = 12, **fields: Any) -> list[Raw]:
    """What makes the program's base code, and only that: the minutes or, for transitional care, what follows a discharge."""
    on = f"2025-03-{day:02}"
    if program == "tcm":
        return [
            stay("inpatient", "2025-02-20", "2025-03-04"),
            staff(5, "2025-03-05", program="tcm", live_contact=True, id="work", **fields),
            {"id": "seen", **visit("2025-03-10")},
            decision("high", "2025-03-10"),
        ]
    if program == "apcm":
        return [staff(5, on, program="apcm", id="work", **fields)]
    minutes = {"pcm": 30, "bhi": 20, "cocm": 70, "chi": 60, "pin": 60, "rpm": 20, "rtm": 20}[program]
    return [staff(minutes, on, program=program, live_contact=True, id="work", **fields)]


def patient(program: str, *more: Raw | list[Raw], **named: Raw | None) -> list[Raw]:
    """The usual patient of the program, seen at a visit that found a social need."""
    return enrolled_in(program, MONTH, *more, **{"visit": {"social_need_found": True}, **named})


def judged(program: str, *more: Raw | list[Raw], worked: list[Raw] | None = None, **named: Raw | None) -> Answer:
    return ask(patient(program, work(program) if worked is None else worked, *more, **named), MONTH)


def blocks(answer: Answer, program: str, rule: str) -> bool:
    """Whether the rule stops the program's code, which then has no line."""
    stopped = rule in answer.blockers(CODES[program])
    assert stopped is (CODES[program] not in answer.lines)
    return stopped


@pytest.mark.parametrize("program", CODES)
def test_the_usual_patient_of_each_program_is_billable(program: str) -> None:
    answer = judged(program)
    assert answer.lines == {CODES[program]: 1}
    assert answer.verdict(CODES[program]) == "chosen"
    line = answer.line(CODES[program])
    assert (line["program"], line["practitioner"], line["diagnoses"]) == (program, "DR_A", ["E11.9", "I10"])


@pytest.mark.parametrize("program", CODES)
@pytest.mark.parametrize(
    ("cover", "outcome"),
    [
        ({}, "met"),
        ({"payer": "medicare_advantage"}, "met"),
        ({"payer": "medicare_part_a_only"}, "not_met"),
        ({"payer": "medicaid"}, "not_met"),
        ({"payer": "commercial"}, "not_met"),
        ({"payer": "none"}, "not_met"),
        ({"until": "2025-03-01"}, "missing"),
        ({"from": "2025-04-01"}, "missing"),
        (None, "missing"),
    ],
)
def test_elig_04_part_b_on_the_day(program: str, cover: Raw | None, outcome: str) -> None:
    answer = judged(program, coverage=cover)
    assert blocks(answer, program, "ELIG-04") is (outcome != "met")
    said = {found["outcome"] for found in answer.findings("ELIG-04") if found["program"] == program}
    assert outcome in said
    assert ("advisory" in said) is (cover == {"payer": "medicare_advantage"})


@pytest.mark.parametrize("program", TIMED)
@pytest.mark.parametrize(("day", "counts"), [(11, False), (12, True)])
def test_elig_04_work_on_an_uncovered_day_does_not_count(program: str, day: int, counts: bool) -> None:
    """Of a visit that has to be covered only the program's own time is asked here, so cover goes on before it."""
    covered = [
        {"kind": "coverage", "payer": "medicare_part_b", "until": "2025-02-20"},
        {"kind": "coverage", "payer": "medicare_part_b", "from": "2025-03-12"},
    ]
    answer = judged(program, covered, worked=work(program, day), coverage=None)
    assert (CODES[program] in answer.lines) is counts
    assert bool(answer.uncounted("work")) is not counts
    if not counts:
        assert set(answer.uncounted("work")) == {"ELIG-04"}
        assert "TIME-02" in answer.blockers(CODES[program])


@pytest.mark.parametrize("program", CODES)
@pytest.mark.parametrize(
    ("hospice", "stated", "blocked"),
    [
        (stay("hospice", "2025-02-10"), {}, True),
        (stay("hospice", "2025-02-10", attending="DR_B"), {}, True),
        (stay("hospice", "2025-02-10", attending="DR_A"), {}, False),
        (stay("hospice", "2025-02-10"), {"unrelated_to_terminal_illness": True}, False),
        (stay("hospice", "2025-02-10"), {"unrelated_to_terminal_illness": False}, True),
        (stay("hospice", "2025-03-01", "2025-03-31"), {}, True),
        (stay("hospice", "2025-03-13"), {}, False),
    ],
)
def test_elig_07_hospice_leaves_the_attending_and_care_unrelated(
    program: str, hospice: Raw, stated: Raw, blocked: bool
) -> None:
    answer = judged(program, hospice, worked=work(program, **stated))
    assert blocks(answer, program, "ELIG-07") is blocked
    assert answer.outcomes("ELIG-07") <= ({"not_met"} if blocked else {"met", "advisory"})


@pytest.mark.parametrize("program", TIMED)
def test_elig_07_of_part_of_a_month_only_the_time_inside_is_out(program: str) -> None:
    answer = judged(program, stay("hospice", "2025-03-12"))
    assert set(answer.uncounted("work")) == {"ELIG-07"}
    assert "ELIG-07" not in answer.blockers(CODES[program])
    assert "TIME-02" in answer.blockers(CODES[program])


@pytest.mark.parametrize("program", CODES)
@pytest.mark.parametrize("credential", ["MD", "DO", "NP", "PA", "CNS", "CNM", " np "])
def test_prac_01_who_may_bill(program: str, credential: str) -> None:
    assert not blocks(judged(program, practitioner={"credential": credential}), program, "PRAC-02")


@pytest.mark.parametrize("program", CODES)
@pytest.mark.parametrize("credential", ["PT", "LCSW", "RD", "RN", "PsyD", "PharmD", "OD", "DC"])
def test_prac_02_who_may_not(program: str, credential: str) -> None:
    answer = judged(program, practitioner={"credential": credential})
    assert blocks(answer, program, "PRAC-02")
    assert answer.evidence("PRAC-02") == {"practitioner"}


@pytest.mark.parametrize("program", CODES)
@pytest.mark.parametrize("known", [None, {"practitioner": "DR_B"}, {"until": "2025-03-01"}, {"from": "2025-04-01"}])
def test_prac_01_a_biller_nothing_is_recorded_of_is_missing(program: str, known: Raw | None) -> None:
    answer = judged(program, practitioner=known)
    assert blocks(answer, program, "PRAC-01")
    assert {found["outcome"] for found in answer.findings("PRAC-01") if found["program"] == program} == {"missing"}


@pytest.mark.parametrize("program", [program for program in CONSENTING if program != "apcm"])
def test_prac_01_the_practitioner_consented_to_bills_where_nobody_is_enrolled(program: str) -> None:
    """Without an enrolment care starts with the first work after consent; a visit lies in the year before."""
    agreed = judged(program, enrollment={"program": "ccm"})
    assert agreed.line(CODES[program])["practitioner"] == "DR_A"
    nobody = judged(program, enrollment={"program": "ccm"}, consent={"practitioner": None})
    assert blocks(nobody, program, "PRAC-01")


CONSENTS: Final[dict[str, tuple[Raw | None, list[Raw], str | None, str]]] = {
    "to nothing": (None, [], "CONS-09", "missing"),
    "to another program": ({"program": "ccm"}, [], "CONS-09", "not_met"),
    "declined": ({"action": "declined", "practitioner": None, "form": None}, [], "CONS-09", "not_met"),
    "to anybody": ({"practitioner": None}, [], None, "met"),
    "to another practitioner": ({"practitioner": "DR_B"}, [], "CONS-07", "not_met"),
    "undocumented": ({"documented": False}, [], "CONS-04", "not_met"),
    "not said to be documented": ({"documented": None}, [], None, "missing"),
    "told of nothing": ({"informed": []}, [], None, "met"),
    "in no stated form": ({"form": None}, [], None, "met"),
    "withdrawn in the month before": ({}, [consent("2025-02-20", action="withdrawn")], "CONS-08", "not_met"),
    "withdrawn on the last of it": ({}, [consent("2025-02-28", action="withdrawn")], "CONS-08", "not_met"),
    "withdrawn in the month": ({}, [consent("2025-03-01", action="withdrawn")], None, "met"),
    "withdrawn of another": ({}, [consent("2025-02-20", action="withdrawn", practitioner="DR_B")], None, "met"),
    "given anew": ({}, [consent("2025-02-20", action="withdrawn"), consent("2025-03-01")], None, "met"),
    "given on the last day": ({"on": "2025-03-31"}, [], None, "met"),
}


@pytest.mark.parametrize("program", CONSENTING)
@pytest.mark.parametrize("how", CONSENTS)
def test_cons_04_07_08_09_a_consent_of_the_programs_own(program: str, how: str) -> None:
    given, later, rule, outcome = CONSENTS[how]
    # What was said later is of this program, and tells nothing of topics.
    said = [{k: v for k, v in one.items() if k != "informed"} | {"program": program} for one in later]
    worked = work(program, 31 if how == "given on the last day" else 12)
    answer = judged(program, said, worked=worked, consent=given)
    if rule is None:
        assert answer.lines == {CODES[program]: 1}
    else:
        assert blocks(answer, program, rule)
        of_the_program = {found["outcome"] for found in answer.findings(rule) if found["program"] == program}
        assert outcome in of_the_program
    if how == "not said to be documented":
        assert answer.outcomes("CONS-04") == {"missing"}


@pytest.mark.parametrize("program", CONSENTING)
def test_cons_02_and_cons_05_are_asked_of_ccm_only(program: str) -> None:
    answer = judged(program, consent={"form": None, "informed": None})
    assert answer.lines == {CODES[program]: 1}
    assert not [rule for rule in ("CONS-02", "CONS-05") if answer.findings(rule)]


@pytest.mark.parametrize("how", [None, {"program": "tcm", "action": "declined", "practitioner": None, "form": None}])
def test_transitional_care_asks_for_no_consent(how: Raw | None) -> None:
    answer = judged("tcm", consent=how)
    assert answer.lines == {"99496": 1}
    assert not [found for found in answer.body["findings"] if found["rule"].startswith("CONS")]


@pytest.mark.parametrize("program", TIMED)
def test_cons_01_07_08_09_time_without_consent_does_not_count(program: str) -> None:
    ended = {k: v for k, v in consent("2025-02-20", action="withdrawn").items() if k != "informed"}
    for rule, answer in (
        ("CONS-01", judged(program, consent={"on": "2025-03-13"})),
        ("CONS-01", judged(program, consent=None)),
        ("CONS-07", judged(program, consent={"practitioner": "DR_B"})),
        ("CONS-08", judged(program, ended | {"program": program})),
    ):
        assert set(answer.uncounted("work")) == {rule}
        assert answer.lines == {}


@pytest.mark.parametrize("program", CODES)
def test_a_program_no_fact_names_has_one_blocker_and_nothing_else(program: str) -> None:
    other = "bhi" if program != "bhi" else "pcm"
    answer = ask(patient(other, work(other)), MONTH, gaps=True)
    assert answer.blockers(CODES[program]) == ["PROG-00"]
    assert answer.gap(CODES[program]) is None
    assert not [found for found in answer.body["findings"] if found["program"] == program]
    assert "counted_seconds" not in answer.row(CODES[program])


@pytest.mark.parametrize("program", ["chi", "pin", "apcm", "rpm", "rtm", "tcm"])
def test_no_initiating_visit_is_asked_of_others(program: str) -> None:
    """Of CHI and PIN the visit of CHI-01, of APCM that of its own rule; INIT is for CCM, PCM, BHI and CoCM."""
    long_ago = {"on": "2022-03-05", "social_need_found": True}
    answer = judged(program, visit=long_ago)
    assert answer.lines == {CODES[program]: 1}
    assert not [found for found in answer.body["findings"] if found["rule"].startswith("INIT")]


@pytest.mark.parametrize("program", ["pcm", "bhi", "cocm"])
def test_init_01_04_06_07_the_visit_of_the_programs_own_start(program: str) -> None:
    """Enrolled in the program since 1 March 2025 and in CCM long before: the year counts from the program's own start."""
    in_ccm = enrollment("DR_A", "2023-02-01")
    since = {"from": "2025-03-01"}
    for on, seen in (("2024-03-01", True), ("2024-02-29", False)):
        answer = judged(program, in_ccm, enrollment=since, visit={"on": on})
        assert blocks(answer, program, "INIT-01") is not seen
    for changed, rule in (({"code": "99211"}, "INIT-04"), ({"practitioner": "DR_B"}, "INIT-06")):
        assert blocks(judged(program, visit=changed), program, rule)
    after = judged(program, visit={"on": "2025-03-13", "code": "99203"})
    assert set(after.uncounted("work")) == {"INIT-07"}
    assert after.lines == {}


@pytest.mark.parametrize("program", TIMED)
@pytest.mark.parametrize(
    ("stated", "rule"),
    [
        ({"role": "non_clinical"}, "PRAC-05"),
        ({"automated": True}, "TIME-12"),
        ({"outside_us": True}, "PRAC-10"),
        ({"patient_outside_us": True}, "PRAC-10"),
        ({"supervised_by": "DR_B"}, "PRAC-14"),
        ({"part_of_visit": True}, "TIME-07"),
        ({"activity": "clerical"}, "TIME-12"),
        ({"activity": "supervision"}, "PRAC-12"),
    ],
)
def test_the_time_filters_are_those_of_every_program(program: str, stated: Raw, rule: str) -> None:
    answer = judged(program, worked=work(program, **stated))
    assert set(answer.uncounted("work")) == {rule}
    assert answer.lines == {}


@pytest.mark.parametrize("program", TIMED)
@pytest.mark.parametrize(("died", "counts"), [("2025-03-11", False), ("2025-03-12", True)])
def test_time_09_work_after_death_does_not_count(program: str, died: str, counts: bool) -> None:
    answer = judged(program, {"kind": "death", "on": died})
    assert answer.lines == ({CODES[program]: 1} if counts else {})
    assert set(answer.uncounted("work")) == (set() if counts else {"TIME-09"})


@pytest.mark.parametrize("program", TIMED)
@pytest.mark.parametrize("setting", ["inpatient", "snf_part_a"])
def test_time_08_is_asked_of_all_but_behavioral_health(program: str, setting: str) -> None:
    answer = judged(program, stay(setting, "2025-03-10", "2025-03-14"))
    exempt = program in ("bhi", "cocm")
    assert set(answer.uncounted("work")) == (set() if exempt else {"TIME-08"})
    assert answer.lines == ({CODES[program]: 1} if exempt else {})


GATES: Final[dict[str, dict[str, Any]]] = {
    "ELIG-04": {"coverage": None},
    "PRAC-01": {"practitioner": None},
    "PRAC-02": {"practitioner": {"credential": "PT"}},
    "CONS-09": {"consent": None},
    "CONS-08": {"consent": {"action": "withdrawn", "on": "2025-02-20", "form": None}},
    "ELIG-07": {},
}


@pytest.mark.parametrize(
    ("program", "rule"),
    [(program, rule) for program in CODES for rule in GATES if program != "tcm" or not rule.startswith("CONS")],
)
@pytest.mark.parametrize("month", ["2025-03", "2026-03"])
def test_a_gate_stops_every_code_of_the_program(program: str, rule: str, month: str) -> None:
    """With minutes or without, base code or add-on; only codes outside their window name VAL-01 instead."""
    given = [{"id": "given", **consent("2025-02-01", program=program)}] if rule == "CONS-08" else []
    facts = enrolled_in(
        program, month, given, stay("hospice", "2025-01-01") if rule == "ELIG-07" else [], **GATES[rule]
    )
    named = enrollment("DR_A", "2025-01-01", program=program)
    rows = [row for row in ask([*facts, named], month).body["verdicts"] if row["program"] == program]
    stopped = [row for row in rows if row["blockers"][:1] not in ([], ["VAL-01"])]
    assert stopped
    assert all(rule in row["blockers"] for row in stopped)
    assert {row["code"] for row in rows} - {row["code"] for row in stopped} == {
        row["code"] for row in rows if row["blockers"][:1] == ["VAL-01"] or row["verdict"] == "not_assessed"
    }
