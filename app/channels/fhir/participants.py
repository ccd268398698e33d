"""Which practitioner an encounter was with."""

from typing import Final

from app.channels.fhir.codings import codings
from app.channels.fhir.elements import Element
from app.channels.fhir.issues import Issue, incomplete
from app.channels.fhir.references import Directory

FOREMOST: Final = ("PPRF", "ATND")
"""Primary performer, then attender (v3 ParticipationType)."""


def practitioner_of(encounter: Element, directory: Directory) -> str | Issue:
    """The id of the one Practitioner: the primary performer, else the attender, else the only one. Never a guess."""
    taking_part: dict[str, set[str]] = {}
    for participant in encounter.children("participant"):
        individual = participant.child("individual")
        practitioner = None if individual is None else _practitioner(individual, directory)
        if practitioner is not None:
            roles = {coding.code for concept in participant.children("type") for coding in codings(concept)}
            taking_part.setdefault(practitioner, set()).update(roles)
    for role in FOREMOST:
        having = [each for each, roles in taking_part.items() if role in roles]
        if len(having) == 1:
            return having[0]
    if len(taking_part) == 1:
        return next(iter(taking_part))
    says = (
        "Several practitioners, and none alone is primary performer or attender: no visit."
        if taking_part
        else "No practitioner takes part: no visit."
    )
    return incomplete(encounter.at("participant"), says)


def _practitioner(individual: Element, directory: Directory) -> str | None:
    target = directory.resolve(individual, "Practitioner")
    if target is not None and target.type == "PractitionerRole" and target.resource is not None:
        behind = target.resource.child("practitioner")
        target = None if behind is None else directory.resolve(behind, "Practitioner")
    if target is None or target.type != "Practitioner" or not target.id:
        return None
    return target.id
