"""An Encounter: a visit to a practitioner, or a stay in a facility.

The class decides; a skilled nursing or nursing facility as location makes a stay of any class.
"""

import re
from typing import Any, Final

from app.channels.fhir.codings import PROCEDURES, codings, other_code
from app.channels.fhir.dates import Period, read_period
from app.channels.fhir.elements import Element, Resource
from app.channels.fhir.issues import BundleError, Issue, incomplete, not_used
from app.channels.fhir.participants import practitioner_of
from app.channels.fhir.reading import Context, Statement

STATUS: Final = frozenset(
    {"planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown"}
)
TOOK_PLACE: Final = frozenset({"in-progress", "onleave", "finished"})
STAYS: Final = frozenset({"IMP", "ACUTE", "NONAC"})
VISITS: Final = frozenset({"AMB", "EMER", "FLD", "HH", "OBSENC", "VR"})
FACILITIES: Final = {"SNF": "snf_part_a", "NCCF": "nursing_facility"}
"""Location types (v3 RoleCode) that make a stay, and which."""

_PROCEDURE: Final = re.compile(r"[A-Z0-9]{5}", re.ASCII)


def read_encounter(encounter: Resource, context: Context) -> Statement:
    status = encounter.required_code("status", STATUS)
    class_ = encounter.child("class")
    if class_ is None:
        raise BundleError(encounter.at("class"), "required", "This element is required.")
    code = class_.required_text("code").upper()
    period = read_period(encounter, "period", context.time_zone)
    patient = context.directory.patient_of(encounter, "subject")
    if patient is None:
        return Statement(issues=(incomplete(encounter.at("subject"), "Does not say which patient it is about."),))
    if status not in TOOK_PLACE:
        issue = not_used(encounter.at("status"), "Only encounters that took place are used.")
        return Statement(stream=patient, issues=(issue,))
    setting = _facility(encounter, context) or ("inpatient" if code in STAYS else None)
    if setting is not None:
        return _stay(encounter, patient, setting, period)
    if code not in VISITS:
        issue = not_used(class_.at("code"), "Neither a visit nor a stay by its class: not used.")
        return Statement(stream=patient, issues=(issue,))
    return _visit(encounter, patient, period, context)


def _facility(encounter: Element, context: Context) -> str | None:
    for each in encounter.children("location"):
        reference = each.child("location")
        target = None if reference is None else context.directory.resolve(reference, "Location")
        if target is None or target.resource is None or target.type != "Location":
            continue
        for concept in target.resource.children("type"):
            for coding in codings(concept):
                if coding.code in FACILITIES:
                    return FACILITIES[coding.code]
    return None


def _stay(encounter: Element, patient: str, setting: str, period: Period) -> Statement:
    start, end = period.start, period.end
    if start is None or start.day is None:
        issue = incomplete(encounter.at("period.start"), "The day of admission is missing: no stay.")
        return Statement(stream=patient, issues=(issue,))
    issues: list[Issue] = []
    if setting == "snf_part_a":
        said = "Taken as a stay under Part A, in which no time counts; if Part A does not pay, send the stay as a fact."
        issues.append(not_used(encounter.at("location"), said))
    fields: dict[str, Any] = {"patient": patient, "setting": setting, "from": start.day}
    if end is not None and end.day is not None:
        fields["until"] = end.day
    elif end is not None:
        issues.append(incomplete(encounter.at("period.end"), "The day of discharge is missing: held to go on."))
    if start.instant is not None:
        fields["admitted_at"] = start.instant
    if end is not None and end.instant is not None and end.instant != start.instant:
        fields["discharged_at"] = end.instant
    return Statement("stay", fields, patient, tuple(issues))


def _visit(encounter: Element, patient: str, period: Period, context: Context) -> Statement:
    issues: list[Issue] = []
    fields: dict[str, Any] = {"patient": patient, **_code(encounter, issues)}
    if period.start is None or period.start.day is None:
        issues.append(incomplete(encounter.at("period.start"), "The day is missing: no visit."))
    else:
        fields["on"] = period.start.day
    practitioner = practitioner_of(encounter, context.directory)
    if isinstance(practitioner, Issue):
        issues.append(practitioner)
    else:
        fields["practitioner"] = practitioner
    if "on" not in fields or "practitioner" not in fields:
        return Statement(stream=patient, issues=tuple(issues))
    return Statement("visit", fields, patient, tuple(issues))


def _code(encounter: Element, issues: list[Issue]) -> dict[str, Any]:
    stated = [coding for concept in encounter.children("type") for coding in codings(concept)]
    procedures = [coding for coding in stated if coding.system in PROCEDURES]
    valid = [coding for coding in procedures if _PROCEDURE.fullmatch(coding.code.upper())]
    issues += [
        incomplete(coding.place, "Not a CPT or HCPCS code of five characters: not used.")
        for coding in procedures
        if coding not in valid
    ]
    if valid:
        said = "A visit has one code: the first is used. Send the others as facts of their own."
        first = valid[0].code.upper()
        issues += [not_used(coding.place, said) for coding in valid[1:] if coding.code.upper() != first]
        return {"code": first}
    issues.append(incomplete(encounter.at("type"), "No CPT or HCPCS code: what kind of visit it was is missing."))
    other = other_code(stated, PROCEDURES)
    return {"other_code": other} if other else {}
