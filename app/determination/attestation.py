"""What a person attested of a patient's month: written into the ledger by the service itself, never sent by a client."""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from app.determination.fact import Fact
from app.determination.vocabulary import Identifier, Month, PatientReference, Reference, Text


class Attestation(Fact, frozen=True, gc=False, kw_only=True, tag="attestation"):
    """A person closed, amended or reopened a month. Its source is `self`; it bears on no month's answer."""

    patient: PatientReference | None = None
    month: Month
    action: Literal["closed", "amended", "reopened"]
    by: Reference
    on_behalf_of: Reference | None = None
    words: Annotated[Text, Meta(description="What was attested, word for word; of a month reopened: why.")]
    credential: Annotated[Identifier, Meta(description="The id of the key or client by which it was said.")]

    @property
    def occurred(self) -> tuple[dt.date | None, dt.date | None]:
        first = dt.date.fromisoformat(f"{self.month}-01")
        return first, (first + dt.timedelta(days=31)).replace(day=1)

    def bears_before(self, day: dt.date, instant: dt.datetime) -> bool:
        return False  # that a month was closed changes nothing of what may be billed for it or for another
