"""A Practitioner: a credential somebody stated.

A credential is a degree or licence in `qualification`, or written after the name. A title such as "Dr." is none, and
without a credential there is no fact.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, Final

from app.channels.fhir.codings import NPI, codings
from app.channels.fhir.dates import Period, read_period
from app.channels.fhir.elements import Element, Resource
from app.channels.fhir.issues import Issue, incomplete
from app.channels.fhir.reading import Context, Statement

DEGREES: Final = re.compile(
    r"https?://(terminology\.hl7\.org/CodeSystem/v2-|hl7\.org/fhir/v2/)0360([/|].*)?|urn:oid:2\.16\.840\.1\.113883\.18\.220"
)
"""HL7 table 0360, degree/license/certificate, in the spellings of its address."""

NURSE_PRACTITIONERS: Final = frozenset({"CNP", "CANP", "FPNP"})
"""Codes of table 0360 that are a nurse practitioner's by their definition."""

MAY_BILL: Final = frozenset({"MD", "DO", "NP", "PA", "CNS", "CNM"})
WRITTEN: Final = MAY_BILL | {
    "RN", "LPN", "LVN", "PHARMD", "PHD", "PSYD", "DPM", "DDS", "DMD", "OD", "DC", "LCSW", "RD", "PT", "OT",
}  # fmt: skip
"""Credentials known when they are written after a name; anything else there ("Jr.") is no credential."""

_NPI: Final = re.compile(r"[0-9]{10}", re.ASCII)


def read_practitioner(practitioner: Resource, context: Context) -> Statement:
    issues: list[Issue] = []
    npi = _npi(practitioner, issues)
    stated = [*_qualifications(practitioner, context), *_suffixes(practitioner)]
    if not stated:
        said = "No credential is stated in qualification or after the name, and a title is none: no fact."
        return Statement(stream="", issues=(*issues, incomplete(practitioner.at("qualification"), said)))
    # Of several ("MD, PhD") the one by which care management can be billed.
    credential, period = next((each for each in stated if each[0] in MAY_BILL), stated[0])
    span = _span(period)
    if span is None:
        said = "The qualification's period leaves no day on which it surely held: not used."
        return Statement(stream="", issues=(*issues, incomplete(practitioner.at("qualification"), said)))
    fields: dict[str, Any] = {"practitioner": practitioner.id, "credential": credential, **span}
    if npi is not None:
        fields["npi"] = npi
    return Statement("practitioner", fields, "", tuple(issues))


def _npi(practitioner: Element, issues: list[Issue]) -> str | None:
    for identifier in practitioner.children("identifier"):
        if identifier.text("system") != NPI:
            continue
        value = identifier.text("value")
        if value is not None and _NPI.fullmatch(value):
            return value
        issues.append(incomplete(identifier.at("value"), "Not an NPI of ten digits: not used."))
    return None


def _qualifications(practitioner: Element, context: Context) -> Iterator[tuple[str, Period]]:
    for qualification in practitioner.children("qualification"):
        concept, period = qualification.child("code"), read_period(qualification, "period", context.time_zone)
        degrees = [coding.code.upper() for coding in codings(concept) if DEGREES.fullmatch(coding.system)]
        if not degrees and concept is not None:
            degrees = _written(concept.text("text"))
        for degree in degrees:
            yield "NP" if degree in NURSE_PRACTITIONERS else degree, period


def _suffixes(practitioner: Element) -> Iterator[tuple[str, Period]]:
    for name in practitioner.children("name"):
        for suffix in name.texts("suffix"):
            for credential in _written(suffix):
                yield credential, Period()


def _written(text: str | None) -> list[str]:
    """The credentials in "M.D., FACP"."""
    words = re.split(r"[\s,;/]+", (text or "").replace(".", "").upper())
    return [word for word in words if word in WRITTEN]


def _span(period: Period) -> dict[str, dt.date] | None:
    """`from` and `until`. The last day of a Period belongs to it."""
    first = None if period.start is None else period.start.last
    until = None if period.end is None else period.end.first + dt.timedelta(days=1)
    if first is not None and until is not None and until <= first:
        return None
    return {name: day for name, day in (("from", first), ("until", until)) if day is not None}
