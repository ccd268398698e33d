"""What is shown where facts do not agree, and what a row of the concurrent services may state."""

import copy
import tomllib
from typing import Any

import pytest

from app.rulebook.editions import RulebookError
from app.rulebook.loader import HERE, book
from app.rulebook.statements import read_services, said_of_one_date
from tests.rulebook.usual_patient import ask, condition, staff, usual


def test_elig_02_a_statement_of_other_days_of_the_month_takes_nothing_from_one_that_it_lasts() -> None:
    for passing, lasting in (
        ({"until": "2024-03-10"}, {"from": "2024-03-10"}),
        ({"from": "2024-03-10"}, {"until": "2024-03-10"}),
    ):
        short = condition("I10", id="short", expected_duration="less_than_12_months", **passing)
        answer = ask(usual(staff(20), short, hypertension=lasting))
        assert answer.status == "billable"
        assert answer.line("99490")["diagnoses"] == ["E11.9", "I10"]


@pytest.mark.parametrize(("one", "other"), [("LCSW", "MD"), ("MD", "RN")])
def test_of_what_could_be_true_the_first_with_a_lawful_line_is_shown(one: str, other: str) -> None:
    """PRAC-01, PRAC-02: with either credential the month would stand otherwise."""
    credentials = [
        {"kind": "practitioner", "id": each, "practitioner": "DR_A", "credential": each} for each in (one, other)
    ]
    answer = ask(usual(staff(20), credentials, practitioner=None))
    assert answer.status == "needs_decision"
    assert answer.verdict("99490") == "billable"
    assert answer.blockers() == []
    assert answer.lines == {}


def services(**changed: Any) -> list[Any]:
    table = copy.deepcopy(tomllib.loads((HERE / "concurrency.toml").read_text()))
    table["service"][0] |= changed
    ours = {row.code for row in book().codes}
    return list(read_services("concurrency.toml", table, book().sources, said_of_one_date(book().edits), ours))


def test_a_row_of_the_concurrent_services_states_nothing_unknown() -> None:
    assert services()
    with pytest.raises(RulebookError, match="colour"):
        services(colour="blue")
    with pytest.raises(RulebookError):
        services(same_practitioner="forbids")
