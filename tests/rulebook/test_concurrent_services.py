"""CONC-01 to CONC-28 and RHC-03: services that stand in the month beside care management (rule book, 11.1)."""

from typing import Final

import pytest

from tests.rulebook.usual_patient import (
    Answer,
    Raw,
    ask,
    at,
    billed,
    codes_of,
    month_before,
    own,
    stay,
    usual_in,
    worked,
)

RELATIONS: Final[dict[str, Raw]] = {
    "same": {"practitioner": "DR_A"},
    "practice": {"practitioner": "DR_B"},
    "elsewhere": {"practitioner": "DR_Z", "same_practice": False},
}
BY_MONTH: Final = (
    ("99490", "2015-01"), ("99487", "2017-01"), ("99489", "2017-01"), ("99491", "2019-01"), ("G2058", "2020-01"),
    ("99439", "2021-01"), ("99437", "2022-01"),
)  # fmt: skip

# Rule book, 11.1: rule; codes; from; until; the service is the same practitioner's, another's of the practice, another
# practice's. "no" blocks, "advises" is allowed and said, "-" says nothing. Rows that act on one date only (CONC-05, -14 to
# -20, -27) say nothing of a service on another date.
MATRIX: Final = """
CONC-01; 99495, 99496; 2015-01; 2020-01; no; -; -
CONC-02; 99495, 99496; 2020-01; ; advises; advises; advises
CONC-03; 99424-99427, G2064, G2065; 2020-01; ; no; advises; advises
CONC-04; 99453, 99454, 99457, 99458, 99445, 99470; 2019-01; ; advises; advises; advises
CONC-05; 99091; 2018-01; ; -; -; -
CONC-06; 98975-98981, 98984-98986; 2022-01; ; advises; advises; advises
CONC-07; 99484; 2017-01; ; advises; advises; advises
CONC-08; 99492-99494, G2214; 2017-01; ; advises; advises; advises
CONC-09; G0181; 2015-01; ; no; advises; advises
CONC-10; G0182; 2015-01; ; no; advises; advises
CONC-11; 99374-99380; 2015-01; ; no; -; -
CONC-12; 90951-90970; 2015-01; ; no; advises; advises
CONC-13; 99358, 99359; 2017-01; 2023-01; advises; -; -
CONC-14; 93792, 93793; 2018-01; ; -; -; -
CONC-15; 98966-98968, 98970-98972, 99421-99423; 2015-01; ; -; -; -
CONC-16; 99441-99443; 2015-01; 2025-01; -; -; -
CONC-17; 99366-99368, 98960-98962, 99605-99607, 99071, 99078, 99080, 96127; 2015-01; ; -; -; -
CONC-18; 90791, 90792, 90832-90838; 2015-01; ; -; -; -
CONC-19; 99473, 99474; 2020-01; ; -; -; -
CONC-20; 99202-99215, 99221-99223, 99281-99285, 99304-99310, 99341-99350; 2015-01; ; -; -; -
CONC-21; G0438, G0439, G0402, 99497, 99498, G2211, 99483; 2015-01; ; advises; advises; advises
CONC-22; G0556-G0558; 2025-01; ; no; no; advises
CONC-23; G0568-G0570; 2026-01; ; no; -; -
CONC-24; G0019, G0022, G0023, G0024, G0140, G0146; 2024-01; ; advises; advises; advises
CONC-25; G0136; 2024-01; ; advises; advises; advises
CONC-26; G3002, G3003; 2023-01; ; advises; advises; advises
CONC-27; 77261, 77790, 95004, 95079, 95115, 95180, 97151, 97158; 2015-01; ; -; -; -
"""
ROWS: Final = [tuple(cell.strip() for cell in line.split(";")) for line in MATRIX.strip().splitlines()]


def beside(month: str, *services: Raw, minutes: int = 40, **named: Raw | None) -> Answer:
    """A month of staff and practitioner time with a service on another day than the line's."""
    return ask(usual_in(month, worked(month, minutes), *services, **named), month)


def existing(month: str) -> set[str]:
    return {code for code, since in BY_MONTH if since <= month and (code != "G2058" or month < "2021-01")}


def check_bearing(answer: Answer, month: str, rule: str, bearing: str) -> None:
    if bearing == "no":
        assert answer.outcomes(rule) == {"not_met"}
        assert answer.lines == {}
        assert all(rule in answer.blockers(code) for code in existing(month))
    else:
        assert answer.lines.get("99490") == 1
        assert answer.outcomes(rule) == ({"advisory"} if bearing == "advises" else set())
        assert not [code for code in existing(month) if rule in answer.blockers(code)]


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_matrix_by_whose_service_it_is(row: tuple[str, ...], relation: str) -> None:
    rule, codes, since, until, *bearings = row
    bearing = dict(zip(RELATIONS, bearings, strict=True))[relation]
    months = [since, month_before(until) if until else "2027-12"]
    for month in months:
        for code in codes_of(codes):
            service = billed(code, f"{month}-20", id="beside", **RELATIONS[relation])
            answer = beside(month, service)
            check_bearing(answer, month, rule, bearing)
            assert answer.evidence(rule) == (set() if bearing == "-" else {"beside"})


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_says_nothing_outside_its_months(row: tuple[str, ...]) -> None:
    rule, codes, since, until, *_ = row
    months = ([month_before(since)] if since > "2015-01" else []) + ([until] if until else [])
    for month in months:
        for code in codes_of(codes):
            for fields in RELATIONS.values():
                assert beside(month, billed(code, f"{month}-20", **fields)).findings(rule) == []


@pytest.mark.parametrize(
    ("fields", "relation"),
    [
        ({}, "same"),
        ({"same_practice": True}, "same"),
        ({"practitioner": "DR_A", "same_practice": False}, "same"),
        ({"practitioner": "DR_B", "same_practice": True}, "practice"),
        ({"same_practice": False}, "elsewhere"),
    ],
)
def test_whose_a_service_is_that_names_less(fields: Raw, relation: str) -> None:
    """Section 0: the same practitioner's is one by the biller or, within the practice, by nobody in particular."""
    blocks = ask(usual_in("2024-03", worked("2024-03"), billed("G0181", **fields))).lines == {}
    assert blocks is (relation == "same")
    apcm = ask(usual_in("2025-03", worked("2025-03"), billed("G0557", "2025-03-20", **fields)), "2025-03").lines == {}
    assert apcm is (relation != "elsewhere")


@pytest.mark.parametrize(
    ("on", "through", "touches"),
    [
        ("2024-02-29", None, False),
        ("2024-03-01", None, True),
        ("2024-03-31", None, True),
        ("2024-04-01", None, False),
        ("2024-02-10", "2024-02-29", False),
        ("2024-02-10", "2024-03-01", True),
        ("2024-03-31", "2024-04-20", True),
        ("2024-04-01", "2024-04-20", False),
    ],
)
def test_a_service_stands_in_every_month_it_touches(on: str, through: str | None, touches: bool) -> None:
    service = billed("G0181", on, practitioner="DR_A")
    if through is not None:
        service["through"] = through
    assert (ask(usual_in("2024-03", worked("2024-03"), service)).lines == {}) is touches


def test_what_was_already_billed_here_is_no_service_beside() -> None:
    """Section 0: a service of the month with source `self` is our own earlier answer."""
    mine = billed("G0181", practitioner="DR_A", source="self")
    assert ask(usual_in("2024-03", worked("2024-03"), mine)).lines == {"99490": 1}


def test_a_blocking_service_blocks_the_practitioners_codes_too() -> None:
    answer = ask(usual_in("2024-03", own(60), billed("G0182", practitioner="DR_A")))
    assert answer.lines == {}
    assert answer.blockers("99491") == ["CONC-10"]


def test_several_services_are_told_together() -> None:
    services = [billed(code, f"2024-03-{day}", practitioner="DR_A") for code, day in (("90961", "05"), ("G0181", "06"))]
    answer = ask(usual_in("2024-03", worked("2024-03"), *services))
    assert answer.blockers() == ["CONC-09", "CONC-12"]


# CONC-01: transitional care covers its month of days.


def transitional(on: str, **fields: str) -> Raw:
    return billed("99495", on, practitioner="DR_A", **fields)


@pytest.mark.parametrize(
    ("through", "day", "seconds", "blocks"),
    [
        ("2019-08-18", 19, 1200, False),
        ("2019-08-18", 19, 1199, True),
        ("2019-08-18", 18, 1200, True),
        ("2019-08-30", 31, 1200, False),
        ("2019-08-31", 31, 1200, True),
        ("2019-09-03", 31, 1200, True),
        ("2019-07-31", 1, 1200, False),
        ("2019-08-01", 1, 1200, True),
    ],
)
def test_conc_01_blocks_unless_it_ended_in_the_month_and_20_minutes_lie_after(
    through: str, day: int, seconds: int, blocks: bool
) -> None:
    month = "2019-08"
    before = worked(month, 20, day=1, id="before")
    answer = ask(
        usual_in(
            month, before, worked(month, 0, seconds, day, id="after"), transitional("2019-07-20", through=through)
        ),
        month,
    )
    assert ("CONC-01" in answer.blockers()) is blocks
    assert (answer.lines == {}) is blocks


def test_conc_01_that_ended_in_time_is_told() -> None:
    answer = ask(
        usual_in("2019-08", worked("2019-08", 20, day=22), transitional("2019-07-26", through="2019-08-18")), "2019-08"
    )
    assert answer.outcomes("CONC-01") == {"advisory"}
    assert answer.lines == {"99490": 1}


def test_conc_01_counts_after_it_only_time_that_counts() -> None:
    """Time in a hospital stay is no time (TIME-08), so it does not lie after transitional care either."""
    facts = usual_in(
        "2019-08",
        worked("2019-08", 20, day=5),
        worked("2019-08", 20, day=25),
        stay("inpatient", "2019-08-24", "2019-08-26"),
        transitional("2019-07-26", through="2019-08-18"),
    )
    assert "CONC-01" in ask(facts, "2019-08").blockers()


@pytest.mark.parametrize(("discharge", "blocks"), [("2019-07-02", False), ("2019-07-03", True), ("2019-07-20", True)])
@pytest.mark.parametrize("setting", ["inpatient", "snf_part_a"])
def test_conc_01_without_through_covers_30_days_from_discharge(discharge: str, blocks: bool, setting: str) -> None:
    left = stay(setting, "2019-06-20", discharge)
    facts = usual_in("2019-08", worked("2019-08", 20, day=1), left, transitional("2019-07-22"))
    assert ("CONC-01" in ask(facts, "2019-08").blockers()) is blocks


def test_conc_01_the_instant_of_discharge_prevails_over_the_date() -> None:
    left = stay("inpatient", "2019-06-20", "2019-07-03", discharged_at=at("2019-07-02T23:59:59"))
    facts = usual_in("2019-08", worked("2019-08", 20, day=1), left, transitional("2019-07-22"))
    assert ask(facts, "2019-08").lines == {"99490": 1}


@pytest.mark.parametrize(
    "left",
    [
        stay("nursing_facility", "2019-06-20", "2019-07-03"),
        stay("inpatient", "2019-07-20", "2019-07-25"),  # after the service
        stay("inpatient", "2019-05-20", "2019-06-20"),  # more than 30 days before it
    ],
)
def test_conc_01_without_a_discharge_the_30_days_may_have_begun_with_the_service(left: Raw) -> None:
    """30 days from 22 July end on 20 August."""
    facts = usual_in("2019-08", left, transitional("2019-07-22"))
    assert "CONC-01" in ask([*facts, *listed(worked("2019-08", 20, day=20))], "2019-08").blockers()
    assert "CONC-01" not in ask([*facts, *listed(worked("2019-08", 20, day=21))], "2019-08").blockers()
    assert "CONC-01" not in ask([*facts, *listed(worked("2019-09", 20, day=2))], "2019-09").blockers()


def listed(facts: Raw | list[Raw]) -> list[Raw]:
    return facts if isinstance(facts, list) else [facts]


@pytest.mark.parametrize("setting", ["rhc", "fqhc"])
@pytest.mark.parametrize(
    ("month", "blocks"), [("2019-12", True), ("2020-01", True), ("2021-12", True), ("2022-01", False)]
)
def test_conc_01_bars_clinics_until_2022(setting: str, month: str, blocks: bool) -> None:
    facts = usual_in(
        month, worked(month), transitional(f"{month}-20", through=f"{month}-28"), setting={"type": setting}
    )
    answer = ask(facts, month)
    assert ("CONC-01" in answer.blockers("G0511")) is blocks
    assert answer.lines == ({} if blocks else {"G0511": 1})
    assert answer.outcomes("CONC-02") == (set() if blocks else {"advisory"})


@pytest.mark.parametrize(
    ("month", "blocks"), [("2020-12", False), ("2021-01", True), ("2021-12", True), ("2022-01", False)]
)
def test_rhc_03_transitional_care_in_the_month_bars_g0511_in_2021(month: str, blocks: bool) -> None:
    """RHC-03 knows no exception for 20 minutes after it, unlike CONC-01."""
    facts = usual_in(
        month, worked(month, day=25), transitional(f"{month}-02", through=f"{month}-10"), setting={"type": "rhc"}
    )
    answer = ask(facts, month)
    assert ("RHC-03" in answer.blockers("G0511")) is blocks
    assert answer.lines == ({} if blocks else {"G0511": 1})
    assert "RHC-03" not in answer.blockers("99490")


@pytest.mark.parametrize("fields", [{"practitioner": "DR_B"}, {"practitioner": "DR_Z", "same_practice": False}])
def test_conc_01_another_practitioners_transitional_care_bars_nothing(fields: Raw) -> None:
    service = {**transitional("2019-08-05", through="2019-08-31"), **fields}
    assert ask(usual_in("2019-08", worked("2019-08"), service), "2019-08").lines == {"99490": 1}


@pytest.mark.parametrize("code", codes_of("99424-99427"))
def test_conc_03_is_not_for_g0511(code: str) -> None:
    """In a clinic of 2024 CCM and PCM make a G0511 each."""
    facts = usual_in("2024-03", worked("2024-03"), billed(code, practitioner="DR_A"), setting={"type": "rhc"})
    answer = ask(facts)
    assert answer.lines == {"G0511": 1}
    assert "CONC-03" in answer.blockers("99490")
    assert "CONC-03" not in answer.blockers("G0511")


@pytest.mark.parametrize(("code", "rule"), [("G0181", "CONC-09"), ("90961", "CONC-12"), ("99375", "CONC-11")])
def test_g0511_has_the_gates_of_the_program_that_makes_it(code: str, rule: str) -> None:
    facts = usual_in(
        "2019-08", worked("2019-08"), billed(code, "2019-08-20", practitioner="DR_A"), setting={"type": "fqhc"}
    )
    answer = ask(facts, "2019-08")
    assert answer.lines == {}
    assert rule in answer.blockers("G0511")
