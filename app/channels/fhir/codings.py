"""Code systems we know, and the codings of a CodeableConcept."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from app.channels.fhir.elements import Element

ICD_10_CM: Final = frozenset({"http://hl7.org/fhir/sid/icd-10-cm", "urn:oid:2.16.840.1.113883.6.90"})
PROCEDURES: Final = frozenset(
    {
        "http://www.ama-assn.org/go/cpt",
        "urn:oid:2.16.840.1.113883.6.12",
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "urn:oid:2.16.840.1.113883.6.285",
    }
)
"""CPT and HCPCS Level II."""

SNOMED: Final = "http://snomed.info/sct"
NPI: Final = "http://hl7.org/fhir/sid/us-npi"

EXPECTED_DURATION: Final = "https://care-month.example/fhir/StructureDefinition/expected-duration"
SIGNIFICANT_RISK: Final = "https://care-month.example/fhir/StructureDefinition/significant-risk"
"""Our own extensions of Condition: a clinician's statements for which FHIR has no element."""


class Coding(Struct, frozen=True):
    """A code in a system, and where it stands."""

    system: str
    code: str
    place: str


def codings(concept: Element | None) -> Iterator[Coding]:
    """The codings of a CodeableConcept that have both a system and a code."""
    if concept is None:
        return
    for coding in concept.children("coding"):
        system, code = coding.text("system"), coding.text("code")
        if system is not None and code is not None:
            yield Coding(system, code, coding.at("code"))


def other_code(candidates: list[Coding], known: frozenset[str]) -> dict[str, str] | None:
    """The first coding of a system outside `known`, SNOMED CT before others: evidence that is never judged."""
    others = [coding for coding in candidates if coding.system not in known]
    others.sort(key=lambda coding: coding.system != SNOMED)
    return {"system": others[0].system, "code": others[0].code} if others else None


def status_of(concept: Element | None, codes: frozenset[str]) -> str | None:
    """The code of a status that is a CodeableConcept, whatever system it says it is of. `None`: not stated."""
    return next((coding.code for coding in codings(concept) if coding.code in codes), None)
