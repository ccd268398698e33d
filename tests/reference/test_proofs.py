"""The cases shown as proof of a rule are those the tests run."""

from app.reference.proofs import WRITTEN, cases_of
from tests.reference.proving_cases import text


def test_the_written_cases_are_those_the_tests_run() -> None:
    assert WRITTEN.read_text() == text(), "run: make cases"


def test_cases_of_a_rule() -> None:
    assert {case.id for case in cases_of("CONS-01")} >= {"EC-057", "CO-101"}
    assert all("CONS-01" in case.rules for case in cases_of("CONS-01"))
    assert cases_of("CONS-99") == ()
