"""Who closes, amends or reopens a month, on whose behalf, and what they attest in doing so."""

import hashlib
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from app.access.credentials import Caller
from app.determination.attestation import Attestation
from app.determination.facts import Reference, Retracted, Retraction, Service, Text
from app.months.choosing import NamedLine
from app.months.revisions import Action, FrozenLine

By = Annotated[Reference, Meta(description="Who attests: a person, as the practice names them.")]


class Attesting(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a person says of a month: who, on whose behalf, and the words attested."""

    by: By
    on_behalf_of: Annotated[Reference, Meta(description="Whose decision it is, where they act for another.")] | None = (
        None
    )
    words: Annotated[Text, Meta(description="What is attested, word for word; it is kept as it stands.")]


class Closing(Attesting, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A month to be closed."""

    claim_lines: (
        Annotated[
            tuple[NamedLine, ...],
            Meta(
                max_length=20,
                description="The lines to close with, where a person chose among alternatives: needed where a decision is, "
                "and otherwise a way to close only what was seen. Exactly the lines of one set that may be billed.",
            ),
        ]
        | None
    ) = None
    early: Annotated[bool, Meta(description="Close before the month is over.")] | None = None


def attestation(
    said: Attesting, caller: Caller, patient: str, month: str, revision: int, action: Action
) -> Attestation:
    """The entry of the patient's ledger that says so."""
    return Attestation(
        id=_own_id(month, revision, action, patient),
        patient=patient,
        month=month,
        action=action,
        by=said.by,
        on_behalf_of=said.on_behalf_of,
        words=said.words,
        credential=str(caller.credential),
    )


def service(line: FrozenLine, patient: str) -> Service:
    """A closed line as later months read it."""
    billed = line.line
    return Service(
        id=line.service,
        patient=patient,
        code=billed.code,
        on=billed.service_date,
        practitioner=billed.practitioner,
        units=billed.units,
    )


def service_id(patient: str, month: str, revision: int, code: str, place: int) -> str:
    """The same for the same line, however often it is asked for; no two lines share it."""
    return _own_id(month, revision, f"{code}.{place}", patient)


def retractions(void: Sequence[str], patient: str, month: str, revision: int) -> list[Retraction]:
    """Lines taken back, so that no later month reads them."""
    return [
        Retraction(
            id=f"void.{service_named}",
            patient=patient,
            retracts=Retracted(kind="service", id=service_named),
            reason=f"Void by revision {revision} of {month}.",
        )
        for service_named in void
    ]


def _own_id(month: str, revision: int, what: str, patient: str) -> str:
    # Ids are unique in the whole practice, and a patient's reference may be as long as an id: its digest stands for it.
    return f"{month}.{revision}.{what}.{hashlib.sha256(patient.encode()).hexdigest()[:32]}"
