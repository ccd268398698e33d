"""A Patient: who everybody else refers to, and the day of death where one is stated."""

from app.channels.fhir.dates import read_when
from app.channels.fhir.elements import Resource
from app.channels.fhir.issues import BundleError, incomplete, not_used
from app.channels.fhir.reading import Context, Statement


def read_patient(patient: Resource, context: Context) -> Statement:
    """`deceasedDateTime` is a death. Demographics are not kept: a patient is an opaque reference."""
    died = read_when(patient, "deceasedDateTime", context.time_zone)
    deceased = patient.boolean("deceasedBoolean")
    if died is not None and deceased is not None:
        raise BundleError(
            patient.at("deceasedBoolean"), "invariant", "Give one of deceasedBoolean and deceasedDateTime."
        )
    if died is not None and died.day is not None:
        return Statement("death", {"patient": patient.id, "on": died.day}, stream=patient.id)
    if died is not None:
        issue = incomplete(
            patient.at("deceasedDateTime"), "The day of death is missing: it is stated to the month only."
        )
    elif deceased:
        issue = incomplete(
            patient.at("deceasedBoolean"), "The day of death is missing: without deceasedDateTime there is no fact."
        )
    else:
        issue = not_used(patient.place, "The patient is known by this id; demographics are not kept.")
    return Statement(stream=patient.id, issues=(issue,))
