"""RHC-01 to RHC-09 for every program: what clinics bill by month, in units of G0511, as G0512, or by individual codes."""

from typing import Any, Final

import pytest

from tests.rulebook.neighbours import discharged, monitored, second, staffed
from tests.rulebook.usual_patient import Answer, Raw, ask, billed, codes_of, joined, month_before, usual_in, worked

CLINICS: Final = ("rhc", "fqhc")
NOT_CCM: Final[dict[str, Any]] = {"enrollment": None, "consent": None}
# Rule book, section 13: individual codes; first month of their window; by first month, the blocker there from then on.
TIMELINE: Final = (
    ("bhi", "99484", "2018-01", {"2018-01": "RHC-02", "2025-01": None}),
    ("cocm", "99492-99494", "2018-01", {"2018-01": "RHC-02", "2025-01": None}),
    ("cocm", "G2214", "2021-01", {"2021-01": "RHC-02", "2025-01": None}),
    ("pcm", "G2064, G2065", "2020-01", {"2020-01": "RHC-02", "2021-01": "RHC-03"}),
    ("pcm", "99424-99427", "2022-01", {"2022-01": "RHC-03", "2025-01": None}),
    ("rpm", "99453, 99454, 99457", "2019-01", {"2019-01": "RHC-02", "2024-01": "RHC-05", "2025-01": None}),
    ("rpm", "99458", "2020-01", {"2020-01": "RHC-02", "2024-01": "RHC-05", "2025-01": None}),
    ("rtm", "98975-98977, 98980, 98981", "2022-01", {"2022-01": "RHC-02", "2024-01": "RHC-05", "2025-01": None}),
    ("rtm", "98978", "2023-01", {"2023-01": "RHC-02", "2024-01": "RHC-05", "2025-01": None}),
    ("chi", "G0019, G0022", "2024-01", {"2024-01": "RHC-05", "2025-01": None}),
    ("pin", "G0023, G0024, G0140, G0146", "2024-01", {"2024-01": "RHC-05", "2025-01": None}),
    ("tcm", "99495, 99496", "2015-01", {"2015-01": None}),
    ("apcm", "G0556-G0558", "2025-01", {"2025-01": None}),
)
LAST_MONTHS: Final = {"G2064": "2021-12", "G2065": "2021-12"}
OF_CLINICS: Final = {"RHC-01", "RHC-02", "RHC-03", "RHC-05"}


def clinic(month: str, *facts: Raw | list[Raw], setting: str = "rhc", **named: Any) -> Answer:
    changes: dict[str, Any] = {"setting": {"type": setting}, "visit": {"social_need_found": True}}
    return ask(usual_in(month, *facts, **(changes | named)), month)


def neighbour(month: str, *facts: Raw | list[Raw], setting: str = "rhc") -> Answer:
    """A clinic's month without CCM."""
    return clinic(month, *facts, setting=setting, **NOT_CCM)


def worked_for(program: str, month: str, minutes: int, day: int = 14, seconds: int = 0) -> list[Raw]:
    if program == "ccm":
        return [worked(month, minutes, seconds, day)]
    return staffed(program, month, minutes, day=day, seconds=seconds, live_contact=True)


@pytest.mark.parametrize("setting", CLINICS)
@pytest.mark.parametrize(("program", "codes", "since", "blockers"), TIMELINE, ids=lambda cell: str(cell)[:12])
def test_the_timeline(program: str, codes: str, since: str, blockers: dict[str, str | None], setting: str) -> None:
    """The first month of each column, the month before it, and the last month there is."""
    months = {month for first in blockers for month in (first, month_before(first)) if month >= since}
    for month in sorted({*months, "2027-12"}):
        answer = neighbour(month, worked_for(program, month, 200), setting=setting)
        expected = blockers[max(first for first in blockers if first <= month)]
        for code in codes_of(codes):
            found = answer.blockers(code)
            if month > LAST_MONTHS.get(code, "9999-99"):
                assert found[0] == "VAL-01"
            elif expected is not None:
                assert found[0] == expected
                assert answer.verdict(code) == "not_billable"
            else:
                assert not OF_CLINICS & set(found)


@pytest.mark.parametrize(("program", "codes", "since", "blockers"), TIMELINE, ids=lambda cell: str(cell)[:12])
def test_an_office_bills_the_individual_codes_in_every_month(
    program: str, codes: str, since: str, blockers: dict[str, str | None]
) -> None:
    for month in {*blockers, *(month_before(first) for first in blockers if first > since)}:
        answer = neighbour(month, worked_for(program, month, 200), setting="physician_office")
        assert not [code for code in codes_of(codes) if OF_CLINICS & set(answer.blockers(code))]


@pytest.mark.parametrize("setting", CLINICS)
@pytest.mark.parametrize("month", ["2017-01", "2017-12"])
def test_rhc_01_no_behavioral_codes_in_clinics_of_2017(month: str, setting: str) -> None:
    answer = neighbour(month, worked_for("bhi", month, 200), worked_for("cocm", month, 200), setting=setting)
    assert answer.lines == {}
    assert [answer.blockers(code)[0] for code in ("G0507", "G0502", "G0503", "G0504")] == ["RHC-01"] * 4


# RHC-02, RHC-03, RHC-05: what makes a unit of G0511.


@pytest.mark.parametrize("setting", CLINICS)
@pytest.mark.parametrize(
    ("program", "minutes", "since"),
    [
        ("ccm", 20, "2018-01"), ("bhi", 20, "2018-01"), ("pcm", 30, "2021-01"), ("rpm", 20, "2024-01"),
        ("rtm", 20, "2024-01"), ("chi", 60, "2024-01"), ("pin", 60, "2024-01"),
    ],
)  # fmt: skip
def test_g0511_from_the_first_threshold_of_each_program(program: str, minutes: int, since: str, setting: str) -> None:
    changes: dict[str, Any] = {} if program == "ccm" else NOT_CCM
    for month in (since, "2024-12"):
        reached = clinic(month, worked_for(program, month, minutes), setting=setting, **changes)
        assert reached.lines == {"G0511": 1}
        assert reached.line("G0511")["program"] == "ccm"
        assert reached.alternatives == []
        short = clinic(month, worked_for(program, month, minutes - 1, seconds=59), setting=setting, **changes)
        assert short.lines == {}
        assert "TIME-02" in short.blockers("G0511")
    before = month_before(since)
    assert "G0511" not in clinic(before, worked_for(program, before, 200), setting=setting, **changes).lines


@pytest.mark.parametrize("program", ["rpm", "rtm"])
def test_rhc_05_rpm_02_rtm_01_monitoring_makes_a_unit_with_a_live_contact_only(program: str) -> None:
    """RPM-02: twenty minutes and a live contact."""
    answer = neighbour("2024-03", staffed(program, "2024-03", 20))
    assert answer.lines == {}
    assert {"rpm": "RPM-02", "rtm": "RTM-01"}[program] in answer.blockers("G0511")


@pytest.mark.parametrize(("month", "units"), [("2018-01", 1), ("2023-12", 1), ("2024-01", 2), ("2024-12", 2)])
@pytest.mark.parametrize("setting", CLINICS)
def test_rhc_02_one_a_month_and_rhc_05_one_for_each_service(month: str, units: int, setting: str) -> None:
    answer = clinic(month, worked_for("ccm", month, 20), worked_for("bhi", month, 20), setting=setting)
    assert answer.lines == {"G0511": units}
    assert answer.alternatives == []
    assert answer.verdict("G0511") == "chosen"


@pytest.mark.parametrize(("month", "units"), [("2018-01", 1), ("2024-01", 2)])
def test_rhc_02_of_two_practitioners_a_clinic_still_bills_one_line(month: str, units: int) -> None:
    """The clinic bills, and its programs' units are one line; the rule's bar is for a claim that stands."""
    answer = clinic(month, worked(month), second(month), staffed("bhi", month, 20, biller="DR_B", day=15))
    assert answer.lines == {"G0511": units}
    assert answer.alternatives == []


@pytest.mark.parametrize(("found", "makes"), [(True, True), (False, False), (None, False)])
def test_rhc_05_chi_01_integration_makes_a_unit_where_a_social_need_was_found(found: bool | None, makes: bool) -> None:
    """Section 0: a unit has the gates of the program that makes it."""
    visited: dict[str, Any] = {"visit": {"social_need_found": found}}
    answer = clinic("2024-03", worked_for("chi", "2024-03", 60), **NOT_CCM, **visited)
    assert answer.lines == ({"G0511": 1} if makes else {})
    assert ("CHI-01" in answer.blockers("G0511")) is not makes


def test_rhc_05_every_program_makes_a_unit() -> None:
    month = "2024-03"
    minutes = {"ccm": 60, "pcm": 90, "bhi": 40, "chi": 120, "pin": 60, "rpm": 60}
    work = [fact for program, each in minutes.items() for fact in worked_for(program, month, each)]
    assert clinic(month, work).lines == {"G0511": 6}
    short = [fact for program in ("ccm", "pcm", "bhi") for fact in worked_for(program, month, 20)]
    assert clinic(month, short).lines == {"G0511": 2}


def test_conc_03_is_not_for_g0511_and_each_program_has_its_own_consent() -> None:
    month = "2024-03"
    assert clinic(month, worked(month), worked_for("pcm", month, 30)).lines == {"G0511": 2}
    no_consent = [fact for fact in worked_for("pcm", month, 30) if fact["kind"] != "consent"]
    assert clinic(month, worked(month), no_consent).lines == {"G0511": 1}


def test_rhc_05_minutes_are_disjoint() -> None:
    """TIME-04: a minute that CCM keeps makes no unit of another program."""
    month = "2024-03"
    clock = {"started_at": f"{month}-12T12:00:00-04:00", "ended_at": f"{month}-12T12:20:00-04:00"}
    entry = {"kind": "time_entry", "performer": "RN_1", "role": "clinical_staff", **clock}
    both = [{**entry, "program": "ccm", "id": "one"}, {**entry, "program": "bhi", "id": "other"}]
    answer = clinic(month, joined("bhi", month), both)
    assert answer.lines == {"G0511": 1}
    assert answer.uncounted("other") == {"TIME-04": 1200}


@pytest.mark.parametrize(
    ("month", "bhi_first", "day"),
    [("2023-12", False, "05"), ("2023-12", True, "05"), ("2024-03", False, "20"), ("2024-03", True, "20")],
)
def test_claim_01_the_day_the_last_unit_is_reached(month: str, bhi_first: bool, day: str) -> None:
    """One unit is reached by the first of two programs, two by the second."""
    days = {"bhi": 5, "ccm": 20} if bhi_first else {"ccm": 5, "bhi": 20}
    answer = clinic(month, [fact for program in days for fact in worked_for(program, month, 20, days[program])])
    assert answer.line("G0511")["earliest_service_date"] == f"{month}-{day}"
    assert answer.line("G0511")["service_date"] == f"{month}-{day}"


@pytest.mark.parametrize(("month", "barred"), [("2021-01", True), ("2021-12", True), ("2022-01", False)])
def test_rhc_03_transitional_care_in_the_month_bars_principal_care_until_2021(month: str, barred: bool) -> None:
    claim = billed("99495", f"{month}-02", practitioner="DR_A", through=f"{month}-10")
    answer = neighbour(month, worked_for("pcm", month, 30, day=25), claim)
    assert answer.lines == ({} if barred else {"G0511": 1})
    assert ("RHC-03" in answer.blockers("G0511")) is barred


# RHC-06 and RHC-07: 2025.


@pytest.mark.parametrize("setting", CLINICS)
@pytest.mark.parametrize("month", ["2025-01", "2025-09"])
@pytest.mark.parametrize("preference", ["most_accurate", "highest_amount"])
def test_rhc_06_one_alternative_has_g0511_in_place_of_all(month: str, preference: str, setting: str) -> None:
    work = [fact for program in ("ccm", "bhi", "rpm") for fact in worked_for(program, month, 20)]
    facts = usual_in(month, work, monitored(month, 16), setting={"type": setting})
    answer = ask(facts, month, policy={"preference": preference})
    assert answer.status == "billable"
    assert answer.lines == {"99490": 1, "99484": 1, "99457": 1, "99454": 1}
    assert answer.alternatives == [{"G0511": 3}]
    assert (answer.verdict("G0511"), answer.blockers("G0511")) == ("billable", [])


def test_conc_29_physiologic_and_therapeutic_monitoring_make_one_unit_between_them() -> None:
    """Never both: whichever of the two makes the unit, the claim is the same, and it is offered once."""

    def work(month: str) -> list[Raw]:
        days = [*monitored(month, 16), *monitored(month, 16, "rtm", body_system="respiratory")]
        return [*worked_for("rpm", month, 20), *worked_for("rtm", month, 20, day=15), *days]

    only = neighbour("2024-03", work("2024-03"))
    assert (only.lines, only.alternatives) == ({"G0511": 1}, [])
    both = neighbour("2025-01", work("2025-01"))
    assert [one for one in both.alternatives if "G0511" in one] == [{"G0511": 1}]


def test_conc_22_a_g0511_of_behavioral_health_stands_beside_advanced_primary_care() -> None:
    month = "2025-01"
    answer = neighbour(month, worked_for("bhi", month, 20), joined("apcm", month))
    assert answer.lines == {"99484": 1, "G0557": 1}
    assert answer.alternatives == [{"G0511": 1, "G0557": 1}]


@pytest.mark.parametrize("month", ["2025-01", "2025-09"])
def test_rhc_06_ccm_and_principal_care_exclude_each_other_by_their_codes_only(month: str) -> None:
    """CONC-03 is not for G0511: in its place both make a unit."""
    answer = clinic(month, worked(month), worked_for("pcm", month, 60))
    assert answer.lines == {"99426": 1, "99427": 1}
    assert {"99490": 1} in answer.alternatives
    assert [one for one in answer.alternatives if "G0511" in one] == [{"G0511": 2}]


@pytest.mark.parametrize(("month", "lines"), [("2024-12", {"G0511": 2}), ("2025-10", {"99490": 1, "99484": 1})])
def test_rhc_06_and_07_before_and_after_there_is_no_choice(month: str, lines: dict[str, int]) -> None:
    answer = clinic(month, worked_for("ccm", month, 20), worked_for("bhi", month, 20))
    assert answer.lines == lines
    assert answer.alternatives == []


@pytest.mark.parametrize("program", ["pcm", "bhi", "chi", "pin", "rpm", "rtm"])
def test_rhc_07_individual_codes_of_every_program(program: str) -> None:
    month = "2025-10"
    answer = neighbour(month, worked_for(program, month, 60))
    assert answer.blockers("G0511") == ["VAL-01", "RHC-07"]
    codes = {"pcm": "99426", "bhi": "99484", "chi": "G0019", "pin": "G0023", "rpm": "99457", "rtm": "98980"}
    assert codes[program] in answer.lines


# G0512: collaborative care.


def following(month: str) -> Raw:
    """Collaborative care of the month before."""
    before = month_before(month)
    return billed("G0512", f"{before}-20", practitioner="DR_A")


@pytest.mark.parametrize("setting", CLINICS)
@pytest.mark.parametrize("month", ["2018-01", "2024-12"])
@pytest.mark.parametrize(("first", "minutes"), [(True, 70), (False, 60)])
def test_rhc_02_g0512_of_70_and_then_60_minutes(month: str, first: bool, minutes: int, setting: str) -> None:
    earlier = [] if first else [following(month)]
    reached = neighbour(month, worked_for("cocm", month, minutes), earlier, setting=setting)
    assert reached.lines == {"G0512": 1}
    assert reached.alternatives == []
    short = neighbour(month, worked_for("cocm", month, minutes - 1, seconds=59), earlier, setting=setting)
    assert short.lines == {}
    assert {"TIME-02", "BHI-01"} <= set(short.blockers("G0512"))


def test_rhc_02_g0512_once_and_beside_g0511() -> None:
    month = "2024-03"
    answer = clinic(month, worked(month), worked_for("cocm", month, 200))
    assert answer.lines == {"G0511": 1, "G0512": 1}


@pytest.mark.parametrize("month", ["2018-01", "2024-03"])
def test_conc_08_a_g0511_of_behavioral_health_never_beside_g0512(month: str) -> None:
    """Neither has a published amount, so the choice falls to the code (UNIT-06)."""
    answer = neighbour(month, worked_for("bhi", month, 20), worked_for("cocm", month, 200, day=15))
    assert answer.lines == {"G0511": 1}
    assert answer.alternatives == [{"G0512": 1}]


@pytest.mark.parametrize("setting", ["physician_office", "hospital_outpatient"])
@pytest.mark.parametrize("month", ["2018-01", "2025-12"])
def test_rhc_02_no_other_setting_bills_g0512(month: str, setting: str) -> None:
    answer = neighbour(month, worked_for("cocm", month, 70), setting=setting)
    assert "99492" in answer.lines
    assert answer.blockers("G0512") == ["RHC-02"]


@pytest.mark.parametrize(
    ("month", "choice"), [("2024-12", False), ("2025-01", True), ("2025-12", True), ("2026-01", False)]
)
def test_rhc_09_in_2025_collaborative_care_has_both(month: str, choice: bool) -> None:
    """G0512 has no published amount, so the individual codes are chosen; from 2026 they are alone."""
    answer = neighbour(month, worked_for("cocm", month, 70))
    assert answer.lines == ({"G0512": 1} if month < "2025-01" else {"99492": 1})
    assert ({"G0512": 1} in answer.alternatives) is choice
    if month == "2026-01":
        assert answer.blockers("G0512") == ["VAL-01", "RHC-09"]


@pytest.mark.parametrize("month", ["2017-03", "2024-03", "2026-03"])
@pytest.mark.parametrize("setting", CLINICS)
def test_transitional_care_is_billed_by_clinics_as_by_others(month: str, setting: str) -> None:
    assert neighbour(month, discharged(f"{month}-04"), setting=setting).lines == {"99495": 1}
