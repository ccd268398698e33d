"""Every rule says since which month it has been the law, wherever our editions of it begin."""

import pytest

from app.rulebook.loader import law

# The rule book's own column, sections 1 to 14; a rule with a blank there has been the law since 2015-01.
LATER = {
    "2016-01": ["RHC-10"],
    "2016-03": ["ELIG-06"],
    "2017-01": [
        "INIT-01", "INIT-08", "G0506-01", "G0506-02", "G0506-03", "G0506-04", "G0506-05", "G0506-06", "G0506-07", "CONS-03",
        "CONS-10", "PRAC-04", "PRAC-13", "CPLX-01", "CPLX-02", "CPLX-04", "CPLX-05", "CPLX-06", "CPLX-08", "UNIT-03",
        "CONC-07", "CONC-08", "CONC-13",
    ],
    "2018-01": ["RHC-02", "CONC-05", "CONC-14", "CONC-28"],
    "2019-01": ["PRAC-07", "CONC-04"],
    "2020-01": ["CPLX-03", "UNIT-01", "UNIT-04", "CONC-02", "CONC-03", "CONC-19"],
    "2021-01": ["RHC-03"],
    "2022-01": ["UNIT-02", "CONC-06"],
    "2023-01": ["RHC-04", "CONC-26"],
    "2024-01": ["RHC-05", "CONC-24", "CONC-25"],
    "2025-01": ["RHC-06", "RHC-08", "CONC-22"],
    "2025-10": ["RHC-07"],
    "2026-01": ["RHC-09", "CONC-23"],
}  # fmt: skip
SINCE = {rule: month for month, rules in LATER.items() for rule in rules}


@pytest.mark.parametrize("month", ["2018-01", "2020-02", "2021-01", "2024-03", "2025-09", "2027-12"])
def test_a_rule_has_been_the_law_since_the_rule_books_month(month: str) -> None:
    stated = {rule: text.since for rule, text in law(month).texts.items()}
    assert stated == {rule: SINCE.get(rule, "2015-01") for rule in stated}


def test_no_rule_is_in_force_before_its_month() -> None:
    for month in ("2015-01", "2016-02", "2017-12", "2019-06"):
        in_force = law(month).texts.keys() - {"CONC-05"}  # an older edition of its pairs
        assert all(SINCE.get(rule, "2015-01") <= month for rule in in_force), month
