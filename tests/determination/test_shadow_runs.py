"""One month's facts under another month's rules: the same facts, calendar and policy, another law."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.documents.determination_examples import EVALUATION_REQUEST
from app.api.evaluation_reading import evaluation_request
from app.errors import Invalid
from app.months.evaluate import EvaluationRequest, evaluate
from app.rulebook.loader import law
from tests.determination.strategies import LAWS, MONTHS, answered, months, replaced
from tests.determination.test_answers import WINDOWS

Json = dict[str, Any]


def moved(value: Any, years: int) -> Any:
    """The example as it would have been in another year."""
    if isinstance(value, dict):
        return {name: moved(inner, years) for name, inner in value.items()}
    if isinstance(value, list):
        return [moved(inner, years) for inner in value]
    if isinstance(value, str) and value[:5] == "2026-":
        return f"{2026 + years}{value[4:]}"
    return value


def asked(**changes: Any) -> bytes:
    return evaluate(evaluation_request(EVALUATION_REQUEST | changes))


def answer(**changes: Any) -> Json:
    decoded: Json = msgspec.json.decode(asked(**changes))
    return decoded


def test_the_answer_is_marked_right_after_provisional() -> None:
    found = answer(rulebook_month="2024-03")
    assert found["hypothetical"] is True
    names = list(found)
    assert names[names.index("provisional") + 1] == "hypothetical"
    assert found["service_month"] == "2026-03"
    digests = law("2024-03").digests
    assert found["rulebook"]["service_month"] == "2024-03"
    assert (found["rulebook"]["law_digest"], found["rulebook"]["wording_digest"]) == (digests.law, digests.wording)


def test_an_ordinary_answer_is_not_marked_and_its_own_law_changes_nothing() -> None:
    assert "hypothetical" not in answer()
    assert asked(rulebook_month="2026-03") == asked()


def test_the_codes_are_those_of_the_other_month() -> None:
    verdicts = {one["code"]: one for one in answer(rulebook_month="2021-06")["verdicts"]}
    # 99437 began in 2022: this month's own law has it.
    assert verdicts["99437"]["blockers"][0] == "VAL-01"
    assert "VAL-01" not in {one["code"]: one for one in answer()["verdicts"]}["99437"]["blockers"]


def test_a_rule_that_ended_blocks_again_and_one_yet_to_come_does_not() -> None:
    rural = [{"kind": "setting", "id": "rural", "type": "rhc"}]
    facts = [fact for fact in EVALUATION_REQUEST["facts"] if fact["kind"] != "setting"] + rural

    def blockers(**changes: Any) -> list[str]:
        (row,) = (one for one in answer(facts=facts, **changes)["verdicts"] if one["code"] == "99490")
        found: list[str] = row["blockers"]
        return found

    assert "RHC-02" not in blockers()
    assert "RHC-02" in blockers(rulebook_month="2024-12")


def test_amounts_are_the_other_laws() -> None:
    own = answer(rulebook_month="2026-03")["claim_lines"]
    same_facts_of_2024 = moved(EVALUATION_REQUEST, -2)
    in_2024 = msgspec.json.decode(evaluate(evaluation_request(same_facts_of_2024)))["claim_lines"]
    under_2024 = answer(rulebook_month="2024-06")["claim_lines"]
    assert [line["code"] for line in under_2024] == [line["code"] for line in own]
    assert [line["amount_cents"] for line in under_2024] == [line["amount_cents"] for line in in_2024]
    assert [line["amount_cents"] for line in under_2024] != [line["amount_cents"] for line in own]


def test_a_law_without_published_figures_has_no_amounts() -> None:
    lines = answer(rulebook_month="2027-01")["claim_lines"]
    assert [line["code"] for line in lines] == ["99490", "99439"]
    assert not [line for line in lines if "amount_cents" in line]


def test_what_is_known_and_still_possible_stays_the_service_months() -> None:
    found = answer(rulebook_month="2024-03", known_on="2026-03-11")
    assert found["provisional"] is True
    own = answer(known_on="2026-03-11")
    # G0511 has a window in one of the months only; no office bills it, whatever the month.
    possible = {gap["code"]: gap["still_possible"] for gap in found["gaps"]}
    assert possible == {"G0511": False, **{gap["code"]: gap["still_possible"] for gap in own["gaps"]}}
    assert found["time"] == own["time"]
    assert (found["policy_digest"], found["inputs_digest"]) == (own["policy_digest"], own["inputs_digest"])


def test_the_practices_policy_is_that_of_the_service_month() -> None:
    later = {"kind": "policy", "id": "later", "from": "2026-01", "count_prior_authorization": True}
    facts = [*EVALUATION_REQUEST["facts"], later]
    assert answer(facts=facts, rulebook_month="2024-03")["policy_digest"] == answer(facts=facts)["policy_digest"]
    assert answer(facts=facts)["policy_digest"] != answer()["policy_digest"]


@pytest.mark.parametrize("month", ["2014-12", "2028-01", "1999-01", "2199-12"])
def test_a_month_without_a_law_is_refused(month: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked(rulebook_month=month)
    assert [error.pointer for error in refused.value.errors] == ["/rulebook_month"]


@LAWS
@given(request=months(disturbances=1), other=st.sampled_from(MONTHS))
def test_any_month_can_be_asked_under_the_law_of_any_other(request: EvaluationRequest, other: str) -> None:
    found = answered(replaced(request, rulebook_month=other))
    assert found["service_month"] == request.service_month
    assert found.get("hypothetical", False) is (other != request.service_month)
    for row in found["verdicts"]:
        _, first, until = WINDOWS[row["code"]]
        assert ("VAL-01" in row["blockers"]) is not (first <= other < until)
    for lines in (found["claim_lines"], *(one["claim_lines"] for one in found["alternatives"])):
        for line in lines:
            assert line["service_date"][:7] == request.service_month
            assert WINDOWS[line["code"]][1] <= other < WINDOWS[line["code"]][2]
