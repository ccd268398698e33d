"""A month decided, as examples: two answers of the demo practice, shortened, and the questions that get such answers."""

import json
from pathlib import Path
from typing import Any, Final

from app.api.documents.fact_examples import MONTH, PRACTITIONER, STAFF

_ANSWERS: Final = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
BILLABLE: Final[dict[str, Any]] = _ANSWERS["billable"]
SHORT: Final[dict[str, Any]] = _ANSWERS["short"]

_CAPABILITIES: Final = (
    "access_24_7", "continuity", "electronic_care_plan_access", "certified_health_record", "care_transitions",
    "community_coordination", "enhanced_communication",
)  # fmt: skip
_IN_ORDER: Final[list[dict[str, Any]]] = [
    {"kind": "practitioner", "id": "practitioner-lee", "practitioner": PRACTITIONER, "credential": "MD"},
    {"kind": "setting", "id": "office", "type": "physician_office"},
    *({"kind": "capability", "id": name, "name": name} for name in _CAPABILITIES),
    {"kind": "coverage", "id": "part-b", "payer": "medicare_part_b"},
    *(
        {"kind": "condition", "id": code, "code": code, "expected_duration": "at_least_12_months",
         "significant_risk": True}
        for code in ("E11.9", "I10")
    ),
    {"kind": "enrollment", "id": "ccm", "program": "ccm", "practitioner": PRACTITIONER, "from": "2026-02-01"},
    {"kind": "visit", "id": "visit", "code": "99214", "on": "2026-01-12", "practitioner": PRACTITIONER,
     "discussed_care_management": True},
    {"kind": "consent", "id": "consent", "action": "given", "program": "ccm", "on": "2026-02-01", "form": "verbal",
     "documented": True, "practitioner": PRACTITIONER,
     "informed": ["availability", "cost_sharing", "one_practitioner", "right_to_stop"]},
    {"kind": "care_plan", "id": "plan", "action": "established", "on": "2026-02-05", "electronic": True,
     "copy_given_on": "2026-02-06"},
]  # fmt: skip


def _entry(name: str, on: str, seconds: int) -> dict[str, Any]:
    return {
        "kind": "time_entry", "id": name, "program": "ccm", "performer": STAFF, "role": "clinical_staff", "on": on,
        "seconds": seconds, "activity": "contact",
    }  # fmt: skip


def _asked(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"service_month": MONTH, "time_zone": "America/New_York", "facts": [*_IN_ORDER, *entries]}


EVALUATION_REQUEST: Final = _asked(
    _entry("call-1", "2026-03-03", 1200), _entry("call-2", "2026-03-10", 900), _entry("call-3", "2026-03-18", 600)
)
SHORT_REQUEST: Final = _asked(_entry("call-1", "2026-03-05", 720), _entry("call-2", "2026-03-16", 360))
SHADOW_REQUEST: Final = EVALUATION_REQUEST | {"rulebook_month": "2027-01"}
COMPARING_REQUEST: Final = EVALUATION_REQUEST | {"compare_programs": ["ccm", "pcm", "apcm"]}
