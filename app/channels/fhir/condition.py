"""A Condition: a diagnosis with the days on which it surely held.

Expected duration and risk are a clinician's statement: our two extensions carry them, nothing infers them.
"""

import datetime as dt
import re
from typing import Any, Final, get_args, get_type_hints

from app.channels.fhir.codings import (
    EXPECTED_DURATION,
    ICD_10_CM,
    SIGNIFICANT_RISK,
    codings,
    other_code,
    status_of,
)
from app.channels.fhir.dates import check_ordered, read_period, read_when, surely_from, surely_until
from app.channels.fhir.elements import Element, Resource
from app.channels.fhir.issues import BundleError, Issue, incomplete, not_used
from app.channels.fhir.reading import Context, Statement
from app.determination.facts import Condition

CLINICAL: Final = frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"})
ENDED: Final = frozenset({"inactive", "remission", "resolved"})
VERIFICATION: Final = frozenset(
    {"unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"}
)
NOT_HELD: Final = VERIFICATION - {"confirmed"}
DURATIONS: Final = frozenset(get_args(get_args(get_type_hints(Condition)["expected_duration"])[0]))
_DIAGNOSIS: Final = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", re.ASCII)


def read_condition(condition: Resource, context: Context) -> Statement:
    if condition.child("subject") is None:
        raise BundleError(condition.at("subject"), "required", "This element is required.")
    patient = context.directory.patient_of(condition, "subject")
    if patient is None:
        return Statement(issues=(incomplete(condition.at("subject"), "Does not say which patient it is about."),))

    def nothing(*issues: Issue) -> Statement:
        return Statement(stream=patient, issues=issues)

    ended = _status(condition, "clinicalStatus", CLINICAL) in ENDED
    if _status(condition, "verificationStatus", VERIFICATION) in NOT_HELD:
        return nothing(not_used(condition.at("verificationStatus"), "Not a confirmed diagnosis: not used."))
    fields, issues = _code(condition)
    if not fields:
        return nothing(*issues)
    span, said = _days(condition, context, ended=ended)
    issues += said
    if span is None:
        return nothing(*issues)
    statements = _clinicians_statements(condition)
    return Statement("condition", {"patient": patient, **fields, **span, **statements}, patient, tuple(issues))


def _status(condition: Element, name: str, codes: frozenset[str]) -> str | None:
    concept = condition.child(name)
    status = status_of(concept, codes)
    if concept is not None and status is None and any(codings(concept)):
        raise BundleError(condition.at(name), "value", "Not a code of the required value set.")
    return status


def _code(condition: Element) -> tuple[dict[str, Any], list[Issue]]:
    stated = list(codings(condition.child("code")))
    diagnoses = [coding for coding in stated if coding.system in ICD_10_CM]
    valid = [coding for coding in diagnoses if _DIAGNOSIS.fullmatch(coding.code.upper())]
    issues = [
        incomplete(coding.place, "Not an ICD-10-CM code with its point: not used.")
        for coding in diagnoses
        if coding not in valid
    ]
    if valid:
        issues += [not_used(coding.place, "A condition has one code: the first is used.") for coding in valid[1:]]
        return {"code": valid[0].code.upper()}, issues
    if other := other_code(stated, ICD_10_CM):
        said = "No ICD-10-CM code: kept as evidence, counted by no rule."
        return {"other_code": other}, [*issues, incomplete(condition.at("code"), said)]
    if not issues:
        issues.append(incomplete(condition.at("code"), "No coding with a system and a code: not used."))
    return {}, issues


def _days(condition: Element, context: Context, *, ended: bool) -> tuple[dict[str, dt.date] | None, list[Issue]]:
    """`from` and `until`; `None` when the condition has ended nobody says when."""
    zone, issues = context.time_zone, list[Issue]()
    onset = read_when(condition, "onsetDateTime", zone) or read_period(condition, "onsetPeriod", zone).start
    abatement = read_when(condition, "abatementDateTime", zone) or read_period(condition, "abatementPeriod", zone).end
    check_ordered(onset, abatement, condition.at("abatementDateTime"))
    if onset is None:
        issues.append(incomplete(condition.at("onset"), "No day of onset: held to have lasted since ever."))
    elif onset.day is None:
        issues.append(
            incomplete(condition.at("onset"), "The day of onset is not stated: its last possible day is used.")
        )
    first, until = surely_from(onset), surely_until(abatement)
    if abatement is not None and abatement.day is None:
        said = "The day of abatement is not stated: its first possible day is used."
        issues.append(incomplete(condition.at("abatement"), said))
    if abatement is None and ended:
        said = "It has ended, and the day is missing (abatementDateTime): not used."
        return None, [*issues, incomplete(condition.at("clinicalStatus"), said)]
    if first is not None and until is not None and until <= first:
        if onset is None or abatement is None or onset.day != abatement.day or onset.day is None:
            said = "Onset and abatement leave no day on which it surely held: not used."
            return None, [*issues, incomplete(condition.at("abatement"), said)]
        # Began and ended on one day: it held on that day.
        until = first + dt.timedelta(days=1)
    span = {"from": first, "until": until}
    return {name: day for name, day in span.items() if day is not None}, issues


def _clinicians_statements(condition: Element) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for extension in condition.children("extension"):
        match extension.text("url"):
            case url if url == EXPECTED_DURATION:
                fields["expected_duration"] = extension.required_code("valueCode", DURATIONS)
            case url if url == SIGNIFICANT_RISK:
                risk = extension.boolean("valueBoolean")
                if risk is None:
                    raise BundleError(extension.at("valueBoolean"), "required", "This element is required.")
                fields["significant_risk"] = risk
    return fields
