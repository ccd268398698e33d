"""FHIR R4 in: a Bundle of an EHR becomes facts.

`facts_of` reads a Bundle and says of each entry what it states; it knows no database. `reconcile` compares that with
what the ledger recorded of the same resource before, so that a second sending stores nothing and changed content
corrects; `record` does both in a transaction of the caller's. The table of what becomes what is `docs/fhir.md`.
"""

from app.channels.fhir.bundle import facts_of
from app.channels.fhir.issues import BundleError, Issue, operation_outcome
from app.channels.fhir.reading import EntryRead, Mapped
from app.channels.fhir.recording import Recorded, record
from app.channels.fhir.versions import reconcile

__all__ = [
    "BundleError",
    "EntryRead",
    "Issue",
    "Mapped",
    "Recorded",
    "facts_of",
    "operation_outcome",
    "reconcile",
    "record",
]
