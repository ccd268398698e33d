"""ELIG-09: CMS models that pay care management themselves."""

import pytest

from tests.rulebook.usual_patient import ask, staff, usual


def test_elig_09_is_met_without_an_attribution() -> None:
    assert ask(usual(staff(20))).outcomes("ELIG-09") == {"met"}


@pytest.mark.parametrize(
    ("dates", "blocks"),
    [
        ({"from": "2023-01-01"}, True),
        ({"from": "2024-03-31"}, True),
        ({"from": "2024-04-01"}, False),
        ({"from": "2023-01-01", "until": "2024-03-02"}, True),
        ({"from": "2023-01-01", "until": "2024-03-01"}, False),
    ],
)
def test_elig_09_blocks_every_code_while_an_attribution_is_in_force_in_the_month(
    dates: dict[str, str], blocks: bool
) -> None:
    answer = ask(usual(staff(20), {"kind": "model_attribution", "model": "PCF", **dates}))
    assert ("ELIG-09" in answer.blockers("99490")) is blocks
    assert ("ELIG-09" in answer.blockers("99489")) is blocks
    assert answer.outcomes("ELIG-09") == ({"not_met"} if blocks else {"met"})
