"""BHI-01: behavioral health integration of 20 minutes; collaborative care of 70, 60 or 30, in clinics by a code of its own."""

from typing import Any

import pytest

from tests.rulebook.usual_patient import Raw, ask, billed, enrolled_in, enrollment, own, stay, visit, worked

MONTH = "2024-03"
CONSENT_OR_NONE: tuple[Raw | None, ...] = (None, {})
COCM = ("99492", "99493", "99494", "G2214")
EARLIER = {"id": "earlier", **billed("99492", "2024-02-20", practitioner="DR_A")}


def integrated(*more: Raw | list[Raw], month: str = MONTH, **named: Raw | None) -> list[Raw]:
    return enrolled_in("bhi", month, *more, **named)


def first_month(*more: Raw | list[Raw], month: str = MONTH, **named: Raw | None) -> list[Raw]:
    """A patient of collaborative care, of whom none was billed before."""
    return enrolled_in("cocm", month, *more, **named)


def following_month(*more: Raw | list[Raw], month: str = MONTH, **named: Raw | None) -> list[Raw]:
    """A patient of collaborative care, billed in the month before."""
    return first_month(EARLIER, *more, month=month, **named)


def bhi(seconds: int, month: str = MONTH, **fields: Any) -> Raw:
    return worked(month, 0, seconds, program="bhi", **fields)


def cocm(seconds: int, month: str = MONTH, **fields: Any) -> Raw:
    return worked(month, 0, seconds, program="cocm", **fields)


@pytest.mark.parametrize(("seconds", "lines"), [(1, {}), (1199, {}), (1200, {"99484": 1}), (7200, {"99484": 1})])
def test_twenty_minutes_of_integration_are_one_unit(seconds: int, lines: dict[str, int]) -> None:
    answer = ask(integrated(bhi(seconds)))
    assert answer.lines == lines
    assert answer.blockers("99484") == ([] if lines else ["TIME-02", "BHI-01"])
    found = answer.row("99484")
    assert (found["counted_seconds"], found["needed_seconds"]) == (seconds, 1200)


def test_staff_and_practitioner_add_up() -> None:
    answer = ask(integrated(bhi(600), own(10, program="bhi")))
    assert answer.lines == {"99484": 1}
    assert answer.line("99484")["counted_seconds"] == 1200


@pytest.mark.parametrize(
    ("month", "integration", "collaboration"),
    [
        ("2016-12", {}, {}),
        ("2017-01", {"G0507": 1}, {"G0502": 1, "G0504": 1}),
        ("2017-12", {"G0507": 1}, {"G0502": 1, "G0504": 1}),
        ("2018-01", {"99484": 1}, {"99492": 1, "99494": 1}),
        ("2027-12", {"99484": 1}, {"99492": 1, "99494": 1}),
    ],
)
def test_temporary_codes_of_2017_and_those_since(
    month: str, integration: dict[str, int], collaboration: dict[str, int]
) -> None:
    assert ask(integrated(bhi(6000, month), month=month), month).lines == integration
    assert ask(first_month(cocm(6000, month), month=month), month).lines == collaboration


@pytest.mark.parametrize(
    ("month", "closed"),
    [
        ("2016-12", ["99484", "99492", "99493", "99494", "G0502", "G0503", "G0504", "G0507", "G2214"]),
        ("2017-12", ["99484", "99492", "99493", "99494", "G2214"]),
        ("2018-01", ["G0502", "G0503", "G0504", "G0507", "G2214"]),
        ("2020-12", ["G0502", "G0503", "G0504", "G0507", "G2214"]),
        ("2021-01", ["G0502", "G0503", "G0504", "G0507"]),
    ],
)
def test_codes_outside_their_window_have_val_01_first(month: str, closed: list[str]) -> None:
    answer = ask(first_month(bhi(1200, month), cocm(6000, month), month=month), month)
    codes = ("99484", "99492", "99493", "99494", "G0502", "G0503", "G0504", "G0507", "G2214")
    assert [code for code in codes if answer.blockers(code)[:1] == ["VAL-01"]] == closed


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (1799, {}),
        (1800, {"G2214": 1}),
        (4199, {"G2214": 1}),
        (4200, {"99492": 1}),
        (5999, {"99492": 1}),
        (6000, {"99492": 1, "99494": 1}),
        (7800, {"99492": 1, "99494": 2}),
        (11399, {"99492": 1, "99494": 3}),
        (11400, {"99492": 1, "99494": 4}),
        (13200, {"99492": 1, "99494": 4}),
    ],
)
def test_the_first_month_takes_seventy_minutes(seconds: int, lines: dict[str, int]) -> None:
    """Full minutes, no midpoint. UNIT-05: of the add-on four at most; the fifth is supported and named."""
    answer = ask(first_month(cocm(seconds)))
    assert answer.lines == lines
    assert answer.outcomes("UNIT-05") == ({"advisory"} if seconds == 13200 else set())
    assert "BHI-01" in answer.blockers("99493")
    if "99492" not in lines:
        assert answer.blockers("99492") == ["TIME-02", "BHI-01"]


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (1799, {}),
        (1800, {"G2214": 1}),
        (3599, {"G2214": 1}),
        (3600, {"99493": 1}),
        (5399, {"99493": 1}),
        (5400, {"99493": 1, "99494": 1}),
        (10800, {"99493": 1, "99494": 4}),
        (12600, {"99493": 1, "99494": 4}),
    ],
)
def test_a_following_month_takes_sixty_minutes(seconds: int, lines: dict[str, int]) -> None:
    answer = ask(following_month(cocm(seconds)))
    assert answer.lines == lines
    assert answer.outcomes("UNIT-05") == ({"advisory"} if seconds == 12600 else set())
    assert "BHI-01" in answer.blockers("99492")
    if "99493" not in lines:
        assert answer.blockers("99493") == ["TIME-02", "BHI-01"]


@pytest.mark.parametrize("seconds", [4200, 6000])
def test_one_base_code_of_collaborative_care_a_month(seconds: int) -> None:
    answer = ask(first_month(cocm(seconds)))
    assert {"G2214": 1} in answer.alternatives
    assert answer.verdict("G2214") == "billable"
    assert answer.verdict("99492") == "chosen"
    claimed = ask(first_month(cocm(seconds), billed("G2214", practitioner="DR_A")))
    assert claimed.lines == {"G2214": 1}
    assert "BHI-01" in claimed.blockers("99492")


def test_rows_of_collaborative_care_tell_what_the_month_needs() -> None:
    def rows(facts: list[Raw]) -> list[tuple[int, int]]:
        found = [ask(facts).row(code) for code in COCM]
        return [(row["counted_seconds"], row["needed_seconds"]) for row in found]

    assert rows(first_month(cocm(6500))) == [(6500, 4200), (6500, 3600), (6500, 7800), (6500, 1800)]
    assert rows(following_month(cocm(5000))) == [(5000, 4200), (5000, 3600), (5000, 5400), (5000, 1800)]


@pytest.mark.parametrize(
    ("earlier", "since", "base"),
    [
        ([], "2024-02-01", "99492"),
        ([billed("99492", "2024-02-20", practitioner="DR_A")], "2024-02-01", "99493"),
        ([billed("99493", "2023-06-20", practitioner="DR_A")], "2024-02-01", "99493"),
        ([billed("G2214", "2024-02-20", practitioner="DR_A")], "2024-02-01", "99493"),
        ([billed("G0502", "2017-02-20", practitioner="DR_A")], "2017-02-01", "99493"),
        ([billed("99484", "2024-02-20", practitioner="DR_A")], "2024-02-01", "99492"),
        ([billed("99492", "2024-03-20", practitioner="DR_A")], "2024-02-01", "99492"),
        ([billed("99492", "2024-02-20", practitioner="DR_A")], "2024-03-01", "99492"),
        ([billed("99492", "2024-02-20", practitioner="DR_A")], "2024-03-31", "99492"),
        ([billed("99492", "2024-02-20", practitioner="DR_A")], "2024-02-29", "99493"),
    ],
)
def test_the_first_month_has_nothing_billed_before_or_begins_the_enrolment(
    earlier: list[Raw], since: str, base: str
) -> None:
    answer = ask(first_month(earlier, cocm(4200), enrollment={"from": since}, consent={"on": "2024-02-01"}))
    assert answer.lines == {base: 1}


def test_a_restart_after_a_lapse_is_a_first_month_again() -> None:
    ended = {"from": "2023-02-01", "until": "2023-12-01"}
    again = enrollment("DR_A", "2024-03-04", program="cocm")
    facts = [again, billed("99493", "2023-11-20", practitioner="DR_A"), cocm(4200)]
    answer = ask(first_month(facts, enrollment=ended))
    assert answer.lines == {"99492": 1}
    assert ask(first_month(facts, enrollment=ended), "2024-04").blockers("99493")[:1] == ["TIME-02"]


def test_what_was_billed_before_is_the_evidence_of_a_following_month() -> None:
    answer = ask(following_month(cocm(5400)))
    relied_on = [found for found in answer.findings("BHI-01") if found["evidence"]]
    assert {fact["id"] for found in relied_on for fact in found["evidence"]} == {"earlier"}
    assert {found["outcome"] for found in relied_on} == {"met", "not_met"}


@pytest.mark.parametrize(("program", "code"), [("bhi", "99484"), ("cocm", "99492")])
@pytest.mark.parametrize("setting", ["inpatient", "snf_part_a"])
def test_time_08_is_not_applied(program: str, code: str, setting: str) -> None:
    """Time with a patient in hospital may count here; ELIG-05 is asked of CCM only."""
    facts = enrolled_in(program, MONTH, worked(MONTH, 70, program=program), stay(setting, "2024-02-01", "2024-04-10"))
    answer = ask(facts)
    assert answer.uncounted() == {}
    assert answer.lines == {code: 1}


@pytest.mark.parametrize(("program", "code"), [("bhi", "99484"), ("cocm", "99492")])
@pytest.mark.parametrize(
    ("visits", "blockers"),
    [
        ([visit("2024-01-12", discussed_care_management=False)], []),
        ([visit("2023-02-01")], []),
        ([visit("2023-01-31")], ["INIT-01"]),
        ([], ["INIT-01"]),
        ([visit("2024-01-12", practitioner="DR_B")], ["INIT-06"]),
        ([visit("2024-01-12", "99211")], ["INIT-04"]),
        ([visit("2024-01-12", telephone_only=True)], ["INIT-04"]),
        ([visit("2024-03-12")], []),
    ],
)
def test_a_visit_in_the_year_before_the_programs_own_start(
    program: str, code: str, visits: list[Raw], blockers: list[str]
) -> None:
    """Enrolled since 1 February 2024; what was discussed at the visit is not asked. Without it no time counts."""
    answer = ask(enrolled_in(program, MONTH, worked(MONTH, 70, program=program), visits, visit=None))
    assert answer.blockers(code) == [*blockers, *(["TIME-02", "BHI-01"] if blockers else [])]
    assert answer.uncounted() == ({"INIT-07": 4200} if blockers else {})
    assert answer.lines == ({} if blockers else {code: 1})


def test_init_07_work_before_a_needed_visit_does_not_count() -> None:
    work = [bhi(1200, day=10), bhi(1199, day=11)]
    answer = ask(integrated(work, visit("2024-03-11", "99203"), visit=None))
    assert answer.uncounted() == {"INIT-07": 1200}
    assert answer.lines == {}
    assert ask(integrated(work, bhi(1, day=11), visit("2024-03-11", "99203"), visit=None)).lines == {"99484": 1}


@pytest.mark.parametrize(
    ("days", "dated"), [([5, 9, 20], ("2024-03-09", "2024-03-20")), ([5, 6, 6], ("2024-03-06", "2024-03-06"))]
)
def test_claim_01_lines_are_dated_when_their_last_unit_is_reached(days: list[int], dated: tuple[str, str]) -> None:
    first, second, third = (cocm(2100, day=days[0]), cocm(2100, day=days[1]), cocm(1800, day=days[2]))
    answer = ask(first_month(first, second, third))
    assert answer.line("99492")["earliest_service_date"] == dated[0]
    assert answer.line("99494")["earliest_service_date"] == dated[1]
    assert {line["service_date"] for line in answer.body["claim_lines"]} == {dated[1]}


@pytest.mark.parametrize("site", ["rhc", "fqhc"])
@pytest.mark.parametrize("month", ["2018-01", "2024-12"])
@pytest.mark.parametrize(
    ("seconds", "first", "following"),
    [(3599, {}, {}), (3600, {}, {"G0512": 1}), (4199, {}, {"G0512": 1}), (4200, {"G0512": 1}, {"G0512": 1})],
)
def test_rhc_02_clinics_bill_collaborative_care_by_one_code(
    site: str, month: str, seconds: int, first: dict[str, int], following: dict[str, int]
) -> None:
    before = billed("G0512", "2017-12-20", practitioner="DR_A")
    there: dict[str, Any] = {"month": month, "setting": {"type": site}}
    answer = ask(first_month(cocm(seconds, month), **there), month)
    assert answer.lines == first
    assert answer.blockers("99492")[:1] == ["RHC-02"]
    assert ask(first_month(before, cocm(seconds, month), **there), month).lines == following


@pytest.mark.parametrize(
    ("month", "site", "blocker"),
    [
        ("2017-12", "rhc", "VAL-01"),
        ("2024-03", "physician_office", "RHC-02"),
        ("2024-03", "hospital_outpatient", "RHC-02"),
        ("2025-12", "physician_office", "RHC-02"),
        ("2026-01", "rhc", "VAL-01"),
    ],
)
def test_rhc_02_09_nobody_else_and_at_no_other_time(month: str, site: str, blocker: str) -> None:
    answer = ask(first_month(cocm(7200, month), month=month, setting={"type": site}), month)
    assert answer.blockers("G0512")[0] == blocker
    assert "G0512" not in answer.lines


def test_an_add_on_of_thirty_minutes_is_never_billed_in_a_clinic() -> None:
    answer = ask(first_month(cocm(12000), setting={"type": "rhc"}))
    assert answer.lines == {"G0512": 1}


@pytest.mark.parametrize(
    ("earlier", "base", "add_on"),
    [([], 4200, 6000), ([billed("99492", "2024-02-20", practitioner="DR_A")], 3600, 5400)],
)
def test_a_code_of_both_months_needs_what_its_month_does_whatever_else_is_lacking(
    earlier: list[Raw], base: int, add_on: int
) -> None:
    """99494 and G0512 follow either month's rule; a missing consent or the wrong site does not change which."""
    for site, code, needed in (("rhc", "G0512", base), ("physician_office", "G0512", base), ("rhc", "99494", add_on)):
        for given in CONSENT_OR_NONE:
            unrecorded = first_month(earlier, cocm(3599), setting={"type": site}, consent=given, practitioner=None)
            assert ask(unrecorded).row(code)["needed_seconds"] == needed
            facts = first_month(earlier, setting={"type": site}, consent=given)
            answer = ask(facts, known_on="2024-03-10", gaps=True)
            assert answer.row(code)["needed_seconds"] == needed
            if site == "rhc" and code == "G0512":
                gap = answer.gap(code)
                assert gap is not None
                assert gap["still_possible"] is True
                assert gap["settles"][-1]["seconds"] == needed
