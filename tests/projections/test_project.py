"""Projections against published figures: relative values and factors of the year, multiplied by hand."""

from typing import Any

import pytest

from app.errors import Invalid
from app.ledger.panel import RecordedPanel
from app.projections.priced import billed_once, offered
from app.rulebook import loader
from tests.projections.asking import added, assumption, projected, units
from tests.rulebook.usual_patient import ask, decision, own, plan_work, staff, usual

WORK = {
    "clinical_staff": lambda seconds: [staff(seconds=seconds)],
    "complex": lambda seconds: [staff(seconds=seconds), decision(), plan_work()],
    "practitioner": lambda seconds: [own(seconds=seconds)],
}

CONTRACTOR_PRICED = {"98978", "98986"}


def refused(**asked: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(Invalid) as problem:
        projected(**asked)
    return [(error.pointer, error.detail) for error in problem.value.errors]


def test_a_thousand_patients_by_hand() -> None:
    found = projected(1_000)
    # 68 % of 1,000, then 40 % of 680.
    assert (found.panel.qualifying_patients, found.panel.enrolled_patients) == (680, 272)
    # 99490 in 2026: 1.98 x 33.4009 = 66.1338. The patient owes 20 %, 13.226; of the remaining 52.90 Medicare keeps 2 %, 1.058.
    (kind,) = found.kinds
    assert units(found) == {"99490": 1}
    assert (kind.allowed_cents, kind.patient_owes_cents, kind.medicare_cents) == (6_613, 1_323, 5_184)
    # 5 % of 272 claims are 13.6; 258.4 are paid 51.84 + 13.23: 16,814.088. 272 patients take 20 minutes at 93 cents.
    full = found.full_month
    assert (full.claims, full.denied_claims) == (272, 14)
    assert (full.medicare_cents, full.patients_paid_cents) == (1_339_546, 341_863)
    assert (full.revenue_cents, full.staff_cost_cents, full.profit_cents) == (1_681_409, 505_920, 1_175_489)
    # Twelve times 16,814.088, and twelve times 13.6 claims.
    assert (found.full_year.revenue_cents, found.full_year.denied_claims) == (20_176_906, 163)
    # 0.95 x 65.07 = 61.8165 at 93 cents a minute: 66.47.
    assert kind.break_even_minutes == 66


def test_the_first_year_is_its_twelve_months() -> None:
    found = projected(1_000)
    # 272 over twelve months: 22.67, 45.33, 68 …
    assert [month.enrolled_patients for month in found.months[:4]] == [23, 45, 68, 91]
    assert abs(found.months[11].figures.profit_cents - found.full_month.profit_cents) <= 1
    assert found.first_year == added([month.figures for month in found.months])
    assert found.first_year.claims == sum(month.enrolled_patients for month in found.months) == 1_768


def test_the_patients_who_break_even_make_no_loss() -> None:
    assumed = {"qualifying_basis_points": 10_000, "enrolling_basis_points": 10_000, "fixed_month_cents": 43_000}
    # A patient brings 61.8165 and costs 18.60: ten bring 432.165 more than they cost, and nine 388.95.
    ten, nine = projected(10, assumptions=assumed), projected(9, assumptions=assumed)
    assert ten.break_even_patients == nine.break_even_patients == 10
    assert (ten.full_month.profit_cents, nine.full_month.profit_cents) == (217, -4_105)
    assert ten.full_year.denied_claims == 6


@pytest.mark.parametrize(
    ("pathway", "minutes", "month", "billed"),
    [
        ("clinical_staff", 19, "2026-03", {}),
        ("clinical_staff", 39, "2026-03", {"99490": 1}),
        ("clinical_staff", 40, "2026-03", {"99490": 1, "99439": 1}),
        ("clinical_staff", 200, "2026-03", {"99490": 1, "99439": 2}),
        ("clinical_staff", 45, "2020-03", {"99490": 1, "G2058": 1}),
        ("clinical_staff", 45, "2019-03", {"99490": 1}),
        ("practitioner", 59, "2026-03", {"99491": 1}),
        ("practitioner", 60, "2026-03", {"99491": 1, "99437": 1}),
        ("practitioner", 240, "2026-03", {"99491": 1, "99437": 2}),
        ("practitioner", 60, "2021-03", {"99491": 1}),
        ("complex", 59, "2026-03", {}),
        ("complex", 90, "2026-03", {"99487": 1, "99489": 1}),
        ("complex", 600, "2026-03", {"99487": 1, "99489": 10}),
    ],
)
def test_whole_increments_as_the_law_of_the_month_has_them(
    pathway: str, minutes: int, month: str, billed: dict[str, int]
) -> None:
    found = projected(service_month=month, pathway=pathway, assumptions={"counted_minutes": minutes})
    assert units(found) == billed
    assert bool(found.full_month.claims) == bool(billed)
    # Minutes that are worth nothing cost as much as others.
    assert found.full_month.staff_cost_cents > 0


@pytest.mark.parametrize("pathway", WORK)
@pytest.mark.parametrize("minutes", range(0, 400, 13))
def test_what_is_projected_is_what_would_be_determined(pathway: str, minutes: int) -> None:
    """The service's own answer for a patient with that many minutes, where the pathway is the one it bills."""
    found = projected(service_month="2024-03", pathway=pathway, assumptions={"counted_minutes": minutes})
    lines = ask(usual(*(WORK[pathway](minutes * 60) if minutes else []))).lines
    base = next(one.base_code for one in loader.law("2024-03").pathways["ccm"] if one.name == pathway)
    if base in lines or not lines:
        assert units(found) == lines


@pytest.mark.parametrize(
    ("month", "assumed", "cents"),
    [
        ("2026-03", {}, 6_613),
        # 1.31 facility units x 33.4009 = 43.755; 1.98 x the qualifying 33.5675 = 66.464; 85 % of 66.134 = 56.214.
        ("2026-03", {"facility": True}, 4_376),
        ("2026-03", {"qualifying_apm": True}, 6_646),
        ("2026-03", {"credential": "NP"}, 5_621),
        # San Francisco: (1.00 x 1.095 + 0.91 x 1.410 + 0.07 x 0.425) x 33.4009 = 2.40785 x 33.4009.
        ("2026-03", {"locality": "01112-05"}, 8_042),
        # The factor of 9 March 2024 holds at the month's end: 1.88 x 33.2875. In February it was 32.7442.
        ("2024-03", {}, 6_258),
        ("2024-02", {}, 6_156),
    ],
)
def test_amounts_of_place_time_and_person(month: str, assumed: dict[str, Any], cents: int) -> None:
    assert projected(service_month=month, assumptions=assumed).kinds[0].allowed_cents == cents


def test_kinds_of_month_tell_what_an_average_hides() -> None:
    alike = projected(assumptions={"counted_minutes": 30})
    mixed = projected(
        mix=[
            {"pathway": "clinical_staff", "share_basis_points": 5_000, "counted_minutes": 20},
            {"pathway": "clinical_staff", "share_basis_points": 5_000, "counted_minutes": 40},
        ]
    )
    assert [kind.enrolled_patients for kind in mixed.kinds] == [136, 136]
    assert alike.full_month.staff_cost_cents == mixed.full_month.staff_cost_cents == 272 * 30 * 93
    # Half of them reach 99439: 1.51 x 33.4009 = 50.435 each.
    assert units(alike) == {"99490": 1}
    assert units(mixed, 1) == {"99490": 1, "99439": 1}
    assert mixed.kinds[1].allowed_cents == 6_613 + 5_044


def test_the_practitioners_minutes_cost_the_practitioners() -> None:
    found = projected(pathway="practitioner")
    assert found.kinds[0].counted_minutes == 30
    assert found.full_month.staff_cost_cents == 272 * 30 * 250
    names = {one.name for one in found.assumptions}
    assert "practitioner_minute_cents" in names and "staff_minute_cents" not in names


def test_an_assumption_says_whose_it_is() -> None:
    found = projected(assumptions={"denial_basis_points": 800})
    denial, qualifying = assumption(found, "denial_basis_points"), assumption(found, "qualifying_basis_points")
    assert (denial.origin, denial.value, denial.default) == ("given", 800, 500)
    assert (qualifying.origin, qualifying.value, qualifying.standing) == ("default", 6_800, "trade")
    assert qualifying.sources[0].url == "https://doi.org/10.5888/pcd10.120137"
    # Whoever states the default has stated it.
    assert assumption(projected(assumptions={"denial_basis_points": 500}), "denial_basis_points").origin == "given"


def test_a_default_nothing_founds_says_so() -> None:
    for one in projected(pathway="practitioner").assumptions:
        if one.standing == "product" and one.name not in {"credential", "fee_schedule"}:
            assert one.says.startswith("Nothing we read states it")
        if one.standing in {"read", "trade"}:
            assert one.sources


def test_a_year_without_figures_names_those_that_stand_in() -> None:
    found = projected(service_month="2027-05", assumptions={"locality": "01112-05"})
    figures = assumption(found, "fee_schedule")
    assert (figures.value, figures.standing) == ("2026 C", "product")
    assert (
        figures.says
        == "No figures are published for 2027: those of 2026, the newest year that has them, stand in for every month."
    )
    assert found.kinds[0].allowed_cents == 8_042
    assert assumption(projected(), "fee_schedule").standing == "read"


def test_a_stored_panel_qualifies_by_what_is_recorded() -> None:
    recorded = RecordedPanel(patients=12, medicare_patients=9, qualifying_patients=6, taking_part=4)
    found = projected(recorded=recorded)
    # 40 % of 6 are 2.4, but four take part already: they are enrolled from the first month.
    assert (found.panel.medicare_patients, found.panel.qualifying_patients, found.panel.enrolled_patients) == (9, 6, 4)
    assert [month.enrolled_patients for month in found.months] == [4] * 12
    assert found.panel.recorded == recorded
    qualifying, enrolling = assumption(found, "qualifying_basis_points"), assumption(found, "enrolling_basis_points")
    assert (qualifying.origin, qualifying.value, qualifying.default) == ("recorded", 6_667, 6_800)
    assert (enrolling.origin, enrolling.value, enrolling.default) == ("recorded", 6_667, 4_000)
    for share in (qualifying, enrolling):
        assert (share.standing, share.sources) == ("recorded", ())
    assert qualifying.says == (
        "Counted in the practice's records: of 9 Medicare patients 6 have two or more condition codes in force."
    )
    assert enrolling.says == "Counted in the practice's records: of 6 who qualify 4 take part already."


def test_a_share_given_goes_before_what_is_recorded() -> None:
    recorded = RecordedPanel(patients=12, medicare_patients=9, qualifying_patients=6, taking_part=4)
    # Half of 9 is 5; of them 40 % would be 2, and four take part.
    half = projected(recorded=recorded, assumptions={"qualifying_basis_points": 5_000})
    assert (half.panel.qualifying_patients, half.panel.enrolled_patients) == (5, 4)
    fewer = projected(recorded=recorded, assumptions={"enrolling_basis_points": 5_000})
    assert (fewer.panel.qualifying_patients, fewer.panel.enrolled_patients) == (6, 3)
    assert assumption(fewer, "enrolling_basis_points").origin == "given"


def test_those_who_take_part_are_joined_by_others() -> None:
    recorded = RecordedPanel(patients=100, medicare_patients=100, qualifying_patients=50, taking_part=8)
    found = projected(recorded=recorded)
    # 40 % of 50 are 20: eight are there, and one more enrols each month.
    assert [month.enrolled_patients for month in found.months] == list(range(9, 21))
    assert assumption(found, "enrolling_basis_points").origin == "default"
    # Whoever takes part qualifies, whatever codes are recorded.
    plain = RecordedPanel(patients=100, medicare_patients=100, qualifying_patients=0, taking_part=8)
    assert projected(recorded=plain).panel.enrolled_patients == 8
    assert projected(recorded=plain).panel.qualifying_patients == 8


def test_other_programs_by_hand() -> None:
    # 99484 in 2026: 1.72 x 33.4009. 99457: 1.55, and 99458 1.24 for each further 20 minutes.
    assert projected(program="bhi").kinds[0].allowed_cents == 5_745
    monitored = projected(program="rpm", pathway="monitoring", assumptions={"counted_minutes": 45})
    assert units(monitored) == {"99457": 1, "99458": 1}
    assert monitored.kinds[0].allowed_cents == 5_177 + 4_142
    # Ten minutes have a code of their own, which twenty have not: they have 99457.
    for minutes, billed in ((9, {}), (10, {"99470": 1}), (19, {"99470": 1}), (20, {})):
        short = projected(program="rpm", pathway="monitoring_short", assumptions={"counted_minutes": minutes})
        assert units(short) == billed


def test_a_code_without_minutes_costs_work_and_its_device() -> None:
    # A device's readings: 1.56 x 33.4009. Its code asks for no minutes; 20 are assumed, at 93 cents.
    assumed = {"device_month_cents": 2_500}
    supplied = projected(program="rpm", pathway="device_supply", assumptions=assumed)
    (kind,) = supplied.kinds
    assert (kind.counted_minutes, kind.allowed_cents, kind.device_cents) == (20, 5_211, 2_500)
    full = supplied.full_month
    assert (full.staff_cost_cents, full.device_cost_cents) == (272 * 1_860, 272 * 2_500)
    assert full.profit_cents == full.revenue_cents - full.staff_cost_cents - full.device_cost_cents
    # 0.95 x 51.27 less 25 leave 23.71 for work at 93 cents a minute.
    assert (kind.medicare_cents + kind.patient_owes_cents, kind.break_even_minutes) == (5_128, 25)
    minutes = assumption(supplied, "counted_minutes")
    assert (minutes.origin, minutes.value, minutes.default, minutes.standing) == ("default", 20, 20, "product")
    device = assumption(projected(program="rtm", pathway="therapeutic_respiratory"), "device_month_cents")
    assert (device.value, device.standing) == (0, "product") and device.says.startswith("Nothing we read states it")
    primary = projected(program="apcm", assumptions=assumed)
    assert primary.full_month.staff_cost_cents == 272 * 1_860 and not primary.full_month.device_cost_cents
    assert "device_month_cents" not in {one.name for one in projected().assumptions}
    assert assumption(projected(), "counted_minutes").standing == "derived"


@pytest.mark.parametrize(
    ("month", "withheld", "standing", "medicare"),
    [
        # 99490 in 2020: 42.22, of which the patient owes 8.44: 33.78 are left, less 2 % of it 33.10.
        ("2020-04", 200, "read", 3_310),
        ("2020-05", 0, "secondary", 3_378),
        ("2022-03", 0, "secondary", None),
        ("2022-04", 100, "secondary", None),
        ("2022-06", 100, "secondary", None),
        ("2022-07", 200, "read", None),
        ("2015-01", 200, "read", None),
        ("2027-12", 200, "read", None),
    ],
)
def test_sequestration_is_of_the_service_month(month: str, withheld: int, standing: str, medicare: int | None) -> None:
    found = projected(service_month=month)
    one = assumption(found, "sequestration_basis_points")
    assert (one.value, one.default, one.standing, bool(one.sources)) == (withheld, withheld, standing, True)
    if medicare is not None:
        assert found.kinds[0].medicare_cents == medicare


def test_a_cost_says_of_which_year_it_is() -> None:
    says = assumption(projected(), "staff_minute_cents").says
    assert "in May 2022" in says and "of June 2020" in says and "whatever month's amounts" in says


def test_a_share_read_for_another_program_is_a_choice_of_ours() -> None:
    qualifying = assumption(projected(program="bhi"), "qualifying_basis_points")
    assert (qualifying.standing, qualifying.value) == ("product", 6_800)
    assert qualifying.says.startswith("Nothing we read states it for this program")
    recorded = RecordedPanel(patients=9, medicare_patients=9, qualifying_patients=1, taking_part=0)
    # Two condition codes say nothing of who qualifies for it: 68 % of 9 are 6.12.
    found = projected(recorded=recorded, program="bhi")
    assert found.panel.qualifying_patients == 6
    assert assumption(found, "qualifying_basis_points").origin == "default"


def test_what_is_billed_once_is_no_month() -> None:
    book = {pathway.name: pathway for _, pathway in loader.book().pathways}
    assert set(billed_once()) <= set(book)
    assert {name for name, pathway in book.items() if pathway.apart or pathway.date_is_fixed} <= set(billed_once())


def test_every_pathway_of_the_law_is_projected_or_told_why_not() -> None:
    law = loader.law("2026-03")
    for program in law.pathways:
        for pathway in offered(law, program):
            if pathway.base_code in CONTRACTOR_PRICED:
                assert (
                    f"print no amount for {pathway.base_code}" in refused(program=program, pathway=pathway.name)[0][1]
                )
                continue
            found = projected(program=program, pathway=pathway.name)
            assert units(found)[pathway.base_code] == 1 and found.full_month.revenue_cents > 0


def test_nobody_brings_nothing() -> None:
    found = projected(0)
    assert found.full_month == added([])
    assert found.kinds[0].break_even_minutes == 66


def test_what_the_law_or_the_figures_do_not_know_is_told_in_its_place() -> None:
    assert refused(service_month="2014-12") == [("/service_month", "The rule book covers 2015-01 to 2027-12.")]
    assert [pointer for pointer, _ in refused(program="apcm", service_month="2015-01")] == ["/program"]
    known = "clinical_staff, practitioner, complex"
    assert refused(pathway="planning") == [("/pathway", f"The law of the month has for this program: {known}.")]
    share = {"share_basis_points": 5_000}
    mix = [{"pathway": "complex", **share}, {"pathway": "nothing", **share}]
    assert [pointer for pointer, _ in refused(mix=mix)] == ["/mix/1/pathway"]
    assert refused(service_month="2024-03", pathway="general_care_management") == [
        ("/pathway", "The figures of 2024 print no amount for G0511 there.")
    ]
    unknown = [("/assumptions/locality", "The figures of 2026 know no such locality.")]
    assert refused(assumptions={"locality": "99999-99"}) == unknown
    # The years before 2019 have national amounts outside facilities, and no others.
    assert refused(service_month="2016-03", assumptions={"facility": True})[0][0] == "/pathway"


@pytest.mark.parametrize(
    ("asked", "pointers"),
    [
        ({"panel": {}}, ["/panel"]),
        ({"panel": {"medicare_patients": 1, "stored": True}}, ["/panel"]),
        ({"panel": {"stored": False}}, ["/panel"]),
        ({"panel": {"medicare_patients": -1}}, ["/panel/medicare_patients"]),
        ({"pathway": "complex", "mix": [{"pathway": "complex", "share_basis_points": 10_000}]}, ["/pathway"]),
        ({"mix": []}, ["/mix"]),
        ({"mix": [{"pathway": "complex", "share_basis_points": 9_999}]}, ["/mix"]),
        ({"mix": [{"pathway": "complex"}]}, ["/mix/0/share_basis_points"]),
        ({"mix": [{"pathway": "complex", "share_basis_points": 1}] * 11}, ["/mix"]),
        ({"assumptions": {"denial_basis_points": 10_001}}, ["/assumptions/denial_basis_points"]),
        ({"assumptions": {"months_until_enrolled": 0}}, ["/assumptions/months_until_enrolled"]),
        ({"assumptions": {"minutes": 20}}, ["/assumptions/minutes"]),
        ({"service_month": None, "program": "acp"}, ["/service_month", "/program"]),
    ],
)
def test_what_is_no_question_is_told_at_once(asked: dict[str, Any], pointers: list[str]) -> None:
    assert [pointer for pointer, _ in refused(**asked)] == pointers


@pytest.mark.parametrize(
    "asked", [{"pathway": "CLINICAL_STAFF"}, {"mix": [{"pathway": "CPT 99490", "share_basis_points": 10_000}]}]
)
def test_a_pathway_written_otherwise_is_told_how(asked: dict[str, Any]) -> None:
    ((_, detail),) = refused(**asked)
    assert detail.startswith("A pathway's name") and "in lower case: clinical_staff, practitioner, complex." in detail


def test_null_is_absent() -> None:
    plain = projected()
    assert projected(panel={"medicare_patients": 1_000, "stored": None}) == plain
    assert refused(panel={"medicare_patients": None, "stored": None}) == refused(panel={}) != []
    assert projected(pathway=None, mix=None, assumptions={"denial_basis_points": None}) == plain
