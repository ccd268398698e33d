"""RHC-01, RHC-02, RHC-06 and RHC-07, CONC-28: what rural health clinics and federally qualified health centers bill, by month."""

from typing import Final

import pytest

from tests.rulebook.usual_patient import Answer, Raw, ask, billed, decision, joined, own, plan_work, usual_in, worked

CLINICS: Final = ("rhc", "fqhc")
# Rule book, section 13: first and last month; the blocker of 99490 there, and of the other individual codes of CCM.
TIMELINE: Final = (
    ("2015-01", "2015-12", "RHC-01", "RHC-01"),
    ("2016-01", "2017-12", None, "RHC-01"),
    ("2018-01", "2020-12", "RHC-02", "RHC-02"),
    ("2021-01", "2023-12", "RHC-02", "RHC-02"),
    ("2024-01", "2024-12", "RHC-02", "RHC-02"),
    ("2025-01", "2025-09", None, None),
    ("2025-10", "2027-12", None, None),
)
WINDOWS: Final = {
    "99490": ("2015-01", "9999-99"), "G2058": ("2020-01", "2021-01"), "99439": ("2021-01", "9999-99"),
    "99491": ("2019-01", "9999-99"), "99437": ("2022-01", "9999-99"), "99487": ("2017-01", "9999-99"),
    "99489": ("2017-01", "9999-99"), "G0506": ("2017-01", "9999-99"),
}  # fmt: skip


def clinic(month: str, *work: Raw, setting: str = "rhc", without: str | None = None) -> Answer:
    changes: dict[str, Raw | None] = {"setting": {"type": setting}} | ({} if without is None else {without: None})
    return ask(usual_in(month, *work, **changes), month)


def long_month(month: str, setting: str = "rhc") -> Answer:
    """Time and decisions enough for every code."""
    work = (worked(month, 60), own(90, f"{month}-13"), decision("high", f"{month}-10"))
    return clinic(month, *work, plan_work(f"{month}-09", "substantially_revised"), setting=setting)


@pytest.mark.parametrize("setting", CLINICS)
@pytest.mark.parametrize("row", TIMELINE, ids=lambda row: row[0])
def test_the_timeline(row: tuple[str, str, str | None, str | None], setting: str) -> None:
    for month in row[:2]:
        answer = long_month(month, setting)
        for code, (since, until) in WINDOWS.items():
            rule = row[2] if code == "99490" else row[3]
            blockers = answer.blockers(code)
            if not since <= month < until:
                assert blockers[0] == "VAL-01"
            elif rule is not None:
                assert blockers[0] == rule
                assert answer.verdict(code) == "not_billable"
            else:
                assert not {"RHC-01", "RHC-02"} & set(blockers)


def test_rhc_01_nothing_in_2015() -> None:
    for month in ("2015-01", "2015-12"):
        answer = clinic(month, worked(month, 60))
        assert answer.lines == {}
        assert answer.outcomes("RHC-01") == {"not_met"}


@pytest.mark.parametrize(("seconds", "lines"), [(1199, {}), (1200, {"99490": 1}), (7200, {"99490": 1})])
@pytest.mark.parametrize("month", ["2016-01", "2017-12"])
def test_rhc_01_from_2016_99490_alone(month: str, seconds: int, lines: dict[str, int]) -> None:
    answer = clinic(month, worked(month, 0, seconds))
    assert answer.lines == lines
    assert answer.alternatives == []


def test_rhc_01_and_02_are_met_in_an_office() -> None:
    for month, rule in (("2015-06", "RHC-01"), ("2017-06", "RHC-01"), ("2019-06", "RHC-02"), ("2025-06", "RHC-02")):
        answer = clinic(month, worked(month), setting="physician_office")
        assert answer.outcomes(rule) >= {"met"}
        assert answer.lines == {"99490": 1}


@pytest.mark.parametrize("setting", CLINICS)
@pytest.mark.parametrize(("seconds", "lines"), [(1199, {}), (1200, {"G0511": 1}), (7200, {"G0511": 1})])
@pytest.mark.parametrize("month", ["2018-01", "2020-12", "2021-06", "2024-12"])
def test_rhc_02_g0511_once_from_20_minutes(month: str, seconds: int, lines: dict[str, int], setting: str) -> None:
    answer = clinic(month, worked(month, 0, seconds), setting=setting)
    assert answer.lines == lines
    assert answer.blockers("G0511") == ([] if lines else ["TIME-02"])
    assert answer.alternatives == []


def test_rhc_02_the_practitioners_time_makes_g0511_too() -> None:
    """T is of everybody: 10 minutes of staff and 10 of the practitioner."""
    assert clinic("2019-03", worked("2019-03", 10), own(10, "2019-03-13")).lines == {"G0511": 1}


@pytest.mark.parametrize("setting", ["physician_office", "hospital_outpatient"])
@pytest.mark.parametrize("month", ["2018-01", "2024-12", "2025-01", "2025-09"])
def test_rhc_02_no_other_setting_bills_g0511(month: str, setting: str) -> None:
    answer = clinic(month, worked(month), setting=setting)
    assert answer.lines == {"99490": 1}
    assert answer.blockers("G0511") == ["RHC-02"]


def test_rhc_02_without_a_setting_it_is_an_office() -> None:
    answer = ask(usual_in("2019-03", worked("2019-03"), setting=None), "2019-03")
    assert (answer.lines, answer.blockers("G0511")) == ({"99490": 1}, ["RHC-02"])


@pytest.mark.parametrize(
    ("month", "exists"), [("2017-12", False), ("2018-01", True), ("2025-09", True), ("2025-10", False)]
)
def test_rhc_07_g0511_ends_with_september_2025(month: str, exists: bool) -> None:
    answer = clinic(month, worked(month))
    ended = ["VAL-01", "RHC-07"] if month >= "2025-10" else ["VAL-01"]
    assert answer.blockers("G0511") == ([] if exists else ended)


@pytest.mark.parametrize(
    ("month", "rules"), [("2025-12", []), ("2026-01", ["VAL-01", "RHC-09"]), ("2027-12", ["VAL-01", "RHC-09"])]
)
def test_rhc_09_g0512_ends_with_2025(month: str, rules: list[str]) -> None:
    answer = clinic(month, worked(month, 70, program="cocm"), *joined("cocm", month))
    assert answer.blockers("G0512") == rules
    assert answer.row("G0512")["verdict"] == (
        "not_billable" if rules else "chosen" if month < "2025-01" else "billable"
    )


# RHC-06: the choice of 2025.


@pytest.mark.parametrize("setting", CLINICS)
@pytest.mark.parametrize("month", ["2025-01", "2025-09"])
@pytest.mark.parametrize("preference", ["most_accurate", "highest_amount"])
def test_rhc_06_the_individual_codes_are_chosen_and_g0511_is_the_alternative(
    month: str, setting: str, preference: str
) -> None:
    facts = usual_in(month, worked(month, 45), setting={"type": setting})
    answer = ask(facts, month, policy={"preference": preference})
    assert answer.lines == {"99490": 1, "99439": 1}
    assert answer.alternatives == [{"G0511": 1}]
    assert answer.verdict("G0511") == "billable"
    assert answer.blockers("G0511") == []
    assert answer.status == "billable"


def test_rhc_06_g0511_stands_in_place_of_all_of_them_once() -> None:
    answer = long_month("2025-03")
    assert set(answer.lines) == {"99487", "99489"}
    assert [one for one in answer.alternatives if "G0511" in one] == [{"G0511": 1}]
    assert len(answer.alternatives) == 3
    assert not [one for one in answer.alternatives if len(one) > 1 and "G0511" in one]


@pytest.mark.parametrize("month", ["2024-12", "2025-10"])
def test_rhc_06_outside_its_months_there_is_no_choice(month: str) -> None:
    assert clinic(month, worked(month, 45)).alternatives == []


@pytest.mark.parametrize("code", ["99490", "99439", "99491", "99437", "99487", "99489", "G0506"])
def test_rhc_06_a_claim_of_an_individual_code_blocks_g0511(code: str) -> None:
    answer = clinic("2025-03", worked("2025-03", 45), billed(code, "2025-03-20", practitioner="DR_A"))
    assert "RHC-06" in answer.blockers("G0511")


def test_rhc_06_and_conc_28_a_claim_of_g0511_blocks_the_individual_codes() -> None:
    answer = long_month("2025-03")
    claimed = clinic("2025-03", worked("2025-03", 45), billed("G0511", "2025-03-20", practitioner="DR_A"))
    assert claimed.lines == {"G0511": 1}
    for code in ("99490", "99439", "99487", "99489"):
        assert {"RHC-06", "CONC-28"} <= set(claimed.blockers(code))
    for code in ("99491", "99437", "G0506"):
        assert "RHC-06" in claimed.blockers(code)
        assert "CONC-28" not in claimed.blockers(code)
    assert "CONC-28" not in answer.blockers("99490")


@pytest.mark.parametrize(("month", "blocks"), [("2018-01", True), ("2025-09", True), ("2025-10", False)])
@pytest.mark.parametrize("code", ["99490", "99487"])
def test_conc_28_g0511_never_with_99490_or_99487(month: str, blocks: bool, code: str) -> None:
    here = clinic(month, worked(month), billed("G0511", f"{month}-20", practitioner="DR_A"), setting="physician_office")
    assert ("CONC-28" in here.blockers(code)) is blocks
    if month < "2025-10":
        there = clinic(month, worked(month), billed(code, f"{month}-20", practitioner="DR_A"))
        assert "CONC-28" in there.blockers("G0511")
        assert there.outcomes("CONC-28") == {"not_met"}


@pytest.mark.parametrize(
    "fields",
    [{"practitioner": "DR_A", "source": "self"}, {"practitioner": "DR_Z", "same_practice": False}],
)
def test_conc_28_our_own_answer_and_other_practices_do_not_block(fields: Raw) -> None:
    answer = clinic("2019-03", worked("2019-03"), billed("99490", "2019-03-20", **fields))
    assert "CONC-28" not in answer.blockers("G0511")


def test_prac_03_g0511_of_another_practitioner_of_the_practice_blocks() -> None:
    answer = clinic("2019-03", worked("2019-03"), billed("G0511", "2019-03-20", practitioner="DR_B"))
    assert "PRAC-03" in answer.blockers("G0511")


@pytest.mark.parametrize("without", ["consent", "hypertension", "plan", "visit"])
def test_g0511_has_the_gates_of_ccm(without: str) -> None:
    answer = clinic("2019-03", worked("2019-03"), without=without)
    assert answer.lines == {}
    assert set(answer.blockers("G0511")) == {rule for rule in answer.blockers("99490") if not rule.startswith("RHC")}


@pytest.mark.parametrize(
    ("fields", "blockers"),
    [
        ({}, []),
        ({"program": "cocm"}, ["CONS-09"]),
        ({"practitioner": "DR_B"}, ["CONS-07"]),
        ({"documented": False}, ["CONS-04"]),
    ],
)
def test_g0511_has_the_gates_of_the_program_that_makes_it(fields: Raw, blockers: list[str]) -> None:
    """Section 0: behavioral health integration alone, with what it asks for."""
    month = "2019-03"
    behavioral = (worked(month, program="bhi"), *joined("bhi", month, **fields))
    facts = usual_in(month, *behavioral, setting={"type": "rhc"}, enrollment=None, consent=None)
    answer = ask(facts, month)
    assert answer.lines == ({} if blockers else {"G0511": 1})
    assert [rule for rule in answer.blockers("G0511") if rule not in ("TIME-02", "BHI-01")] == blockers


def test_g0511_has_no_published_amount() -> None:
    assert "amount_cents" not in clinic("2019-03", worked("2019-03")).line("G0511")
