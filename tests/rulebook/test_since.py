"""Every rule says since which month it has been the law, wherever our editions of it begin."""

import pytest

from app.rulebook.loader import law

# The rule book's own column, sections 1 to 14; a rule with a blank there has been the law since 2015-01.
LATER = {
    "CPLX-01": "2017-01",
    "CPLX-03": "2020-01",
    "CPLX-04": "2017-01",
    "CPLX-05": "2017-01",
    "ELIG-06": "2016-03",
    "INIT-01": "2017-01",
    "INIT-08": "2017-01",
    "PRAC-04": "2017-01",
    "PRAC-07": "2019-01",
    "RHC-02": "2018-01",
    "UNIT-04": "2020-01",
}


@pytest.mark.parametrize("month", ["2021-01", "2024-03", "2027-12"])
def test_a_rule_has_been_the_law_since_the_rule_books_month(month: str) -> None:
    stated = {rule: text.since for rule, text in law(month).texts.items()}
    assert stated == {rule: LATER.get(rule, "2015-01") for rule in stated}
