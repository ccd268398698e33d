"""NCCI pairs of one date (rule book, 11.2): the table, typed a second time, and what an answer does with a pair."""

from typing import Final

import pytest

from app.rulebook import loader
from tests.rulebook.usual_patient import (
    Answer,
    Raw,
    ask,
    billed,
    codes_of,
    decision,
    own,
    plan_work,
    staff,
    usual,
    visit,
)

OURS: Final = ("99490", "99439", "99491", "99437", "99487", "99489", "G0506")

# 0: never; 1: with a modifier; -: no pair. The columns are OURS.
TABLE: Final = """
90951-90970, 99374-99375, 99377-99380, 99426, 99474                                      | 0 0 0 0 0 0 0
99424, 99425, 99427, 99473                                                               | 0 0 0 0 0 0 -
90791, 90792, 90832-90838, 94002-94004, 94660, 94662, 96127, G0181, G0182                | 0 - 0 - 0 0 0
98960-98962, 98966-98968, 99071, 99078, 99080, 99358, 99359, 99418                       | 0 1 0 - 0 0 0
98970-98972                                                                              | 0 1 0 1 0 1 0
99366-99368                                                                              | 0 1 0 0 0 0 0
99421, 99422                                                                             | 0 1 0 1 0 0 0
99423                                                                                    | 1 1 0 1 0 0 0
99605-99607                                                                              | 0 0 0 1 0 0 0
93792, 93793                                                                             | 0 1 0 - 0 0 -
99091                                                                                    | 1 1 0 1 1 1 0
99441-99443                                                                              | - 0 - - - - -
99484                                                                                    | - - 1 1 - - -
98978                                                                                    | - 0 - 0 - - -
99457, 99458, 98980, 98981                                                               | - - - - - - 0
99202-99215, 99221-99239, 99242-99255, 99281-99285, 99304-99316, 99341-99350, 99381-99397 | - - - - 1 1 -
77261-77790, 95115-95180, 97151-97158                                                    | 1 - 1 - 1 1 1
95004-95079                                                                              | 1 - 1 - 1 - 1
"""
# A pair holds while both codes are valid: months from which, and until which, they are (section 1; those of others unsaid).
BEGUN: Final = {
    "99487": "2017-01", "99489": "2017-01", "G0506": "2017-01", "99491": "2019-01", "99439": "2021-01", "99437": "2022-01",
    "99424": "2022-01", "99425": "2022-01", "99426": "2022-01", "99427": "2022-01", "99484": "2018-01", "99492": "2018-01",
    "99493": "2018-01", "99494": "2018-01", "99453": "2019-01", "99454": "2019-01", "99457": "2019-01", "99458": "2020-01",
    "98975": "2022-01", "98976": "2022-01", "98977": "2022-01", "98978": "2023-01", "98980": "2022-01", "98981": "2022-01",
    "G0511": "2018-01", "G0512": "2018-01", "99473": "2020-01", "99474": "2020-01",
}  # fmt: skip
ENDED: Final = {
    "99358": "2023-01", "99359": "2023-01", "99441": "2025-01", "99442": "2025-01", "99443": "2025-01", "G0511": "2025-10",
    "G0512": "2026-01",
}  # fmt: skip


def valid(code: str, month: str) -> bool:
    return BEGUN.get(code, "") <= month < ENDED.get(code, "9999-99")


# 11.2's row of G0511 is met by no line of CCM: a claim of G0511 blocks it (CONC-28).
OF_G0511: Final = {("99490", "G0511"): 0, ("99487", "G0511"): 0}


def pairs() -> dict[tuple[str, str], int]:
    """Ours and a neighbour, and the indicator; the family's own pair with G0506 too."""
    found = {("99487", "G0506"): 0, ("G0506", "99487"): 0}
    for line in TABLE.strip().splitlines():
        codes, _, cells = line.partition("|")
        for code in codes_of(codes):
            found |= {(ours, code): int(cell) for ours, cell in zip(OURS, cells.split(), strict=True) if cell != "-"}
    return found


@pytest.mark.parametrize("month", ["2020-01", "2022-12", "2023-01", "2024-07", "2024-12", "2025-01", "2027-12"])
def test_the_table_of_pairs(month: str) -> None:
    edits = loader.law(month).edits
    stated = {(ours, code): edit.indicator for ours in OURS for code, edit in edits.get(ours, {}).items()}
    known = pairs() | OF_G0511
    expected = {pair: indicator for pair, indicator in known.items() if all(valid(code, month) for code in pair)}
    assert {
        pair: indicator for pair, indicator in stated.items() if all(valid(code, month) for code in pair)
    } == expected
    assert not [pair for pair in stated if pair[1] in ENDED and not valid(pair[1], month)]


# Lines of other programs, from the file of pairs itself; x: 0, deleted on 2019-12-31 and not made again. The columns, each
# a group of characters: 99424-99427; 99484; 99492-99494, G0512; 99453, 99454, 99457, 99458; 98975-98978, 98980, 98981;
# 99495, 99496; G0511.
OF_OTHER_PROGRAMS: Final = codes_of(
    "99424-99427 99484 99492-99494 G0512 99453 99454 99457 99458 98975-98978 98980 98981 99495 99496 G0511"
)
NEIGHBOURS: Final = """
99490, 99487             | 0000 - ---- ---- ------ xx 0
99489                    | 0000 - ---- ---- ------ xx -
99491                    | 0000 1 ---- ---- ------ xx -
99437                    | 0000 1 ---- ---- ---0-- -- -
99439                    | 0000 - ---- ---- ---0-- -- -
G0506                    | --0- - ---- --00 ----00 -- -
G0511                    | --0- - ---- ---- ------ 00 -
99424                    | --00 1 ---- ---- ---0-- 00 -
99425                    | --00 1 ---- ---- ---0-- -- -
99426                    | 00-- 1 ---- ---- ---0-- -- 0
99427                    | 00-- 1 ---- ---- ---0-- 00 -
99484                    | 1111 - 0000 ---- ---0-- -- -
99492                    | ---- 0 -0-0 ---- ---0-- 10 -
99493                    | ---- 0 0--0 ---- ---0-- 10 -
99494                    | ---- 0 ---- ---- ---0-- 00 -
G0512                    | ---- 0 00-- ---- ------ 10 -
99453, 99454             | ---- - ---- ---- 1110-- -- -
99457, 99458             | ---- - ---- ---- ---00- -- -
98975-98977              | ---- - ---- 11-- ---0-- -- -
98978                    | 0000 0 000- 0000 000--- -- -
98980                    | ---- - ---- --00 ------ -- -
99495                    | 0--0 - 1101 ---- ------ -0 0
99496                    | 0--0 - 0000 ---- ------ 0- 0
90951-90970              | 0000 0 0000 ---- ------ xx 0
G0181, G0182             | 0-00 0 0000 ---- ------ xx 0
99091                    | 1111 0 000- 0010 000000 xx -
99473                    | 0000 - ---- 000- 000-0- 00 -
99474                    | 0000 0 000- 000- 000-0- 00 -
99202-99205, 99211-99215 | --11 - ---- ---- ------ -- -
"""


def of_other_programs(month: str) -> dict[tuple[str, str], int]:
    """A line of another program and the code on its date, and the indicator, of the pairs of a month."""
    found = {}
    for row in NEIGHBOURS.strip().splitlines():
        codes, _, cells = row.partition("|")
        marks = dict(zip(OF_OTHER_PROGRAMS, cells.replace(" ", ""), strict=True))
        for code in codes_of(codes):
            for ours, mark in marks.items():
                if mark in "01" or (mark == "x" and month < "2020-01"):
                    found[ours, code] = int(mark) if mark != "x" else 0
    return {pair: indicator for pair, indicator in found.items() if all(valid(code, month) for code in pair)}


# The first months and the last of codes and of pairs.
EDGES: Final = (
    "2015-01", "2017-12", "2018-01", "2018-12", "2019-01", "2019-12", "2020-01", "2021-12", "2022-01", "2022-12", "2023-01",
    "2024-07", "2025-09", "2025-10", "2025-12", "2026-01", "2027-12",
)  # fmt: skip


@pytest.mark.parametrize("month", EDGES)
def test_the_table_of_pairs_of_other_programs(month: str) -> None:
    edits = loader.law(month).edits
    stated = {
        (ours, code): edit.indicator
        for ours in OF_OTHER_PROGRAMS
        for code, edit in edits.get(ours, {}).items()
        if valid(ours, month) and valid(code, month)
    }
    assert stated == of_other_programs(month)


@pytest.mark.parametrize("month", EDGES)
def test_of_a_pair_of_our_codes_either_may_be_the_line(month: str) -> None:
    edits = loader.law(month).edits
    lines = {*OURS, *OF_OTHER_PROGRAMS}
    assert not [
        (ours, code)
        for ours in lines
        for code, edit in edits.get(ours, {}).items()
        if code in lines and valid(ours, month) and valid(code, month) and edits.get(code, {}).get(ours) != edit
    ]


@pytest.mark.parametrize("month", EDGES)
def test_a_code_that_ended_has_no_pair(month: str) -> None:
    gone = {code for code, until in ENDED.items() if until <= month}
    assert not [
        (ours, code)
        for ours, others in loader.law(month).edits.items()
        for code in others
        if code in gone and valid(ours, month)
    ]


@pytest.mark.parametrize("month", EDGES)
def test_every_pair_has_a_sentence(month: str) -> None:
    law = loader.law(month)
    for edit in {edit for others in law.edits.values() for edit in others.values()}:
        assert ("with_modifier" if edit.indicator else "never_on_one_date") in law.texts[edit.rule].says, edit


@pytest.mark.parametrize(
    ("line", "code", "month", "rule"),
    [
        ("99426", "99490", "2024-03", "CONC-03"), ("99424", "99427", "2024-03", "CONC-03"),
        ("99426", "G0511", "2024-03", "CONC-03"), ("99484", "99491", "2024-03", "CONC-07"),
        ("99484", "99424", "2024-03", "CONC-07"), ("99484", "99492", "2024-03", "CONC-08"),
        ("99492", "99493", "2024-03", "CONC-08"), ("G0512", "99484", "2024-03", "CONC-08"),
        ("99457", "G0506", "2024-03", "CONC-04"), ("98980", "G0506", "2024-03", "CONC-06"),
        ("98978", "99426", "2024-03", "CONC-06"), ("98975", "98978", "2024-03", "CONC-06"),
        ("99453", "98975", "2024-03", "CONC-29"), ("98978", "99454", "2024-03", "CONC-29"),
        ("99457", "98980", "2024-03", "CONC-29"), ("99495", "99490", "2019-12", "CONC-01"),
        ("99495", "99494", "2019-12", "CONC-01"), ("99495", "99496", "2019-12", "CONC-01"),
        ("99495", "99494", "2020-01", "CONC-02"), ("99495", "99496", "2020-01", "CONC-02"),
        ("99427", "99496", "2022-01", "CONC-02"), ("G0511", "99490", "2018-01", "CONC-28"),
        ("G0511", "99487", "2025-09", "CONC-28"), ("99425", "90960", "2024-03", "CONC-12"),
        ("99493", "G0181", "2024-03", "CONC-09"), ("99484", "G0182", "2024-03", "CONC-10"),
        ("99454", "99091", "2024-03", "CONC-05"), ("99495", "99091", "2017-12", "CONC-05"),
        ("98976", "99473", "2024-03", "CONC-19"), ("99427", "99214", "2024-03", "CONC-20"),
    ],
)  # fmt: skip
def test_a_pair_of_another_program_is_named_by_the_rule_of_the_two(line: str, code: str, month: str, rule: str) -> None:
    assert loader.law(month).edits[line][code].rule == rule


@pytest.mark.parametrize("month", ["2015-01", "2017-12"])
def test_99091_could_not_be_had_with_a_modifier_before_2018(month: str) -> None:
    """CONC-05: until 2018-01 the pair with 99490, 99487 and 99489 was 0."""
    edits = loader.law(month).edits
    assert [edits[ours]["99091"].indicator for ours in ("99490", "99487", "99489")] == [0, 0, 0]
    assert loader.law("2018-01").edits["99490"]["99091"].indicator == 1


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("90951", "CONC-12"), ("99375", "CONC-11"), ("99426", "CONC-03"), ("99474", "CONC-19"), ("90834", "CONC-18"),
        ("96127", "CONC-17"), ("G0181", "CONC-09"), ("G0182", "CONC-10"), ("98961", "CONC-17"), ("98967", "CONC-15"),
        ("99421", "CONC-15"), ("98971", "CONC-15"), ("99367", "CONC-17"), ("99606", "CONC-17"), ("93792", "CONC-14"),
        ("99091", "CONC-05"), ("77427", "CONC-27"), ("95115", "CONC-27"), ("97153", "CONC-27"),
    ],
)  # fmt: skip
def test_a_pair_is_named_by_the_rule_of_its_neighbour(code: str, rule: str) -> None:
    assert loader.law("2024-03").edits["99490"][code].rule == rule


def on_the_12th(*more: Raw) -> Answer:
    return ask(usual(staff(20), *more))


@pytest.mark.parametrize(("code", "indicator"), [("93792", 0), ("96127", 0), ("99423", 1), ("99091", 1), ("95004", 1)])
def test_the_line_stays_and_the_pair_is_told(code: str, indicator: int) -> None:
    answer = on_the_12th(billed(code, "2024-03-12", practitioner="DR_A", id="other"))
    assert answer.lines == {"99490": 1}
    (conflict,) = answer.body["conflicts"]
    rule = loader.law("2024-03").edits["99490"][code].rule
    assert conflict["pair"] == sorted(["99490", code])
    assert (conflict["on"], conflict["modifier_indicator"], conflict["rule"]) == ("2024-03-12", indicator, rule)
    assert "2024-03-13" in conflict["remedy"]
    assert ("modifier" in conflict["remedy"]) is (indicator == 1)
    assert answer.outcomes(rule) == {"advisory"}
    assert answer.evidence(rule) == {"other"}
    assert answer.blockers() == []


def test_a_pair_puts_the_denial_to_expect_beside_the_line() -> None:
    answer = on_the_12th(billed("93792", "2024-03-12", practitioner="DR_A"))
    (warning,) = answer.line("99490")["warnings"]
    assert warning.endswith("Expected denial code: 97.")


@pytest.mark.parametrize("fields", [{}, {"practitioner": "DR_A"}, {"same_practice": True}])
def test_a_service_of_the_same_practitioner_conflicts(fields: Raw) -> None:
    assert len(on_the_12th(billed("93792", "2024-03-12", **fields)).body["conflicts"]) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"practitioner": "DR_B"},
        {"practitioner": "DR_Z", "same_practice": False},
        {"same_practice": False},
        {"practitioner": "DR_A", "source": "self"},
    ],
)
def test_another_practitioners_service_or_our_own_answer_does_not(fields: Raw) -> None:
    answer = on_the_12th(billed("93792", "2024-03-12", **fields))
    assert answer.body["conflicts"] == []
    assert answer.line("99490")["warnings"] == []


@pytest.mark.parametrize("day", ["2024-03-11", "2024-03-13"])
def test_pairs_act_on_the_date_of_service_alone(day: str) -> None:
    assert on_the_12th(billed("93792", day, practitioner="DR_A")).body["conflicts"] == []


def test_the_own_line_is_no_conflict() -> None:
    answer = on_the_12th(billed("99490", "2024-03-12", practitioner="DR_A"))
    assert answer.body["conflicts"] == []
    both = ask(usual(staff(40), billed("99439", "2024-03-12", practitioner="DR_A")))
    assert (both.lines, both.body["conflicts"]) == ({"99490": 1, "99439": 1}, [])


def test_every_line_of_the_pathway_has_its_own_pairs() -> None:
    answer = ask(usual(staff(40), billed("93792", "2024-03-12", practitioner="DR_A")))
    told = {tuple(one["pair"]): one["modifier_indicator"] for one in answer.body["conflicts"]}
    assert told == {("93792", "99490"): 0, ("93792", "99439"): 1}


def test_the_date_of_service_is_that_of_the_whole_pathway() -> None:
    """99490 is reached on the 12th, but 99439 only on the 20th: both are dated then (CLAIM-01)."""
    facts = usual(staff(20), staff(20, "2024-03-20"))
    assert ask([*facts, billed("96127", "2024-03-12", practitioner="DR_A")]).body["conflicts"] == []
    (conflict,) = ask([*facts, billed("96127", "2024-03-20", practitioner="DR_A")]).body["conflicts"]
    assert conflict["pair"] == ["96127", "99490"]


@pytest.mark.parametrize(
    ("taken", "day"), [((12,), "2024-03-13"), ((12, 13), "2024-03-14"), ((12, 13, 15), "2024-03-14")]
)
def test_the_remedy_is_the_next_day_on_which_nothing_conflicts(taken: tuple[int, ...], day: str) -> None:
    services = [billed("93792", f"2024-03-{one}", practitioner="DR_A") for one in taken]
    (conflict,) = on_the_12th(*services).body["conflicts"]
    assert day in conflict["remedy"]


def test_a_day_taken_by_another_is_free() -> None:
    others = billed("93792", "2024-03-13", practitioner="DR_B")
    (conflict,) = on_the_12th(billed("93792", "2024-03-12", practitioner="DR_A"), others).body["conflicts"]
    assert "2024-03-13" in conflict["remedy"]


def test_after_the_last_day_of_the_month_there_is_no_way_out() -> None:
    answer = ask(usual(staff(20, "2024-03-31"), billed("93792", "2024-03-31", practitioner="DR_A")))
    (conflict,) = answer.body["conflicts"]
    assert conflict["remedy"].startswith("No later day")
    assert answer.lines == {"99490": 1}


# Visits are partners too.


def complex_on_the_12th(*more: Raw) -> Answer:
    return ask(usual(staff(90), decision(), plan_work(), *more))


@pytest.mark.parametrize("service", [visit("2024-03-12", "99214"), billed("99214", "2024-03-12", practitioner="DR_A")])
def test_conc_20_a_visit_on_the_date_of_a_complex_line_needs_modifier_25(service: Raw) -> None:
    answer = complex_on_the_12th({"id": "seen", **service})
    assert answer.lines == {"99487": 1, "99489": 1}
    told = {tuple(one["pair"]): (one["modifier_indicator"], one["rule"]) for one in answer.body["conflicts"]}
    assert told == {("99214", "99487"): (1, "CONC-20"), ("99214", "99489"): (1, "CONC-20")}
    assert answer.outcomes("CONC-20") == {"advisory"}
    assert answer.evidence("CONC-20") == {"seen"}


@pytest.mark.parametrize(
    "service", [visit("2024-03-12", "99214", "DR_B"), visit("2024-03-13"), visit("2024-03-12", None)]
)
def test_conc_20_another_practitioners_visit_another_day_or_no_code_is_no_pair(service: Raw) -> None:
    assert complex_on_the_12th(service).body["conflicts"] == []


def test_conc_20_99490_and_99491_have_no_pair_with_a_visit() -> None:
    for entry in (staff(40), own(60)):
        answer = ask(usual(entry, visit("2024-03-12")))
        assert answer.body["conflicts"] == []
        assert answer.findings("CONC-20") == []
        assert answer.line(next(iter(answer.lines)))["warnings"] == []


def test_a_visit_and_a_service_of_one_code_are_one_pair_with_both_as_evidence() -> None:
    answer = complex_on_the_12th(
        {"id": "seen", **visit("2024-03-12")}, billed("99214", "2024-03-12", practitioner="DR_A", id="claimed")
    )
    assert len(answer.body["conflicts"]) == 2
    assert answer.evidence("CONC-20") == {"seen", "claimed"}


# Between two of our own lines.


def planned(day: str, code: str = "99214", **fields: object) -> list[Raw]:
    assessment = {"kind": "planning_assessment", "on": day, "practitioner": "DR_A", "personally_performed": True}
    return [{**assessment, **fields}, visit(day, code)]


def test_g0506_05_on_the_date_of_99487_both_lines_stay_and_99487_may_move() -> None:
    answer = complex_on_the_12th(*planned("2024-03-12", "G0438"))
    assert answer.lines == {"99487": 1, "99489": 1, "G0506": 1}
    (conflict,) = answer.body["conflicts"]
    assert (conflict["pair"], conflict["modifier_indicator"]) == (["99487", "G0506"], 0)
    assert conflict["rule"] == "G0506-05"
    assert "99487" in conflict["remedy"] and "2024-03-13" in conflict["remedy"]


@pytest.mark.parametrize("day", ["2024-03-11", "2024-03-13"])
def test_g0506_05_on_another_date_is_no_conflict(day: str) -> None:
    assert complex_on_the_12th(*planned(day, "G0438")).body["conflicts"] == []


def test_g0506_05_has_no_pair_with_the_other_codes_of_ccm() -> None:
    for entry in (staff(60), own(90)):
        answer = ask(usual(entry, *planned("2024-03-12")))
        assert "G0506" in answer.lines
        assert answer.body["conflicts"] == []


def test_g0506_05_a_complex_claim_that_is_not_ours_to_bill_is_a_pair_too() -> None:
    claimed = billed("99487", "2024-03-12", practitioner="DR_A", id="claimed")
    answer = ask(usual(staff(30), claimed, *planned("2024-03-12")))
    assert answer.lines == {"G0506": 1}
    assert [one["pair"] for one in answer.body["conflicts"]] == [["99487", "G0506"]]
    assert answer.evidence("G0506-05") == {"claimed"}


def test_g0506_05_a_claim_of_g0506_is_a_pair_of_the_complex_line() -> None:
    answer = complex_on_the_12th(billed("G0506", "2024-03-12", practitioner="DR_A", id="claimed"))
    assert answer.lines == {"99487": 1, "99489": 1}
    (conflict,) = answer.body["conflicts"]
    assert conflict["pair"] == ["99487", "G0506"] and "2024-03-13" in conflict["remedy"]
    assert answer.evidence("G0506-05") == {"claimed"}


def test_the_lines_of_an_alternative_are_told_no_pairs() -> None:
    """Conflicts are of what is to be billed: 99490 would pair with the service too, with another indicator."""
    answer = ask(usual(own(30), billed("99423", "2024-03-12", practitioner="DR_A")))
    assert (answer.lines, answer.alternatives) == ({"99491": 1}, [{"99490": 1}])
    assert [one["pair"] for one in answer.body["conflicts"]] == [["99423", "99491"]]


def test_g0506_05_claims_that_stand_change_nothing_in_the_way_out() -> None:
    claims = [billed(code, "2024-03-12", practitioner="DR_A") for code in ("99487", "G0506")]
    (conflict,) = complex_on_the_12th(*planned("2024-03-12", "G0438"), *claims).body["conflicts"]
    assert "2024-03-13" in conflict["remedy"]


def test_a_line_of_ours_takes_a_day_as_any_other_does() -> None:
    """99487 cannot flee to the day of G0506, with which it has a pair itself."""
    answer = complex_on_the_12th(*planned("2024-03-13", "G0438"), billed("96127", "2024-03-12", practitioner="DR_A"))
    remedy = next(one["remedy"] for one in answer.body["conflicts"] if one["pair"] == ["96127", "99487"])
    assert "2024-03-14" in remedy


@pytest.mark.parametrize("code", ["99457", "98980", "96127"])
def test_g0506_has_pairs_of_its_own_and_cannot_move(code: str) -> None:
    answer = ask(
        usual(staff(20, "2024-03-20"), *planned("2024-03-12"), billed(code, "2024-03-12", practitioner="DR_A"))
    )
    (conflict,) = answer.body["conflicts"]
    assert conflict["pair"] == sorted(["G0506", code])
    assert conflict["modifier_indicator"] == 0
    assert "cannot move" in conflict["remedy"]
    assert answer.lines == {"99490": 1, "G0506": 1}


def test_a_month_that_is_not_billed_has_no_conflicts() -> None:
    answer = ask(usual(staff(19), billed("93792", "2024-03-12", practitioner="DR_A")))
    assert answer.body["conflicts"] == []


@pytest.mark.parametrize(("month", "told"), [("2022-12", True), ("2023-01", False)])
def test_conc_13_is_a_pair_until_the_code_ends(month: str, told: bool) -> None:
    facts = usual(staff(20, f"{month}-12"), billed("99358", f"{month}-12", practitioner="DR_A"), year=2022)
    assert bool(ask(facts, month).body["conflicts"]) is told


@pytest.mark.parametrize(("month", "told"), [("2024-12", True), ("2025-01", False)])
def test_conc_16_telephone_visits_pair_with_99439_only_until_they_end(month: str, told: bool) -> None:
    facts = usual(staff(40, f"{month}-12"), billed("99441", f"{month}-12", practitioner="DR_A"), year=2024)
    assert [one["pair"] for one in ask(facts, month).body["conflicts"]] == ([["99439", "99441"]] if told else [])


def test_conc_06_98978_pairs_with_99439_and_conc_07_99484_with_99491() -> None:
    def told(entry: Raw, code: str) -> list[tuple[list[str], int, str]]:
        answer = ask(usual(entry, billed(code, "2024-03-12", practitioner="DR_A")))
        return [(one["pair"], one["modifier_indicator"], one["rule"]) for one in answer.body["conflicts"]]

    assert told(staff(40), "98978") == [(["98978", "99439"], 0, "CONC-06")]
    assert told(own(30), "99484") == [(["99484", "99491"], 1, "CONC-07")]
    assert told(staff(20), "99484") == []


@pytest.mark.parametrize(
    ("month", "code", "rule"),
    [
        ("2024-03", "99426", "CONC-03"),
        ("2022-03", "99495", "CONC-02"),
        ("2024-03", "99424", None),
        ("2024-03", "99484", None),
    ],
)
def test_the_line_of_a_clinic_is_told_its_own_pairs(month: str, code: str, rule: str | None) -> None:
    service = billed(code, f"{month}-12", practitioner="DR_A", id="other")
    year = int(month[:4])
    answer = ask(usual(staff(20, f"{month}-12"), service, setting={"type": "rhc"}, year=year), month)
    assert answer.lines == {"G0511": 1}
    told = [(one["pair"], one["modifier_indicator"], one["rule"]) for one in answer.body["conflicts"]]
    assert told == ([] if rule is None else [([code, "G0511"], 0, rule)])
