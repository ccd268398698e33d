"""A month closed, amended and reopened, as examples: of the demo practice, in March 2026."""

from typing import Any, Final

from app.api.documents.determination_examples import BILLABLE
from app.api.documents.fact_examples import MONTH, PATIENT

_AT: Final = f"/v1/patients/{PATIENT}/months/{MONTH}"
_CREDENTIAL: Final = "0d6f7a52-6c1e-4f0f-9d7e-3b8a1c5e2f40"
_KEY_OF_PATIENT: Final = "34cb49a6ad1a30c03f5baf3f2d8f21f7"
_BASE, _ADD_ON = (
    {**line, "diagnoses": ["I10", "J44.9"], "earliest_service_date": on, "service_date": on}
    for line, on in zip(BILLABLE["claim_lines"], ("2026-03-26", "2026-03-30"), strict=True)
)
_LAW: Final = BILLABLE["rulebook"]["law_digest"]
_READ: Final = {"patient": 18, "practice": 11}
_READ_LATER: Final = {"patient": 21, "practice": 11}

CLOSING: Final[dict[str, Any]] = {
    "by": "C_REYES",
    "on_behalf_of": "DR_LEE",
    "words": "I reviewed the record of this month. The services were furnished as they are documented.",
}
REOPENING: Final[dict[str, Any]] = {
    "by": "C_REYES",
    "words": "The call of 26 March was entered for the wrong patient and is being corrected.",
}
AMENDMENT_ID: Final = "6b0e3c1f9a4d2275c8e1f0a3b7d59e64"
DECLINING: Final[dict[str, Any]] = {
    "amendment": AMENDMENT_ID,
    "decision": "declined",
    "by": "C_REYES",
    "on_behalf_of": "DR_LEE",
    "words": "The claim is paid; the practice does not bill the add-on later.",
}
ACCEPTING: Final[dict[str, Any]] = {
    **DECLINING,
    "decision": "accepted",
    "words": "The late entry is documented; a corrected claim will be sent.",
}
CHOOSING: Final[dict[str, Any]] = {
    **ACCEPTING,
    "claim_lines": [{"code": "99490", "units": 1, "practitioner": "DR_LEE"}],
}
CLOSING_MANY: Final[dict[str, Any]] = {
    "by": "C_REYES",
    "on_behalf_of": "DR_LEE",
    "words": "I reviewed the month's worklist. The services were furnished as they are documented.",
}
CLOSING_SOME: Final[dict[str, Any]] = {**CLOSING_MANY, "patients": ["demo-ada", "demo-eli"]}


def _revision(number: int, action: str, recorded_at: str, said: dict[str, Any], position: int) -> dict[str, Any]:
    return {
        "patient": PATIENT,
        "service_month": MONTH,
        "revision": number,
        "action": action,
        "recorded_at": recorded_at,
        **{name: said[name] for name in ("by", "on_behalf_of", "words") if name in said},
        "credential": _CREDENTIAL,
        "attestation": f"{MONTH}.{number}.{action}.{_KEY_OF_PATIENT}",
        "position": position,
    }


CLOSED: Final[dict[str, Any]] = {
    **_revision(1, "closed", "2026-04-02T13:04:11.482913Z", CLOSING, 19),
    "frozen": {
        "status": "billable",
        "provisional": False,
        "claim_lines": [_BASE],
        "known_as_of": "2026-04-02T13:04:11.480120Z",
        "law_digest": _LAW,
        "wording_digest": BILLABLE["rulebook"]["wording_digest"],
        "policy_digest": BILLABLE["policy_digest"],
        "inputs_digest": BILLABLE["inputs_digest"],
        "positions": _READ,
        "answer": f"{_AT}/history/1",
        "determination": f"{_AT}/determination?known_as_of=2026-04-02T13%3A04%3A11.480120Z",
    },
}
REOPENED: Final = _revision(2, "reopened", "2026-04-08T15:20:00.104533Z", REOPENING, 21)
OPEN_AMENDMENT: Final[dict[str, Any]] = {
    "amendment": AMENDMENT_ID,
    "patient": PATIENT,
    "service_month": MONTH,
    "revision": 1,
    "state": "open",
    "status": "billable",
    "changes": [
        {
            "change": "keep",
            "claim_line": _BASE,
            "amount_change_cents": 0,
            "rules": [],
            "why": "May be billed as it was closed.",
        },
        {
            "change": "add",
            "claim_line": _ADD_ON,
            "amount_change_cents": _ADD_ON["amount_cents"],
            "rules": ["TIME-02"],
            "why": "Stopped when the month was closed by TIME-02. 2,700 seconds count now and 1,470 did.",
        },
    ],
    "amount_change_cents": _ADD_ON["amount_cents"],
    "findings_new": [],
    "findings_gone": [],
    "then": {"law_digest": _LAW, "positions": _READ},
    "now": {"law_digest": _LAW, "positions": _READ_LATER},
}
_DECISION: Final = {
    "decision": "declined",
    **{name: DECLINING[name] for name in ("by", "on_behalf_of", "words")},
    "credential": _CREDENTIAL,
    "decided_at": "2026-04-09T09:12:44.018245Z",
}
DECLINED: Final[dict[str, Any]] = {**OPEN_AMENDMENT, "state": "declined", "decision": _DECISION}
ACCEPTED: Final[dict[str, Any]] = {
    **OPEN_AMENDMENT,
    "state": "accepted",
    "decision": {**_DECISION, "decision": "accepted", "words": ACCEPTING["words"], "revision": 2},
}
HISTORY_OF_MONTH: Final[dict[str, Any]] = {
    "patient": PATIENT,
    "service_month": MONTH,
    "state": "closed",
    "revisions": [CLOSED],
    "amendments": [DECLINED],
}
NO_HISTORY: Final[dict[str, Any]] = {**HISTORY_OF_MONTH, "state": "open", "revisions": [], "amendments": []}
REPORT: Final[dict[str, Any]] = {
    "service_month": MONTH,
    "closed": [{"patient": "demo-ada", "revision": 1, "claim_lines": BILLABLE["claim_lines"]}],
    "left_out": [
        {"patient": "demo-ben", "reason": "already_closed", "detail": "A person closed it before."},
        {"patient": "demo-cai", "reason": "nothing_to_bill", "detail": "No code may be billed: CONS-01."},
        {
            "patient": "demo-eli",
            "reason": "needs_decision",
            "detail": "A person must decide which lines are billed, and close it alone.",
        },
    ],
    "next_cursor": "q3ReTJ1ww_gWmQd0mKVLGGRlbW8tZWxp",
}
OPEN_PAGE: Final = {
    "service_month": MONTH,
    "closed_months": 100,
    "amendments": [OPEN_AMENDMENT],
    "next_cursor": "q3ReTJ1ww_gWmQd0mKVLGGRlbW8tZWxp",
}
NOBODY_WAITS: Final[dict[str, Any]] = {"service_month": MONTH, "closed_months": 4, "amendments": []}
