"""PRAC-05, PRAC-09, PRAC-10, PRAC-14 and the first half of TIME-12: whose work counts."""

import pytest

from tests.rulebook.usual_patient import Raw, ask, own, staff, timed, usual


def excluded(performer: str = "RN_1", since: str = "2024-01-01", until: str | None = None) -> Raw:
    stated = {"kind": "excluded_performer", "performer": performer, "from": since, "until": until}
    return {field: value for field, value in stated.items() if value is not None}


@pytest.mark.parametrize(
    ("role", "counts"), [("clinical_staff", True), ("practitioner", True), ("non_clinical", False)]
)
def test_prac_05_only_clinical_staff_and_practitioners_count(role: str, counts: bool) -> None:
    assert ask(usual(staff(20, id="work", role=role))).uncounted("work") == ({} if counts else {"PRAC-05": 1200})


def test_prac_09_an_excluded_performer_does_not_count() -> None:
    answer = ask(usual(staff(20, id="work"), staff(20, id="other", performer="RN_2"), excluded()))
    assert answer.uncounted("work") == {"PRAC-09": 1200}
    assert answer.uncounted("other") == {}


@pytest.mark.parametrize(
    ("day", "counts"),
    [("2024-03-11", True), ("2024-03-12", False), ("2024-03-14", False), ("2024-03-15", True)],
)
def test_prac_09_only_days_of_the_exclusion_are_out(day: str, counts: bool) -> None:
    exclusion = excluded(since="2024-03-12", until="2024-03-15")
    for entry in (
        staff(20, day, id="work"),
        timed(f"{day}T00:00", 20, id="work"),
        timed(f"{day}T23:40", 20, id="work"),
    ):
        assert ask(usual(entry, exclusion)).uncounted("work") == ({} if counts else {"PRAC-09": 1200})


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [("2024-01-01", "2024-03-01", True), ("2024-01-01", "2024-03-02", False), ("2024-03-01", None, False)],
)
def test_prac_09_exclusions_that_began_earlier_reach_into_the_month(
    since: str, until: str | None, counts: bool
) -> None:
    answer = ask(usual(staff(20, "2024-03-01", id="work"), excluded(since=since, until=until)))
    assert answer.uncounted("work") == ({} if counts else {"PRAC-09": 1200})


def test_prac_09_overlapping_exclusions_take_a_second_once() -> None:
    overlapping = [excluded(since="2024-03-01"), excluded(since="2024-03-10", until="2024-03-20")]
    assert ask(usual(timed("2024-03-12T10:00", 20, id="work"), overlapping)).uncounted("work") == {"PRAC-09": 1200}


def test_prac_09_holds_for_practitioners_too() -> None:
    assert ask(usual(own(30), excluded("DR_A"))).row("99491")["counted_seconds"] == 0


@pytest.mark.parametrize("where", ["outside_us", "patient_outside_us"])
@pytest.mark.parametrize("stated", [True, False])
def test_prac_10_work_abroad_or_for_a_patient_abroad_does_not_count(where: str, stated: bool) -> None:
    answer = ask(usual(staff(20, id="work") | {where: stated}))
    assert answer.uncounted("work") == ({"PRAC-10": 1200} if stated else {})


@pytest.mark.parametrize(("supervisor", "counts"), [(None, True), ("DR_A", True), ("DR_B", False)])
def test_prac_14_only_the_supervising_practitioner_may_bill(supervisor: str | None, counts: bool) -> None:
    entry = staff(20, id="work") | ({} if supervisor is None else {"supervised_by": supervisor})
    assert ask(usual(entry)).uncounted("work") == ({} if counts else {"PRAC-14": 1200})


@pytest.mark.parametrize("stated", [True, False])
def test_time_12_software_alone_is_nobodys_time(stated: bool) -> None:
    assert ask(usual(staff(20, id="work", automated=stated))).uncounted("work") == ({"TIME-12": 1200} if stated else {})


def test_time_16_another_practitioners_time_goes_to_the_staff_pathway_only() -> None:
    answer = ask(usual(own(30, performer="DR_B")))
    assert answer.row("99490")["counted_seconds"] == 1800
    assert answer.row("99491")["counted_seconds"] == 0


EVERYTHING_WRONG = {
    "role": "non_clinical",
    "performer": "RN_X",
    "automated": True,
    "outside_us": True,
    "supervised_by": "DR_B",
    "part_of_visit": True,
    "activity": "clerical",
}


@pytest.mark.parametrize(
    ("mended", "rule"),
    [
        ([], "PRAC-05"),
        (["role"], "PRAC-09"),
        (["role", "performer"], "TIME-12"),
        (["role", "performer", "automated"], "PRAC-10"),
        (["role", "performer", "automated", "outside_us"], "PRAC-14"),
        (["role", "performer", "automated", "outside_us", "supervised_by"], "TIME-09"),
    ],
)
def test_order_of_the_time_filters_first_half(mended: list[str], rule: str) -> None:
    """Section 0: the first that hits owns the second."""
    right = {"role": "clinical_staff", "performer": "RN_1"}
    entry = staff(20, id="work") | {
        field: right.get(field) if field in mended else value for field, value in EVERYTHING_WRONG.items()
    }
    entry = {field: value for field, value in entry.items() if value is not None}
    others = [
        {"kind": "death", "on": "2024-03-11"},
        {"kind": "stay", "setting": "inpatient", "from": "2024-03-10", "until": "2024-03-20"},
        {"kind": "stay", "setting": "hospice", "from": "2024-03-10"},
    ]
    facts = usual(entry, excluded("RN_X"), others, coverage={"from": "2024-03-25"}, consent={"on": "2024-03-26"})
    assert ask(facts).uncounted("work") == {rule: 1200}


@pytest.mark.parametrize(
    ("gone", "rule"),
    [
        (0, "TIME-09"), (1, "TIME-08"), (2, "ELIG-07"), (3, "ELIG-04"), (4, "INIT-07"), (5, "CONS-01"), (6, "TIME-07"),
        (7, "TIME-12"),
    ],
)  # fmt: skip
def test_order_of_the_time_filters_second_half(gone: int, rule: str) -> None:
    others = [
        {"kind": "death", "on": "2024-03-11"},
        {"kind": "stay", "setting": "inpatient", "from": "2024-03-10", "until": "2024-03-20"},
        {"kind": "stay", "setting": "hospice", "from": "2024-03-10"},
    ][gone:]
    changes: dict[str, Raw | None] = {}
    if gone <= 3:
        changes["coverage"] = {"from": "2024-03-25"}
    if gone <= 4:
        changes["visit"] = {"on": "2024-03-24"}
    if gone <= 5:
        changes["consent"] = {"on": "2024-03-26"}
    entry = staff(20, id="work", activity="clerical", part_of_visit=gone <= 6)
    assert ask(usual(entry, others, changes=changes)).uncounted("work") == {rule: 1200}
