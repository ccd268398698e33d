"""Laws every single answer keeps: why a code is not billed, one row for every code, and how it is written."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import given

from app.determination import facts
from app.months.evaluate import EvaluationRequest, evaluate
from app.rulebook import loader
from tests.determination.crowded_months import crowded_months
from tests.determination.orderly_months import orderly_months
from tests.determination.strategies import LAWS, Answer, answered, month_of, months, standing

PROGRAMS: Final = ("ccm", "pcm", "bhi", "cocm", "chi", "pin", "tcm", "apcm", "rpm", "rtm")

# Rule book, section 1: program, codes, the months they exist ("" = until further notice).
CODES: Final = """
ccm 99490 2015-01; ccm G2058 2020-01 2021-01; ccm 99439 2021-01; ccm 99491 2019-01; ccm 99437 2022-01; ccm 99487 2017-01
ccm 99489 2017-01; ccm G0506 2017-01; ccm G0511 2018-01 2025-10; pcm G2064 2020-01 2022-01; pcm G2065 2020-01 2022-01
pcm 99424 2022-01; pcm 99425 2022-01; pcm 99426 2022-01; pcm 99427 2022-01; bhi G0507 2017-01 2018-01; bhi 99484 2018-01
cocm G0502 2017-01 2018-01; cocm G0503 2017-01 2018-01; cocm G0504 2017-01 2018-01; cocm 99492 2018-01
cocm 99493 2018-01; cocm 99494 2018-01; cocm G2214 2021-01; cocm G0512 2018-01 2026-01; rpm 99453 2019-01
rpm 99454 2019-01; rpm 99457 2019-01; rpm 99458 2020-01; rpm 99445 2026-01; rpm 99470 2026-01; rtm 98975 2022-01
rtm 98976 2022-01; rtm 98977 2022-01; rtm 98978 2023-01; rtm 98979 2026-01; rtm 98980 2022-01; rtm 98981 2022-01
rtm 98984 2026-01; rtm 98985 2026-01; rtm 98986 2026-01; tcm 99495 2013-01; tcm 99496 2013-01; apcm G0556 2025-01
apcm G0557 2025-01; apcm G0558 2025-01; apcm G0568 2026-01; apcm G0569 2026-01; apcm G0570 2026-01; chi G0019 2024-01
chi G0022 2024-01; pin G0023 2024-01; pin G0024 2024-01; pin G0140 2024-01; pin G0146 2024-01
"""
WINDOWS: Final = {
    row.split()[1]: (row.split()[0], row.split()[2], (*row.split(), "9999-99")[3])
    for row in re.split(r"[;\n]", CODES)
    if row.strip()
}
# G0511 is judged in any of these (PROG-00).
SHARED: Final = {"ccm", "bhi", "pcm", "rpm", "rtm", "chi", "pin"}
FAMILIES: Final = (
    "VAL", "PROG", "RHC", "ELIG", "PRAC", "CONS", "INIT", "G0506", "PLAN", "CPLX", "TIME", "UNIT", "PCM", "BHI", "RPM",
    "RTM", "TCM", "APCM", "CHI", "CONC", "CLAIM", "AMT", "TELE", "COST",
)  # fmt: skip
# Codes of which a rule of its own says why they did not, or do not, exist.
OUT_OF_WINDOW: Final = {"99487": {"CPLX-07"}, "99489": {"CPLX-07"}, "G0511": {"RHC-07"}, "G0512": {"RHC-09"}}
PLANNING: Final = {"G0506-01", "G0506-02", "G0506-03", "G0506-06"}
# What bars some codes of CCM by the site, or by a claim of another: never all of them alike. ELIG-04 is asked of G0506 on its
# own date.
OF_SOME_CODES: Final = {
    "PRAC-04",
    "CPLX-06",
    "CONC-01",
    "CONC-03",
    "CONC-28",
    "RHC-01",
    "RHC-02",
    "RHC-03",
    "RHC-06",
    "ELIG-04",
}
TIME_SHORT: Final = {"TIME-02", "CPLX-04", "CPLX-05"}

PATHWAYS: Final = {"clinical_staff", "practitioner", "complex", "general_care_management"}


def rule_order(rule: str) -> tuple[int, int]:
    family, _, number = rule.rpartition("-")
    return FAMILIES.index(family), int(number)


@LAWS
@given(request=months() | crowded_months())
def test_every_reason_has_its_finding_evidence_and_authority(request: EvaluationRequest) -> None:
    answer = answered(request)
    texts = loader.law(request.service_month).texts
    known = {(fact.kind, fact.id, fact.source) for fact in standing(request)}
    findings = answer["findings"]
    order = [(rule_order(f["rule"]), PROGRAMS.index(f["program"]) if f["program"] else -1) for f in findings]
    assert order == sorted(order)
    for finding in findings:
        assert finding["says"] and "{" not in finding["says"]
        assert finding["cites"] and all(
            cite["standing"] == texts[finding["rule"]].standing for cite in finding["cites"]
        )
        assert all(c.get("at") == finding["rule"] for c in finding["cites"] if c["source"] == "RULEBOOK")
        for relied_on in finding["evidence"]:
            assert (relied_on["kind"], relied_on["id"], relied_on.get("source")) in known
    against = defaultdict(set)
    for finding in findings:
        if finding["outcome"] in {"not_met", "missing"}:
            against[finding["program"]].add(finding["rule"])
    for row in answer["verdicts"]:
        assert row["blockers"] == sorted(set(row["blockers"]), key=rule_order)
        named = set(row["blockers"]) - {"PROG-00"}
        judged_in = SHARED if row["code"] == "G0511" else {row["program"]}
        assert any(named <= against[program] | against[None] for program in judged_in), row
        assert bool(row["blockers"]) == (row["verdict"] == "not_billable")
    if answer["status"] != "needs_decision":
        check_no_blocker_is_left_out(answer, texts)


def check_no_blocker_is_left_out(answer: Answer, texts: Mapping[str, Any]) -> None:
    """What blocks CCM blocks each of its codes; complex care has reasons of its own besides."""
    blocking = {("blocks", "not_met"), ("blocks", "missing"), ("documentation", "not_met"), ("conflict", "not_met")}
    found = {
        finding["rule"]
        for finding in answer["findings"]
        if finding["program"] == "ccm" and (texts[finding["rule"]].effect, finding["outcome"]) in blocking
    }
    shared = len(SHARED & {finding["program"] for finding in answer["findings"]}) > 1
    for row in answer["verdicts"]:
        if row["code"] == "G0511" and shared:
            continue  # it stands as the program has it that comes nearest
        if row.get("pathway") in PATHWAYS and row["program"] == "ccm" and "VAL-01" not in row["blockers"]:
            own = {"CPLX-01", "CPLX-02", "CPLX-03"} if row["pathway"] != "complex" else set()
            assert found - TIME_SHORT - OF_SOME_CODES - PLANNING - own <= set(row["blockers"]), row


@LAWS
@given(request=months() | crowded_months())
def test_every_code_has_one_row_and_every_miss_its_gap(request: EvaluationRequest) -> None:
    answer = answered(request)
    written = request.service_month
    assert [row["code"] for row in answer["verdicts"]] == sorted(WINDOWS)
    named = named_programs(request)
    gaps = {gap["code"]: gap for gap in answer["gaps"]}
    assert len(gaps) == len(answer["gaps"])
    for row in answer["verdicts"]:
        program, first, until = WINDOWS[row["code"]]
        assert row["program"] == program
        shared = SHARED if row["code"] == "G0511" else {program}
        if not first <= written < until:
            assert row["blockers"][0] == "VAL-01"
            assert set(row["blockers"][1:]) <= OUT_OF_WINDOW.get(row["code"], set())
        elif not shared & named:
            assert row["blockers"] == ["PROG-00"] and "counted_seconds" not in row
        else:
            assert not {"VAL-01", "PROG-00"} & set(row["blockers"])
            assert (row["code"] in gaps) == (row["verdict"] == "not_billable")
        if row["code"] in gaps:
            gap = gaps[row["code"]]
            assert first <= written < until and gap["rules"] == row["blockers"] and gap["remedy"]
            short = row["needed_seconds"] - row["counted_seconds"] if "needed_seconds" in row else None
            assert gap.get("needs_seconds") == (short if "TIME-02" in row["blockers"] else None)
            assert answer["provisional"] or not gap["still_possible"]
    assert all(finding["program"] in {None, *named} for finding in answer["findings"])


def named_programs(request: EvaluationRequest) -> set[str]:
    """Programs an entry, consent, enrolment or device day up to the end of the month names."""
    month = month_of(request)
    named: set[str] = set()
    for fact in standing(request):
        if not isinstance(fact, facts.TimeEntry | facts.Consent | facts.Enrollment | facts.DeviceDay):
            continue
        moment = getattr(fact, "started_at", None) or getattr(fact, "at", None)
        day = getattr(fact, "on", None) or getattr(fact, "from_", None)
        if moment.timestamp() < month.end if moment is not None else day is not None and day < month.day_after:
            named.add(fact.program or "rpm")
    return named


# Keys in the contract's order (section 3); objects without a list of their own are facts.
KEYS: Final = {
    "": "patient service_month status provisional claim_lines alternatives verdicts findings time gaps conflicts rulebook "
    "policy_digest inputs_digest positions known_as_of",
    "claim_lines": "code units program pathway practitioner earliest_service_date service_date counted_seconds diagnoses "
    "amount_cents warnings",
    "alternatives": "claim_lines amount_cents why_not_chosen",
    "verdicts": "code program pathway verdict counted_seconds needed_seconds blockers",
    "findings": "rule program outcome says evidence cites remedy",
    "evidence": "kind id source",
    "cites": "source at url standing",
    "time": "counted_seconds entries",
    "entries": "id source seconds counted_seconds counted_for uncounted",
    "uncounted": "seconds rule says",
    "gaps": "code needs_seconds rules still_possible settles remedy",
    "conflicts": "pair on modifier_indicator rule remedy",
    "rulebook": "service_month version law_digest wording_digest",
}
ALWAYS: Final = {
    "": "service_month status provisional claim_lines alternatives verdicts findings time gaps conflicts rulebook "
    "policy_digest inputs_digest",
    "claim_lines": "code units program pathway practitioner earliest_service_date service_date diagnoses warnings",
    "findings": "rule program outcome says evidence cites",
    "gaps": "code rules still_possible remedy",
}


@LAWS
@given(request=months() | orderly_months() | crowded_months())
def test_keys_stand_in_the_contracts_order_without_idle_space(request: EvaluationRequest) -> None:
    written = evaluate(request)
    answer = json.loads(written)
    assert json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode() == written
    check_keys("", answer)
    for entries in (
        [entry for entry in answer["time"]["entries"] if is_timed(request, entry) is timed] for timed in (False, True)
    ):
        order = [(started(request, entry), entry.get("source") or "", entry["id"]) for entry in entries]
        assert order == sorted(order)


def check_keys(name: str, written: Any) -> None:
    if isinstance(written, list):
        for one in written:
            check_keys(name, one)
    elif isinstance(written, dict) and name in KEYS:
        assert list(written) == [key for key in KEYS[name].split() if key in written], name
        assert set(ALWAYS.get(name, "").split()) <= written.keys()
        assert not [key for key, value in written.items() if value is None and (name, key) != ("findings", "program")]
        for key, value in written.items():
            check_keys(key, value)


def fact_of(request: EvaluationRequest, entry: dict[str, Any]) -> facts.TimeEntry:
    return next(
        fact
        for fact in request.facts
        if isinstance(fact, facts.TimeEntry) and (fact.source, fact.id) == (entry.get("source"), entry["id"])
    )


def is_timed(request: EvaluationRequest, entry: dict[str, Any]) -> bool:
    return fact_of(request, entry).on is None


def started(request: EvaluationRequest, entry: dict[str, Any]) -> str:
    fact = fact_of(request, entry)
    return str(fact.on or fact.started_at)
