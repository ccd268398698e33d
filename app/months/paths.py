"""Where what is kept of a patient's month is read."""

from urllib.parse import quote


def history(patient: str, month: str) -> str:
    """The whole story of a month."""
    return f"/v1/patients/{quote(patient, safe='')}/months/{month}/history"


def frozen_answer(patient: str, month: str, revision: int) -> str:
    """The answer that a revision froze."""
    return f"{history(patient, month)}/{revision}"


def as_it_was_known(patient: str, month: str, known_as_of: str) -> str:
    """The determination of what was known at an instant, under the law as it is now."""
    return f"/v1/patients/{quote(patient, safe='')}/months/{month}/determination?known_as_of={quote(known_as_of)}"
