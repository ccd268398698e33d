"""Every rule of the law: its effect, its standing and the months it is in force, as the rule book's tables have them."""

from typing import Final, NamedTuple

import pytest

from app.rulebook.loader import law
from tests.rulebook.usual_patient import month_before

# The rule book's columns, sections 1 to 14: rule, effect, standing, from, until; blank: since 2015-01, until further notice.
TABLE: Final = """
VAL-01 blocks read
PROG-00 blocks derived
ELIG-01 blocks read; ELIG-02 blocks read; ELIG-03 blocks read; ELIG-04 blocks secondary; ELIG-05 blocks read
ELIG-06 advises read 2016-03; ELIG-07 blocks read; ELIG-08 advises secondary; ELIG-09 blocks unread
ELIG-10 advises read
INIT-01 blocks secondary 2017-01; INIT-02 blocks read 2015-01 2017-01; INIT-03 blocks proposed
INIT-04 blocks secondary; INIT-05 documentation read; INIT-06 blocks read; INIT-07 time derived
INIT-08 advises unread 2017-01; INIT-09 advises secondary
G0506-01 blocks secondary 2017-01; G0506-02 blocks read 2017-01; G0506-03 blocks secondary 2017-01
G0506-04 time secondary 2017-01; G0506-05 conflict read 2017-01; G0506-06 blocks unread 2017-01
G0506-07 advises unread 2017-01
CONS-01 blocks read; CONS-02 blocks secondary 2015-01 2017-01; CONS-03 advises read 2017-01
CONS-04 documentation read; CONS-05 documentation read; CONS-06 advises read; CONS-07 blocks read; CONS-08 blocks read
CONS-09 blocks read; CONS-10 advises read 2017-01 2020-03
PRAC-01 blocks read; PRAC-02 blocks secondary; PRAC-03 conflict read; PRAC-04 conflict read 2017-01; PRAC-05 time read
PRAC-06 time read; PRAC-07 time read 2019-01; PRAC-08 advises read 2015-01; PRAC-09 time read; PRAC-10 time secondary
PRAC-11 advises secondary; PRAC-12 time secondary; PRAC-13 advises read 2017-01; PRAC-14 time read 2015-01
TIME-01 time read; TIME-02 blocks read; TIME-03 advises secondary; TIME-04 time read; TIME-05 time unread
TIME-06 time derived; TIME-07 time unread; TIME-08 time read; TIME-09 time unread; TIME-10 advises secondary
TIME-11 advises secondary; TIME-12 time read; TIME-13 advises secondary; TIME-14 advises secondary
TIME-15 time derived; TIME-16 time derived; TIME-17 advises read; TIME-18 advises derived
UNIT-01 conflict read 2020-01; UNIT-02 conflict read 2022-01; UNIT-03 conflict read 2017-01
UNIT-04 advises read 2020-01; UNIT-05 advises derived 2015-01; UNIT-06 advises derived 2015-01
CPLX-01 blocks read 2017-01; CPLX-02 blocks read 2017-01 2020-01; CPLX-03 documentation read 2020-01
CPLX-04 blocks read 2017-01; CPLX-05 blocks read 2017-01; CPLX-06 conflict read 2017-01
CPLX-07 blocks read 2015-01 2017-01; CPLX-08 advises unread 2017-01
PLAN-01 blocks read; PLAN-02 documentation proposed; PLAN-03 documentation proposed; PLAN-04 documentation proposed
PLAN-05 documentation proposed; PLAN-06 documentation proposed; PLAN-07 documentation proposed
PLAN-08 advises proposed; PLAN-09 documentation proposed; PLAN-10 documentation proposed
PLAN-11 documentation proposed; PLAN-12 advises read
CONC-01 conflict read - 2020-01; CONC-02 advises read 2020-01; CONC-03 conflict secondary 2020-01
CONC-04 advises read 2019-01; CONC-05 conflict read 2018-01; CONC-06 advises read 2022-01
CONC-07 advises read 2017-01; CONC-08 advises secondary 2017-01; CONC-09 conflict read; CONC-10 conflict read
CONC-11 conflict read; CONC-12 conflict read; CONC-13 conflict read 2017-01 2023-01; CONC-14 conflict read 2018-01
CONC-15 conflict read; CONC-16 conflict read - 2025-01; CONC-17 conflict read; CONC-18 conflict read
CONC-19 conflict read 2020-01; CONC-20 advises read; CONC-21 advises secondary; CONC-22 conflict proposed 2025-01
CONC-23 conflict secondary 2026-01; CONC-24 advises proposed 2024-01; CONC-25 advises secondary 2024-01
CONC-26 advises proposed 2023-01; CONC-27 conflict read; CONC-28 conflict read 2018-01 2025-10
CONC-29 conflict read 2022-01
RHC-01 blocks read 2015-01 2018-01; RHC-02 blocks read 2018-01 2026-01; RHC-03 blocks read 2021-01 2025-01
RHC-04 advises read 2023-01 2025-01; RHC-05 blocks read 2024-01 2025-01; RHC-06 conflict secondary 2025-01 2025-10
RHC-07 blocks secondary 2025-10; RHC-08 advises proposed 2025-01; RHC-09 blocks secondary 2026-01
RHC-10 advises secondary 2016-01
PCM-01 blocks read 2020-01; RPM-01 blocks read 2019-01; RPM-02 blocks secondary 2019-01; RPM-03 blocks read 2019-01
RTM-01 blocks secondary 2022-01; TCM-01 blocks secondary 2013-01; BHI-01 blocks read 2017-01
APCM-01 blocks proposed 2025-01; CHI-01 blocks read 2024-01
CLAIM-01 advises read; CLAIM-02 advises derived; CLAIM-03 advises read; CLAIM-04 advises secondary
CLAIM-05 advises unread; CLAIM-06 advises unread; CLAIM-07 advises read
AMT-01 advises unread; AMT-02 advises read
TELE-01 advises unread
COST-01 advises read; COST-02 advises read
"""


class Stated(NamedTuple):
    """A row of the rule book."""

    effect: str
    standing: str
    since: str
    until: str


def stated(written: str) -> tuple[str, Stated]:
    rule, effect, standing, *months = written.split()
    since, until, *_ = (*months, "-", "-")
    return rule, Stated(effect, standing, "2015-01" if since == "-" else since, "9999-99" if until == "-" else until)


ROWS: Final = dict(stated(row) for line in TABLE.strip().splitlines() for row in line.split("; "))
# Month after month in which a rule began or ended, each with the month before it.
EDGES: Final = sorted(
    {"2015-01", "2027-12"}
    | {row.since for row in ROWS.values() if row.since > "2015-01"}
    | {row.until for row in ROWS.values() if row.until != "9999-99"}
)
MONTHS: Final = sorted({*EDGES, *(month_before(month) for month in EDGES if month > "2015-01")})


def stands_longer(rule: str, month: str) -> bool:
    """CONC-01 bars clinics for two years more; of CONC-05 the older indicator of its pairs came first."""
    return (rule == "CONC-01" and "2020-01" <= month < "2022-01") or (rule == "CONC-05" and month < "2018-01")


@pytest.mark.parametrize("month", MONTHS)
def test_the_rules_in_force_with_effect_and_standing(month: str) -> None:
    expected = {
        rule: (row.effect, row.standing)
        for rule, row in ROWS.items()
        if row.since <= month < row.until or stands_longer(rule, month)
    }
    texts = law(month).texts
    assert {rule: (text.effect, text.standing) for rule, text in texts.items()} == expected


@pytest.mark.parametrize("month", ["2018-01", "2020-02", "2021-01", "2024-03", "2025-09", "2027-12"])
def test_a_rule_says_since_when_it_has_been_the_law_wherever_our_editions_begin(month: str) -> None:
    assert {rule: text.since for rule, text in law(month).texts.items()} == {
        rule: ROWS[rule].since for rule in law(month).texts
    }
