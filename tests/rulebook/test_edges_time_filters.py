"""Each time filter at the days it begins and ends, for entries with instants and for those that name a day only."""

import pytest

from tests.rulebook.usual_patient import Answer, Raw, ask, at, consent, staff, stay, timed, usual, visit

DAYS = [1, 2, 4, 5, 6, 7, 10, 11, 12, 20, 30, 31]


def day_of_march(day: int) -> str:
    return f"2024-03-{day:02}"


def of_each_kind(day: int) -> list[Raw]:
    return [
        staff(1, day_of_march(day), id=f"day-{day}"),
        timed(f"{day_of_march(day)}T00:00", 1, id=f"first-{day}"),
        timed(f"{day_of_march(day)}T23:58", 1, id=f"last-{day}"),
    ]


def out(answer: Answer, rule: str) -> list[int]:
    """The days on which nothing counts under a rule; on every other day everything does."""
    found = []
    for day in DAYS:
        taken = [answer.uncounted(f"{kind}-{day}").get(rule, 0) for kind in ("day", "first", "last")]
        assert taken in ([60, 60, 60], [0, 0, 0]), (day, taken)
        if taken[0]:
            found.append(day)
    return found


EVERY_DAY = [fact for day in DAYS for fact in of_each_kind(day)]


def test_cons_01_the_day_of_consent_counts_and_none_before() -> None:
    assert out(ask(usual(EVERY_DAY, consent={"on": "2024-03-05"})), "CONS-01") == [1, 2, 4]


def test_cons_01_by_policy_the_day_of_consent_does_not_count() -> None:
    policy = {"count_same_day_as_consent": False}
    assert out(ask(usual(EVERY_DAY, consent={"on": "2024-03-05"}), policy=policy), "CONS-01") == [1, 2, 4, 5]
    assert out(ask(usual(EVERY_DAY, consent={"on": "2024-03-06"}), policy=policy), "CONS-01") == [1, 2, 4, 5, 6]
    assert out(ask(usual(EVERY_DAY, consent={"on": "2024-03-01"}), policy=policy), "CONS-01") == [1]
    assert out(ask(usual(EVERY_DAY, consent={"on": "2024-02-29"}), policy=policy), "CONS-01") == []


def test_cons_01_a_consent_of_the_first_or_of_the_month_before_takes_nothing() -> None:
    assert out(ask(usual(EVERY_DAY, consent={"on": "2024-03-01"})), "CONS-01") == []
    assert out(ask(usual(EVERY_DAY, consent={"on": "2024-02-29"})), "CONS-01") == []


@pytest.mark.parametrize("same_day", [True, False])
def test_cons_01_both_instants_known_are_compared_whatever_the_policy(same_day: bool) -> None:
    entry = timed("2024-03-05T09:50", 30, id="work")
    given = {"on": None, "at": at("2024-03-05T10:00")}
    answer = ask(usual(entry, consent=given), policy={"count_same_day_as_consent": same_day})
    assert answer.uncounted("work") == {"CONS-01": 600}
    assert answer.counted == 1200


@pytest.mark.parametrize(("on", "days"), [("2024-03-05", [1, 2, 4]), ("2024-03-01", []), ("2024-03-02", [1])])
def test_init_07_nothing_counts_before_the_needed_visit_and_its_day_does(on: str, days: list[int]) -> None:
    assert out(ask(usual(EVERY_DAY, visit={"on": on, "code": "99203"})), "INIT-07") == days


@pytest.mark.parametrize(
    ("on", "days"),
    [
        ("2024-03-31", []),
        ("2024-03-30", [31]),
        ("2024-03-10", [11, 12, 20, 30, 31]),
        ("2024-03-01", DAYS[1:]),
        ("2024-02-29", DAYS),
        ("2024-02-10", DAYS),
    ],
)
def test_time_09_the_day_of_death_counts_and_none_after(on: str, days: list[int]) -> None:
    assert out(ask(usual(EVERY_DAY, {"kind": "death", "on": on})), "TIME-09") == days


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2024-03-05", "2024-03-10", [5, 6, 7, 10]),
        ("2024-03-05", "2024-03-05", [5]),
        ("2024-02-10", "2024-03-01", [1]),
        ("2024-02-10", "2024-02-29", []),
        ("2024-03-31", None, [31]),
        ("2024-03-30", "2024-04-10", [30, 31]),
        ("2024-04-01", None, []),
    ],
)
@pytest.mark.parametrize(("setting", "rule"), [("inpatient", "TIME-08"), ("hospice", "ELIG-07")])
def test_a_stay_without_instants_closes_its_days_both_edges_included(
    since: str, until: str | None, days: list[int], setting: str, rule: str
) -> None:
    assert out(ask(usual(EVERY_DAY, stay(setting, since, until))), rule) == days


def test_time_08_work_of_an_edge_day_that_names_the_day_only_is_out_instants_or_not() -> None:
    instants = {"admitted_at": at("2024-03-05T12:00"), "discharged_at": at("2024-03-07T12:00")}
    answer = ask(usual(EVERY_DAY, stay("inpatient", "2024-03-05", "2024-03-07", **instants)))
    named = [day for day in DAYS if answer.uncounted(f"day-{day}")]
    assert named == [5, 6, 7]
    assert answer.uncounted("first-5") == {}
    assert answer.uncounted("last-5") == {"TIME-08": 60}
    assert answer.uncounted("first-7") == {"TIME-08": 60}
    assert answer.uncounted("last-7") == {}


def test_elig_07_a_stay_attended_by_the_biller_opens_its_days_again() -> None:
    elections = [
        stay("hospice", "2024-03-05", "2024-03-12", attending="DR_H"),
        stay("hospice", "2024-03-07", "2024-03-10", attending="DR_A"),
    ]
    assert out(ask(usual(EVERY_DAY, elections)), "ELIG-07") == [5, 6, 11, 12]


@pytest.mark.parametrize(("day", "advises"), [(4, False), (5, True), (10, True), (11, False)])
def test_elig_07_advises_a_modifier_only_for_work_inside_the_election(day: int, advises: bool) -> None:
    attended = stay("hospice", "2024-03-05", "2024-03-10", attending="DR_A")
    foreign = stay("hospice", "2024-03-05", "2024-03-10", attending="DR_H")
    for work in (staff(20, day_of_march(day)), timed(f"{day_of_march(day)}T12:00", 20)):
        assert ("advisory" in ask(usual(work, attended)).outcomes("ELIG-07")) is advises
        unrelated = work | {"unrelated_to_terminal_illness": True}
        answer = ask(usual(unrelated, foreign))
        assert ("advisory" in answer.outcomes("ELIG-07")) is advises
        assert answer.lines == {"99490": 1}


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2024-03-05", "2024-03-10", [5, 6, 7]),
        ("2024-02-05", "2024-03-02", [1]),
        ("2024-03-31", None, [31]),
        ("2024-03-01", "2024-04-01", DAYS),
    ],
)
def test_prac_09_an_excluded_persons_days_run_up_to_the_day_the_exclusion_ends(
    since: str, until: str | None, days: list[int]
) -> None:
    excluded = {"kind": "excluded_performer", "performer": "RN_1", "from": since}
    if until is not None:
        excluded["until"] = until
    assert out(ask(usual(EVERY_DAY, excluded)), "PRAC-09") == days


@pytest.mark.parametrize(
    ("since", "until", "covered"),
    [
        ("2023-01-01", None, DAYS),
        ("2024-03-01", None, DAYS),
        ("2024-03-10", "2024-03-20", [10, 11, 12]),
        (None, "2024-03-10", [1, 2, 4, 5, 6, 7]),
        ("2024-03-31", None, [31]),
        ("2023-01-01", "2024-03-02", [1]),
        ("2024-03-01", "2024-06-01", DAYS),
    ],
)
def test_elig_04_the_days_of_cover_count_and_no_others(
    since: str | None, until: str | None, covered: list[int]
) -> None:
    answer = ask(usual(EVERY_DAY, coverage={"from": since, "until": until}))
    assert out(answer, "ELIG-04") == [day for day in DAYS if day not in covered]


def test_time_07_by_policy_staff_time_is_dropped_on_the_day_of_a_visit_alone() -> None:
    policy = {"count_staff_time_on_visit_day": False}
    answer = ask(
        usual(EVERY_DAY, visit("2024-03-05"), visit("2024-03-31"), visit("2024-03-11", practitioner="DR_B")),
        policy=policy,
    )
    assert out(answer, "TIME-07") == [5, 31]
    assert out(ask(usual(EVERY_DAY, visit("2024-03-05"))), "TIME-07") == []


def test_a_consent_of_another_program_dated_after_the_month_names_nothing() -> None:
    """PROG-00 looks at facts dated up to the end of the month, to the second where they have instants."""
    for later in ({"on": "2024-04-01"}, {"on": None, "at": at("2024-04-01T00:00")}):
        answer = ask(usual(staff(20), consent(program="bhi", **later)))
        assert answer.blockers("99484") == ["PROG-00"]
    for within in ({"on": "2024-03-31"}, {"on": None, "at": at("2024-03-31T23:59")}):
        answer = ask(usual(staff(20), consent(program="bhi", **within)))
        assert answer.blockers("99484") != ["PROG-00"]
