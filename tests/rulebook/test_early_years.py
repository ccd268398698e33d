"""Section 8 and 9 by month: which codes time makes in which years, CPLX-02, CPLX-07 and the months of G2058."""

from typing import Final

import pytest

from tests.rulebook.usual_patient import Answer, ask, billed, decision, own, plan_work, stay, usual_in, worked

HIGHEST: Final = {"preference": "highest_amount"}


def staffed(month: str, minutes: int, seconds: int = 0) -> Answer:
    return ask(usual_in(month, worked(month, minutes, seconds)), month)


def complex_month(
    month: str, minutes: int = 60, action: str = "substantially_revised", level: str = "moderate"
) -> Answer:
    facts = usual_in(month, worked(month, minutes), decision(level, f"{month}-10"), plan_work(f"{month}-09", action))
    return ask(facts, month)


@pytest.mark.parametrize("month", ["2015-01", "2016-12", "2017-01", "2019-12"])
@pytest.mark.parametrize(("minutes", "seconds", "lines"), [(19, 59, {}), (20, 0, {"99490": 1}), (60, 0, {"99490": 1})])
def test_until_2019_staff_time_makes_99490_alone(month: str, minutes: int, seconds: int, lines: dict[str, int]) -> None:
    answer = staffed(month, minutes, seconds)
    assert answer.lines == lines
    assert answer.alternatives == []
    assert answer.blockers("G2058") == answer.blockers("99439") == ["VAL-01"]


@pytest.mark.parametrize(
    ("month", "code"), [("2020-01", "G2058"), ("2020-12", "G2058"), ("2021-01", "99439"), ("2027-12", "99439")]
)
@pytest.mark.parametrize(
    ("minutes", "seconds", "units"), [(39, 59, 0), (40, 0, 1), (59, 59, 1), (60, 0, 2), (120, 0, 2)]
)
def test_unit_01_04_from_2020_each_further_20_minutes_at_most_two(
    month: str, code: str, minutes: int, seconds: int, units: int
) -> None:
    answer = staffed(month, minutes, seconds)
    assert answer.lines == {"99490": 1} | ({code: units} if units else {})
    other = "99439" if code == "G2058" else "G2058"
    assert answer.blockers(other) == ["VAL-01"]
    assert answer.outcomes("UNIT-04") == ({"advisory"} if minutes == 120 else set())


def test_unit_01_g2058_never_without_99490() -> None:
    answer = staffed("2020-06", 19)
    assert answer.lines == {}
    assert answer.blockers("G2058") == ["TIME-02"]


@pytest.mark.parametrize(
    ("month", "lines"),
    [
        ("2018-12", {"99490": 1}),
        ("2019-01", {"99491": 1}),
        ("2021-12", {"99491": 1}),
        ("2022-01", {"99491": 1, "99437": 1}),
    ],
)
def test_unit_02_the_practitioners_codes_from_2019_and_2022(month: str, lines: dict[str, int]) -> None:
    """60 minutes of the practitioner's own time; 99437 stands with 99491 only."""
    answer = ask(usual_in(month, own(60, f"{month}-12")), month)
    assert answer.lines == lines
    assert "99437" not in ask(usual_in(month, own(29, f"{month}-12")), month).lines


@pytest.mark.parametrize(("month", "exists"), [("2015-01", False), ("2016-12", False), ("2017-01", True)])
def test_cplx_07_before_2017_60_minutes_are_99490(month: str, exists: bool) -> None:
    answer = complex_month(month, 90)
    assert answer.lines == ({"99487": 1, "99489": 1} if exists else {"99490": 1})
    for code in ("99487", "99489"):
        assert answer.blockers(code) == ([] if exists else ["VAL-01", "CPLX-07"])
    assert answer.outcomes("CPLX-07") == (set() if exists else {"not_met"})


@pytest.mark.parametrize(("minutes", "units"), [(60, 0), (89, 0), (90, 1), (120, 2), (360, 10), (390, 10)])
@pytest.mark.parametrize("month", ["2017-01", "2019-12", "2020-01"])
def test_unit_03_99489_with_99487_only(month: str, minutes: int, units: int) -> None:
    assert complex_month(month, minutes).lines == {"99487": 1} | ({"99489": units} if units else {})
    assert "99489" not in complex_month(month, minutes, level="low").lines


@pytest.mark.parametrize("month", ["2017-01", "2019-12"])
@pytest.mark.parametrize("action", ["established", "substantially_revised"])
def test_cplx_02_a_plan_made_anew_in_the_month_is_met(month: str, action: str) -> None:
    answer = complex_month(month, action=action)
    assert answer.outcomes("CPLX-02") == {"met"}
    assert answer.lines == {"99487": 1}


@pytest.mark.parametrize("month", ["2017-01", "2019-12"])
@pytest.mark.parametrize("action", ["revised", "implemented", "monitored"])
def test_cplx_02_other_work_on_the_plan_blocks_complex_care_only(month: str, action: str) -> None:
    answer = complex_month(month, action=action)
    assert answer.outcomes("CPLX-02") <= {"not_met", "missing"}
    assert answer.blockers("99487") == ["CPLX-02"]
    assert answer.lines == {"99490": 1}


@pytest.mark.parametrize(
    ("day", "counts"), [("2019-06-30", False), ("2019-07-01", True), ("2019-07-31", True), ("2019-08-01", False)]
)
def test_cplx_02_the_work_lies_in_the_month(day: str, counts: bool) -> None:
    facts = usual_in("2019-07", worked("2019-07", 60), decision(day="2019-07-10"), plan_work(day, "established"))
    answer = ask(facts, "2019-07")
    assert ("99487" in answer.lines) is counts
    assert ("CPLX-02" in answer.blockers("99489")) is not counts


@pytest.mark.parametrize("action", ["revised", "implemented", "monitored"])
def test_cplx_03_from_2020_any_work_on_the_plan_is_enough(action: str) -> None:
    answer = complex_month("2020-01", action=action)
    assert answer.findings("CPLX-02") == []
    assert answer.outcomes("CPLX-03") == {"met"}
    assert answer.lines == {"99487": 1}
    assert complex_month("2019-12").findings("CPLX-03") == []


@pytest.mark.parametrize(("month", "blocks"), [("2016-12", False), ("2017-01", True)])
def test_prac_04_and_cplx_06_one_kind_a_month_since_2017(month: str, blocks: bool) -> None:
    answer = ask(usual_in(month, worked(month), billed("99487", f"{month}-20", practitioner="DR_A")), month)
    assert ("PRAC-04" in answer.blockers()) is blocks
    assert ("CPLX-06" in answer.blockers()) is blocks


def test_unit_06_in_2018_complex_is_preferred_and_99490_the_alternative() -> None:
    answer = complex_month("2018-05")
    assert (answer.lines, answer.alternatives) == ({"99487": 1}, [{"99490": 1}])
    assert answer.outcomes("UNIT-06") == {"advisory"}


@pytest.mark.parametrize("month", ["2015-01", "2018-06", "2020-06"])
def test_time_08_and_09_hold_in_every_year(month: str) -> None:
    facts = usual_in(month, worked(month, 20, day=12, id="inside"), worked(month, 20, day=20, id="after"))
    hospital = ask([*facts, stay("inpatient", f"{month}-10", f"{month}-14")], month)
    assert hospital.uncounted("inside") == {"TIME-08": 1200}
    died = ask([*facts, {"kind": "death", "on": f"{month}-12"}], month)
    assert died.uncounted("inside") == {} and died.uncounted("after") == {"TIME-09": 1200}
    assert hospital.lines == died.lines == {"99490": 1}


@pytest.mark.parametrize(("month", "told"), [("2016-02", False), ("2016-03", True)])
@pytest.mark.parametrize("setting", ["nursing_facility", "assisted_living"])
def test_elig_06_residents_are_eligible_which_is_said_since_march_2016(month: str, told: bool, setting: str) -> None:
    answer = ask(usual_in(month, worked(month), stay(setting, f"{month}-01")), month)
    assert bool(answer.findings("ELIG-06")) is told
    assert answer.lines == {"99490": 1}


@pytest.mark.parametrize("month", ["2015-01", "2016-02", "2016-03", "2027-12"])
def test_elig_08_a_home_health_episode_advises_in_every_month(month: str) -> None:
    answer = ask(usual_in(month, worked(month), stay("home_health", f"{month}-05")), month)
    assert answer.outcomes("ELIG-08") == {"advisory"}
    assert answer.lines == {"99490": 1}


def test_unit_06_highest_amount_ranks_what_the_year_pays() -> None:
    """2020: 99490 with two G2058 against 99491 for an hour of the practitioner."""
    answer = ask(usual_in("2020-06", own(60, "2020-06-12")), "2020-06", policy=HIGHEST)
    (other,) = answer.body["alternatives"]
    amounts = [
        sum(line["amount_cents"] for line in lines) for lines in (answer.body["claim_lines"], other["claim_lines"])
    ]
    assert amounts[0] > amounts[1]
    assert sorted([answer.lines, *answer.alternatives], key=len) == [{"99491": 1}, {"99490": 1, "G2058": 2}]
