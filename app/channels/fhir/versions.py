"""Versions of one resource as facts: the ledger mirrors the newest version, and never forgets the former ones.

A fact's id is `Type/id#` and a digest of what is stated and of the fact it follows. So the same version is the same
fact, changed content is another, and content that returns to an earlier state (A, B, A) is a third.
"""

import hashlib

import msgspec
from msgspec import Struct

from app.determination.facts import Fact, Retracted, Retraction, canonical

REASON = "The newest version of the FHIR resource states it no more."


class Recorded(Struct, frozen=True, gc=False):
    """The latest fact recorded of a resource, and the id of the live fact in its place.

    That is its own, or that of a fact sent outside FHIR that corrected it; `None`: nothing is left of it.
    """

    fact: Fact
    live_id: str | None


def versioned_id(name: str, fact: Fact, after: str = "") -> str:
    """`Type/id#` and twelve hexadecimal digits. `after` is the id of the fact recorded of the resource before."""
    bare = msgspec.structs.replace(fact, id=name, source=None)
    digest = hashlib.sha256(b"\n".join((after.encode(), canonical(bare))))
    return f"{name}#{digest.hexdigest()[:12]}"


def reconcile(name: str, stated: Fact | None, before: Recorded | None) -> tuple[Fact, ...]:
    """The facts to append so that the ledger says of the resource what its newest version states."""
    if before is None:
        return () if stated is None else (stated,)
    after = before.fact.id
    # Withdrawn by an earlier version of the resource: only a new statement is news.
    if isinstance(before.fact, Retraction):
        return () if stated is None else (_renamed(name, stated, after),)
    if stated is not None and _content(stated) == _content(before.fact):
        return ()
    if before.live_id is None:
        return () if stated is None else (_renamed(name, stated, after),)
    if stated is not None and stated.kind == before.fact.kind:
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
    """What a fact states, whoever sent it and under whatever id."""
    return canonical(msgspec.structs.replace(fact, id="-", source=None, corrects=None))
