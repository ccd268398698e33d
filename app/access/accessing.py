"""What a request does with a practice's records, as the access log tells it: a call, on whom, never what was said."""

from uuid import UUID

from msgspec import Struct


class Access(Struct):
    """One request. It leaves a row for each patient it is about, and one that names none where it is about none.

    `noted`: its rows are in the log, committed with what it did.
    """

    request: UUID
    call: str
    patients: tuple[str, ...] = ()
    month: str | None = None
    kinds: tuple[str, ...] = ()
    noted: bool = False
