"""A CarePlan: a plan of care that was established on a day.

Whether the plan is electronic, comprehensive, or was given to the patient is not said by a CarePlan being in FHIR:
`electronic`, `elements` and `copy_given_on` stay unstated.
"""

from typing import Final

from app.channels.fhir.dates import read_period, read_when
from app.channels.fhir.elements import Resource
from app.channels.fhir.issues import BundleError, incomplete, not_used
from app.channels.fhir.reading import Context, Statement

STATUS: Final = frozenset({"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"})
INTENT: Final = frozenset({"proposal", "plan", "order", "option"})


def read_care_plan(plan: Resource, context: Context) -> Statement:
    status = plan.required_code("status", STATUS)
    intent = plan.required_code("intent", INTENT)
    if plan.child("subject") is None:
        raise BundleError(plan.at("subject"), "required", "This element is required.")
    patient = context.directory.patient_of(plan, "subject")
    if patient is None:
        return Statement(issues=(incomplete(plan.at("subject"), "Does not say which patient it is about."),))
    created = read_when(plan, "created", context.time_zone)
    period = read_period(plan, "period", context.time_zone)
    if status not in ("active", "completed"):
        issue = not_used(plan.at("status"), "Only active and completed plans are used.")
    elif intent not in ("plan", "order"):
        issue = not_used(plan.at("intent"), "Only plans and orders are used, not proposals or options.")
    else:
        established = created or period.start
        if established is not None and established.day is not None:
            fields = {"patient": patient, "action": "established", "on": established.day}
            return Statement("care_plan", fields, patient)
        issue = incomplete(plan.at("created"), "The day it was established is missing (created or period.start).")
    return Statement(stream=patient, issues=(issue,))
