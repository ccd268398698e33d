"""Versions of one resource as facts: the ledger mirrors the newest version, and never forgets the former ones.

A fact's id is `Type/id#` and a digest of what is stated and of the fact it follows. So the same version is the same
fact, changed content is another, and content that returns to an earlier state (A, B, A) is a third.
"""

import hashlib
from typing import Final

import msgspec

from app.determination.facts import Fact, Retracted, Retraction, canonical
from app.ledger.latest import Latest

REASON: Final = "The newest version of the FHIR resource states it no more."


def versioned_id(name: str, fact: Fact, after: str = "") -> str:
    """`Type/id#` and twelve hexadecimal digits. `after` is the id of the fact recorded of the resource before."""
    digest = hashlib.sha256(b"\n".join((after.encode(), canonical(msgspec.structs.replace(fact, id=name)))))
    return f"{name}#{digest.hexdigest()[:12]}"


def reconcile(name: str, stated: Fact | None, before: Latest | None) -> tuple[Fact, ...]:
    """The facts to append so that the ledger says of the resource what its newest version states."""
    if before is None:
        return () if stated is None else (stated,)
    after = before.fact.id
    if isinstance(before.fact, Retraction):
        # An earlier version withdrew it: only a new statement is news.
        return () if stated is None else (_renamed(name, stated, after),)
    if stated is not None and _content(stated) == _content(before.fact):
        # Also where the sender has since corrected or retracted the fact by itself: that holds until there is news.
        return ()
    if before.live_id is None:
        return () if stated is None else (_renamed(name, stated, after),)
    if stated is not None and _subject(stated) == _subject(before.fact):
        return (_renamed(name, msgspec.structs.replace(stated, corrects=before.live_id), after),)
    retraction = Retraction(
        id=name,
        patient=getattr(before.fact, "patient", None),
        retracts=Retracted(kind=before.fact.kind, id=before.live_id),  # type: ignore[arg-type]
        reason=REASON,
    )
    retraction = msgspec.structs.replace(retraction, id=versioned_id(name, retraction, after))
    return (retraction,) if stated is None else (retraction, _renamed(name, stated, retraction.id))


def _renamed(name: str, fact: Fact, after: str) -> Fact:
    return msgspec.structs.replace(fact, id=versioned_id(name, fact, after))


def _content(fact: Fact) -> bytes:
    """What a fact states, whatever its id and whatever it replaces."""
    return canonical(msgspec.structs.replace(fact, id="-", corrects=None))


def _subject(fact: Fact) -> tuple[str, str | None]:
    """A correction is of the same kind and patient; anything else takes a retraction and a new fact."""
    return fact.kind, getattr(fact, "patient", None)
