"""The usual patient: facts under which only the minutes decide. A test says what is different, asks, and reads the answer."""

import datetime as dt
import zoneinfo
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from app.determination.determine import determine
from app.determination.explanation import encode, explain
from app.determination.facts import KINDS, Fact
from app.determination.gaps import gaps as gaps_of
from app.determination.policy import PolicyChoices
from app.months.evaluate import EvaluationRequest, requested_month
from app.rulebook import loader

Raw = dict[str, Any]

NEW_YORK: Final = "America/New_York"
STAFF_PATHWAY: Final = "ccm/clinical_staff"
CCM: Final = ("99437", "99439", "99487", "99489", "99490", "99491")
TOLD_OF: Final = ["availability", "cost_sharing", "one_practitioner", "right_to_stop"]
ELEMENTS: Final = [
    "problem_list", "prognosis", "measurable_goals", "functional_assessment", "symptom_management",
    "planned_interventions", "medication_management", "caregiver_assessment", "community_services", "coordination",
    "review_schedule",
]  # fmt: skip
CAPABILITIES: Final = (
    "access_24_7", "continuity", "electronic_care_plan_access", "certified_health_record", "care_transitions",
    "community_coordination", "enhanced_communication",
)  # fmt: skip


def usual(
    *more: Raw | list[Raw], year: int = 2024, changes: Mapping[str, Raw | None] | None = None, **named: Raw | None
) -> list[Raw]:
    """The usual patient, enrolled with DR_A on 1 February of a year, and more facts.

    A keyword, or a key of `changes`, names one of the usual facts: a dict changes its fields (`None` leaves a field out),
    `None` leaves the fact out.
    """
    facts: dict[str, Raw] = {
        "practitioner": {"kind": "practitioner", "practitioner": "DR_A", "credential": "MD"},
        "setting": {"kind": "setting", "type": "physician_office"},
        **{name: {"kind": "capability", "name": name} for name in CAPABILITIES},
        "coverage": {"kind": "coverage", "payer": "medicare_part_b"},
        "diabetes": condition("E11.9"),
        "hypertension": condition("I10"),
        "enrollment": {"kind": "enrollment", "program": "ccm", "practitioner": "DR_A", "from": f"{year}-02-01"},
        "visit": visit(f"{year}-01-12"),
        "consent": consent(f"{year}-02-01"),
        "plan": {
            "kind": "care_plan",
            "action": "established",
            "on": f"{year}-02-05",
            "electronic": True,
            "copy_given_on": f"{year}-02-06",
            "elements": ELEMENTS,
        },
    }
    for name, change in {**(changes or {}), **named}.items():
        if change is None:
            del facts[name]
        else:
            changed = facts[name] | change
            facts[name] = {field: value for field, value in changed.items() if value is not None}
    found = [{"id": name, **fact} for name, fact in facts.items()]
    for group in more:
        found += group if isinstance(group, list) else [group]
    return found


def usual_in(month: str, *more: Raw | list[Raw], **named: Raw | None) -> list[Raw]:
    """The usual patient of any month: enrolled in the February before it, by a written consent while the law asked for one."""
    year = int(month[:4]) - (month[5:] <= "02")
    written = {"form": "written", "informed": [*TOLD_OF, "record_sharing"]} if month < "2017-01" else {}
    consented = named.pop("consent", {})
    changes = {"consent": None if consented is None else {**written, **consented}}
    return usual(*more, year=year, changes=changes, **named)


def joined(program: str, month: str, practitioner: str = "DR_A", /, **consented: Any) -> list[Raw]:
    """The usual patient's enrolment in, and consent to, another program since the day care management began."""
    since = f"{int(month[:4]) - (month[5:] <= '02')}-02-01"
    agreed = {} if program == "ccm" else {"informed": None}
    return [
        enrollment(practitioner, since, program=program) | {"id": f"{program}-enrollment-{practitioner}"},
        consent(since, **{"program": program, "practitioner": practitioner, **agreed, **consented})
        | {"id": f"{program}-consent-{practitioner}"},
    ]


def enrolled_in(program: str, month: str, *more: Raw | list[Raw], **named: Raw | None) -> list[Raw]:
    """The usual patient of any month, but of another program: enrolled in it and agreeing to it, and to nothing besides.

    Transitional care asks for no consent, so there is none.
    """
    consented = named.pop("consent", None if program == "tcm" else {})
    changes = {"enrollment": named.pop("enrollment", {}), "consent": consented}
    of_the_program = {
        name: None
        if change is None
        else {"program": program, "informed": None, **change}
        if name == "consent"
        else {"program": program, **change}
        for name, change in changes.items()
    }
    return usual_in(month, *more, **{**of_the_program, **named})


def worked(month: str, minutes: int = 20, seconds: int = 0, day: int = 12, **fields: Any) -> Raw:
    """Clinical staff time on a day of a month."""
    return staff(minutes, f"{month}-{day:02}", seconds, **fields)


def month_before(month: str) -> str:
    first = dt.date.fromisoformat(f"{month}-01")
    return f"{first - dt.timedelta(days=1):%Y-%m}"


def codes_of(written: str) -> list[str]:
    """Codes as the rule book lists them: `99374-99375, G0181`."""
    found = []
    for one in written.replace(",", " ").split():
        first, _, last = one.partition("-")
        letter = first[:1] if first[:1].isalpha() else ""
        width = len(first) - len(letter)
        numbers = range(int(first[len(letter) :]), int((last or first)[len(letter) :]) + 1)
        found += [f"{letter}{number:0{width}}" for number in numbers]
    return found


def condition(code: str, **fields: Any) -> Raw:
    usual_condition = {"expected_duration": "at_least_12_months", "significant_risk": True}
    stated = {"kind": "condition", "code": code, **usual_condition, **fields}
    return {field: value for field, value in stated.items() if value is not None}


def consent(day: str | None = None, **fields: Any) -> Raw:
    stated = {"kind": "consent", "action": "given", "program": "ccm", "on": day, "documented": True, **fields}
    if stated["action"] == "given":
        stated = {"practitioner": "DR_A", "informed": TOLD_OF, "form": "verbal", **stated}
    return {field: value for field, value in stated.items() if value is not None}


def visit(day: str, code: str | None = "99214", practitioner: str = "DR_A", **fields: Any) -> Raw:
    stated = {"kind": "visit", "code": code, "on": day, "practitioner": practitioner, **fields}
    stated.setdefault("discussed_care_management", True)
    return {field: value for field, value in stated.items() if value is not None}


def staff(minutes: int = 0, day: str = "2024-03-12", seconds: int = 0, **fields: Any) -> Raw:
    """Clinical staff time known by its day and length."""
    entry = {"kind": "time_entry", "program": "ccm", "performer": "RN_1", "role": "clinical_staff"}
    return {**entry, "on": day, "seconds": minutes * 60 + seconds, **fields}


def own(minutes: int = 0, day: str = "2024-03-12", seconds: int = 0, **fields: Any) -> Raw:
    """The billing practitioner's personal time, known by its day and length."""
    return staff(minutes, day, seconds, **{"performer": "DR_A", "role": "practitioner", **fields})


def timed(start: str, minutes: int = 0, seconds: int = 0, zone: str = NEW_YORK, **fields: Any) -> Raw:
    """Clinical staff time from a local instant on."""
    started = dt.datetime.fromisoformat(start).replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(dt.UTC)
    ended = started + dt.timedelta(minutes=minutes, seconds=seconds)
    entry = {"kind": "time_entry", "program": "ccm", "performer": "RN_1", "role": "clinical_staff"}
    return {**entry, "started_at": started.isoformat(), "ended_at": ended.isoformat(), **fields}


def own_timed(start: str, minutes: int = 0, seconds: int = 0, **fields: Any) -> Raw:
    return timed(start, minutes, seconds, **{"performer": "DR_A", "role": "practitioner", **fields})


def at(local: str, zone: str = NEW_YORK) -> str:
    """An instant, from local wall-clock time."""
    return dt.datetime.fromisoformat(local).replace(tzinfo=zoneinfo.ZoneInfo(zone)).isoformat()


def enrollment(practitioner: str, since: str, until: str | None = None, program: str = "ccm") -> Raw:
    stated = {"kind": "enrollment", "program": program, "practitioner": practitioner, "from": since, "until": until}
    return {field: value for field, value in stated.items() if value is not None}


def stay(setting: str, since: str, until: str | None = None, **fields: Any) -> Raw:
    stated = {"kind": "stay", "setting": setting, "from": since, "until": until, **fields}
    return {field: value for field, value in stated.items() if value is not None}


def billed(code: str, day: str = "2024-03-20", **fields: Any) -> Raw:
    return {"kind": "service", "code": code, "on": day, **fields}


def decision(level: str = "moderate", day: str = "2024-03-10", **fields: Any) -> Raw:
    return {"kind": "decision_making", "level": level, "on": day, **fields}


def plan_work(day: str = "2024-03-02", action: str = "monitored", **fields: Any) -> Raw:
    return {"kind": "care_plan", "action": action, "on": day, **fields}


def facts_from(raws: list[Raw]) -> tuple[Fact, ...]:
    """Facts as a client writes them; one without an id gets its place. `source` is set as the ledger would."""
    facts = []
    for place, raw in enumerate(raws):
        source = raw.get("source")
        written = {field: value for field, value in {"id": f"fact-{place:03}", **raw}.items() if field != "source"}
        fact = msgspec.convert(written, KINDS[raw["kind"]])
        facts.append(msgspec.structs.replace(fact, source=source) if source else fact)
    return tuple(facts)


class Answer:
    """A decoded determination, with the questions a test asks of it."""

    def __init__(self, body: Raw) -> None:
        self.body = body

    @property
    def status(self) -> str:
        return str(self.body["status"])

    @property
    def lines(self) -> dict[str, int]:
        """Units by code of the claim."""
        return {line["code"]: line["units"] for line in self.body["claim_lines"]}

    @property
    def alternatives(self) -> list[dict[str, int]]:
        return [{line["code"]: line["units"] for line in one["claim_lines"]} for one in self.body["alternatives"]]

    def line(self, code: str) -> Raw:
        return next(line for line in self.body["claim_lines"] if line["code"] == code)

    def row(self, code: str) -> Raw:
        return next(row for row in self.body["verdicts"] if row["code"] == code)

    def verdict(self, code: str) -> str:
        return str(self.row(code)["verdict"])

    def blockers(self, code: str = "99490") -> list[str]:
        return list(self.row(code)["blockers"])

    def findings(self, rule: str) -> list[Raw]:
        return [finding for finding in self.body["findings"] if finding["rule"] == rule]

    def outcomes(self, rule: str) -> set[str]:
        return {finding["outcome"] for finding in self.findings(rule)}

    def evidence(self, rule: str) -> set[str]:
        return {fact["id"] for finding in self.findings(rule) for fact in finding["evidence"]}

    def entry(self, entry_id: str) -> Raw:
        return next(entry for entry in self.body["time"]["entries"] if entry["id"] == entry_id)

    def uncounted(self, entry_id: str | None = None) -> dict[str, int]:
        """Seconds that do not count, by rule, of one entry or of all."""
        taken: dict[str, int] = defaultdict(int)
        for entry in self.body["time"]["entries"]:
            if entry_id in (None, entry["id"]):
                for one in entry["uncounted"]:
                    taken[one["rule"]] += one["seconds"]
        return dict(taken)

    @property
    def counted(self) -> int:
        return int(self.body["time"]["counted_seconds"])

    def gap(self, code: str) -> Raw | None:
        return next((gap for gap in self.body["gaps"] if gap["code"] == code), None)


def ask(
    facts: list[Raw],
    month: str = "2024-03",
    *,
    policy: Raw | None = None,
    known_on: str | None = None,
    billing_practitioner: str | None = None,
    time_zone: str | None = NEW_YORK,
    gaps: bool = False,
) -> Answer:
    """What the service answers about a month; every answer's ledger of seconds is checked on the way."""
    request = EvaluationRequest(
        service_month=month,
        facts=facts_from(facts),
        time_zone=time_zone,
        billing_practitioner=billing_practitioner,
        known_on=None if known_on is None else dt.date.fromisoformat(known_on),
        policy=None if policy is None else msgspec.convert(policy, PolicyChoices),
    )
    patient_month = requested_month(request)
    law = loader.law(month)
    determination = determine(patient_month, law)
    # What would settle a gap costs as much as all the rest: only who asks for it pays.
    found = gaps_of(determination, law) if gaps else ()
    body = msgspec.json.decode(encode(explain(determination, law, gaps=found, inputs_digest="")))
    for entry in body["time"]["entries"]:
        assert entry["seconds"] == entry["counted_seconds"] + sum(one["seconds"] for one in entry["uncounted"])
    return Answer(body)
