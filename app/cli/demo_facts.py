"""What is recorded of the demo practice's patients. Everybody here is invented.

demo-ada  45 minutes of staff time: a base code and one add-on
demo-ben  18 minutes: two short of the base code
demo-cai  35 minutes, but the patient declined: refused for want of consent
demo-dia  65 minutes and moderate decision making: complex
demo-eli  two practitioners enrolled, either of whom could bill: a person must decide
demo-fay  32 minutes of the practitioner's own
"""

import datetime as dt
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from app.determination.facts import KINDS, Fact
from app.determination.service_month import ServiceMonth

TIME_ZONE: Final = "America/New_York"
FIXED_MONTH: Final = "2026-03"
"""A month the examples of the documentation speak of, whenever they are read."""

DOCTOR, NURSE_PRACTITIONER, NURSE, ASSISTANT = "DR_LEE", "NP_ORTIZ", "RN_KIM", "MA_BELL"
CAPABILITIES: Final = (
    "access_24_7", "continuity", "electronic_care_plan_access", "certified_health_record", "care_transitions",
    "community_coordination", "enhanced_communication",
)  # fmt: skip
INFORMED: Final = ("availability", "cost_sharing", "one_practitioner", "right_to_stop")
CONDITIONS: Final = {
    "demo-ada": ("E11.9", "I10"),
    "demo-ben": ("I10", "J44.9"),
    "demo-cai": ("E11.9", "N18.31"),
    "demo-dia": ("I50.22", "N18.31", "E11.22"),
    "demo-eli": ("I10", "M81.0"),
    "demo-fay": ("G20.A1", "I10"),
}
STAFF_MINUTES: Final = {
    "demo-ada": ((3, 20, "contact", NURSE), (10, 15, "medication", NURSE), (18, 10, "coordination", ASSISTANT)),
    "demo-ben": ((5, 12, "contact", NURSE), (16, 6, "review", ASSISTANT)),
    "demo-cai": ((4, 20, "contact", NURSE), (11, 15, "education", NURSE)),
    "demo-dia": ((2, 25, "contact", NURSE), (9, 20, "coordination", NURSE), (17, 20, "medication", NURSE)),
    "demo-eli": ((6, 14, "contact", NURSE), (13, 11, "referral", ASSISTANT)),
}
"""Day of the month, minutes, what for, who."""


def standing_facts() -> list[Fact]:
    """What holds in every month: the practice, and how each patient's care began."""
    return [_fact(stated) for stated in (*_practice(), *(fact for patient in CONDITIONS for fact in _care(patient)))]


def month_facts(month: ServiceMonth, today: dt.date) -> list[Fact]:
    """What was done in a month, on no day later than today."""

    def on(day: int) -> dt.date:
        return max(month.first_day, min(month.first_day.replace(day=day), today))

    facts: list[dict[str, Any]] = []
    for patient, entries in STAFF_MINUTES.items():
        for number, (day, minutes, activity, performer) in enumerate(entries, 1):
            facts.append({
                **_entry(f"{patient}-{month.written}-{number}", patient, on(day), hour=8 + number, minutes=minutes),
                "role": "clinical_staff", "performer": performer, "activity": activity,
            })  # fmt: skip
    facts.append({
        **_entry(f"demo-fay-{month.written}-1", "demo-fay", on(12), hour=12, minutes=32),
        "role": "practitioner", "performer": DOCTOR, "activity": "care_plan",
    })  # fmt: skip
    facts += [
        {"kind": "care_plan", "id": f"{patient}-plan-{month.written}", "patient": patient, "on": on(2).isoformat(),
         "action": "substantially_revised" if patient == "demo-dia" else "monitored", "electronic": True,
         **({"copy_given_on": on(2).isoformat()} if patient == "demo-dia" else {})}
        for patient in CONDITIONS
    ]  # fmt: skip
    facts.append({
        "kind": "decision_making", "id": f"demo-dia-mdm-{month.written}", "patient": "demo-dia", "level": "moderate",
        "on": on(9).isoformat(), "practitioner": DOCTOR,
    })  # fmt: skip
    return [_fact(fact) for fact in facts]


def _practice() -> list[dict[str, Any]]:
    return [
        {"kind": "practice", "id": "practice", "time_zone": TIME_ZONE, "name": "Demo practice"},
        {"kind": "setting", "id": "office", "type": "physician_office"},
        {"kind": "practitioner", "id": "practitioner-lee", "practitioner": DOCTOR, "credential": "MD"},
        {"kind": "practitioner", "id": "practitioner-ortiz", "practitioner": NURSE_PRACTITIONER, "credential": "NP"},
        *({"kind": "capability", "id": name, "name": name} for name in CAPABILITIES),
    ]


def _care(patient: str) -> list[dict[str, Any]]:
    """How care began, in the first weeks of 2026."""
    about = {"patient": patient}
    billing = (DOCTOR, NURSE_PRACTITIONER) if patient == "demo-eli" else (DOCTOR,)
    facts: list[dict[str, Any]] = [
        {"kind": "coverage", "id": f"{patient}-coverage", **about, "payer": "medicare_part_b"},
        *({"kind": "condition", "id": f"{patient}-{code}", **about, "code": code,
           "expected_duration": "at_least_12_months", "significant_risk": True} for code in CONDITIONS[patient]),
        *({"kind": "enrollment", "id": f"{patient}-enrollment-{who}", **about, "program": "ccm", "practitioner": who,
           "from": "2026-02-01"} for who in billing),
        *({"kind": "visit", "id": f"{patient}-visit-{who}", **about, "code": "99214", "on": "2026-01-12",
           "practitioner": who, "discussed_care_management": True} for who in billing),
        {"kind": "care_plan", "id": f"{patient}-plan", **about, "action": "established", "on": "2026-02-05",
         "electronic": True, "copy_given_on": "2026-02-06"},
    ]  # fmt: skip
    consent = {"kind": "consent", "id": f"{patient}-consent", **about, "program": "ccm", "on": "2026-02-01",
               "documented": True}  # fmt: skip
    if patient == "demo-cai":
        facts.append(consent | {"action": "declined"})
    else:
        named = {} if patient == "demo-eli" else {"practitioner": DOCTOR}
        facts.append(consent | {"action": "given", "form": "verbal", "informed": list(INFORMED)} | named)
    return facts


def _entry(name: str, patient: str, on: dt.date, *, hour: int, minutes: int) -> dict[str, Any]:
    started_at = dt.datetime(on.year, on.month, on.day, hour, 5, tzinfo=ZoneInfo(TIME_ZONE))
    return {
        "kind": "time_entry", "id": name, "patient": patient, "program": "ccm", "modality": "phone",
        "started_at": started_at.isoformat(), "ended_at": (started_at + dt.timedelta(minutes=minutes)).isoformat(),
    }  # fmt: skip


def _fact(stated: dict[str, Any]) -> Fact:
    return msgspec.convert(stated, KINDS[stated["kind"]])
