"""What a credential may do: every scope there is, in the one list that keys, clients, routes and documents name."""

from collections.abc import Iterable
from typing import Final

FACTS_WRITE: Final = "facts.write"
FACTS_READ: Final = "facts.read"
DETERMINATIONS_READ: Final = "determinations.read"
MONTHS_CLOSE: Final = "months.close"
AUDIT_READ: Final = "audit.read"
ADMIN: Final = "admin"
FHIR_WRITE: Final = "system/*.cud"
FHIR_READ: Final = "system/*.rs"

SCOPES: Final[dict[str, str]] = {
    FACTS_WRITE: "record facts",
    FACTS_READ: "read the ledgers back, and reports across patients",
    DETERMINATIONS_READ: "ask which codes may be billed, from stored facts or from facts sent along, "
    "and what a panel would bring and cost",
    MONTHS_CLOSE: "close, reopen and amend months",
    AUDIT_READ: "read who looked at what",
    ADMIN: "change how the practice uses the service, such as where its webhooks go",
    FHIR_WRITE: "record FHIR resources",
    FHIR_READ: "read FHIR resources",
}
"""Each with what it lets its bearer do."""

ALL: Final = frozenset(SCOPES)


def known_scopes(named: Iterable[str]) -> frozenset[str]:
    """The scopes named. `ValueError`, which lists those there are, for none and for one that is not."""
    scopes = frozenset(named)
    if not scopes or not scopes <= ALL:
        raise ValueError(f"Scopes are one or more of: {', '.join(SCOPES)}.")
    return scopes


def in_order(scopes: Iterable[str]) -> list[str]:
    """As the list above has them; one that it no longer has comes last."""
    order = list(SCOPES)
    return sorted(scopes, key=lambda scope: (order.index(scope) if scope in SCOPES else len(order), scope))
