"""An integrator's first hour in Python: a new patient's facts, the month they give, and a mistake."""

import datetime as dt
import json
import sys
from typing import Final

from care_month_client import AuthenticatedClient
from care_month_client.api.determinations import read_determination
from care_month_client.api.facts import store_facts
from care_month_client.models import (
    Activity,
    CarePlan,
    CarePlanAction,
    Condition,
    Consent,
    ConsentAction,
    ConsentForm,
    ConsentTopic,
    Coverage,
    Determination,
    Enrollment,
    ExpectedDuration,
    Payer,
    Problem,
    Program,
    Receipt,
    Role,
    StoreFactsJsonFacts,
    TimeEntry,
    Visit,
)
from care_month_client.types import Unset

PATIENT: Final = "python-1"
DOCTOR: Final = "DR_LEE"
NEW_YORK: Final = dt.timezone(dt.timedelta(hours=-4))


def condition(name: str, code: str) -> Condition:
    return Condition(
        kind="condition",
        id=name,
        patient=PATIENT,
        code=code,
        expected_duration=ExpectedDuration.UNTIL_DEATH,
        significant_risk=True,
    )


def entry(name: str, start: dt.datetime, minutes: int) -> TimeEntry:
    return TimeEntry(
        kind="time_entry",
        id=name,
        patient=PATIENT,
        program=Program.CCM,
        performer="RN_KIM",
        role=Role.CLINICAL_STAFF,
        started_at=start,
        ended_at=start + dt.timedelta(minutes=minutes),
        activity=Activity.CONTACT,
    )


FACTS: Final = StoreFactsJsonFacts(
    facts=[
        Enrollment(
            kind="enrollment",
            id="py-e1",
            patient=PATIENT,
            program=Program.CCM,
            practitioner=DOCTOR,
            from_=dt.date(2026, 3, 2),
        ),
        Coverage(kind="coverage", id="py-c1", patient=PATIENT, payer=Payer.MEDICARE_PART_B),
        condition("py-d1", "E11.9"),
        condition("py-d2", "I10"),
        Visit(kind="visit", id="py-v1", patient=PATIENT, code="99214", on=dt.date(2026, 2, 20), practitioner=DOCTOR),
        CarePlan(
            kind="care_plan",
            id="py-p1",
            patient=PATIENT,
            action=CarePlanAction.ESTABLISHED,
            on=dt.date(2026, 3, 4),
            electronic=True,
        ),
        Consent(
            kind="consent",
            id="py-s1",
            patient=PATIENT,
            action=ConsentAction.GIVEN,
            program=Program.CCM,
            on=dt.date(2026, 3, 2),
            form=ConsentForm.VERBAL,
            documented=True,
            practitioner=DOCTOR,
            informed=[
                ConsentTopic.AVAILABILITY,
                ConsentTopic.COST_SHARING,
                ConsentTopic.ONE_PRACTITIONER,
                ConsentTopic.RIGHT_TO_STOP,
            ],
        ),
        entry("py-t1", dt.datetime(2026, 3, 12, 9, 0, tzinfo=NEW_YORK), 25),
    ]
)


def recorded(client: AuthenticatedClient) -> Receipt:
    receipt = store_facts.sync(client=client, body=FACTS)
    assert isinstance(receipt, Receipt), receipt
    return receipt


def decided(client: AuthenticatedClient) -> Determination:
    answer = read_determination.sync(PATIENT, "2026-03", client=client)
    assert isinstance(answer, Determination), answer
    return answer


def mistaken(client: AuthenticatedClient) -> Problem:
    endless = entry("py-t2", dt.datetime(2026, 3, 13, 9, 0, tzinfo=NEW_YORK), -5)
    problem = store_facts.sync(client=client, body=endless)
    assert isinstance(problem, Problem), problem
    return problem


def main(address: str, key: str) -> None:
    with AuthenticatedClient(base_url=address, token=key, raise_on_unexpected_status=True) as client:
        receipt, answer, problem = recorded(client), decided(client), mistaken(client)
    errors = [] if isinstance(problem.errors, Unset) else problem.errors
    cents = [0 if isinstance(line.amount_cents, Unset) else line.amount_cents for line in answer.claim_lines]
    said = {
        "stored": receipt.stored,
        "position": receipt.results[0].position,
        "status": answer.status.value,
        "lines": [
            {"code": line.code, "units": line.units, "counted_seconds": line.counted_seconds}
            for line in answer.claim_lines
        ],
        "cents": sum(cents),
        "mistake": [error.pointer for error in errors],
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
