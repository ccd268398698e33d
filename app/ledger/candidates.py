"""A fact somebody wants recorded, and what is already known about its key."""

import datetime as dt
from hashlib import sha256
from typing import Literal

from msgspec import Struct

from app.determination.facts import KINDS, Fact, Practice, Retraction, canonical
from app.determination.service_month import is_time_zone
from app.errors import FieldError
from app.ledger.tables import PRACTICE_STREAM

Key = tuple[str, str]
"""Kind and id. The source is the caller's, the practice the transaction's."""


class Fault(Struct, frozen=True, gc=False):
    """Why a fact is not recorded: not a fact as it stands, or a contradiction of what is recorded."""

    reason: Literal["invalid", "conflict"]
    error: FieldError


class Recorded(Struct, frozen=True, gc=False):
    """What the ledger holds under a key. `superseded`: already corrected or retracted."""

    stream: str
    position: int
    recorded_at: dt.datetime
    digest: bytes
    superseded: bool


class Candidate(Struct, frozen=True, gc=False):
    """A fact at its place in the request. `target` is the fact it corrects or retracts; `fault` what it is by itself."""

    index: int
    fact: Fact
    stream: str
    key: Key
    target: Key | None
    payload: bytes
    digest: bytes
    fault: Fault | None

    @property
    def target_pointer(self) -> str:
        return "/retracts" if isinstance(self.fact, Retraction) else "/corrects"


def candidate(index: int, fact: Fact) -> Candidate:
    assert fact.source is None, "the source is the credential's, never a fact's own statement"
    payload = canonical(fact)
    stream, key = getattr(fact, "patient", None) or PRACTICE_STREAM, (fact.kind, fact.id)
    return Candidate(index, fact, stream, key, target_of(fact), payload, sha256(payload).digest(), _fault(fact))


def target_of(fact: Fact) -> Key | None:
    """What a fact corrects or retracts."""
    if isinstance(fact, Retraction):
        return fact.retracts.kind, fact.retracts.id
    corrected = getattr(fact, "corrects", None)
    return None if corrected is None else (fact.kind, corrected)


def _fault(fact: Fact) -> Fault | None:
    """What the fact's own type cannot refuse: whose fact it is, and a zone nobody knows."""
    if isinstance(fact, Practice) and not is_time_zone(fact.time_zone):
        return _invalid("/time_zone", "Not a time zone of the IANA tables.")
    if isinstance(fact, Retraction):
        about_patient = KINDS[fact.retracts.kind].about_patient
        if fact.patient is not None and not about_patient:
            return _invalid("/patient", "A practice fact has no patient, nor has its retraction.")
    else:
        about_patient = fact.about_patient
    if about_patient and getattr(fact, "patient", None) is None:
        return _invalid("/patient", "Needed: whose ledger the fact belongs to.")
    return None


def _invalid(pointer: str, detail: str) -> Fault:
    return Fault("invalid", FieldError(detail, pointer=pointer))
