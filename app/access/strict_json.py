"""JSON where a second reading must not find something else: no name twice in an object, no number that is none.

The body of a request has a reader of its own, `app.api.json_text`, and neither serves for the other. That one tells its
sender every fault with its place, refuses what a ledger could not keep (control characters, long numbers), and reads
fractions as decimals. This one reads what other programs' libraries wrote and nobody keeps as it came, such as a
`jti` of any characters or an `exp` that is a float; it answers with one sentence, which tells a stranger nothing.
"""

import json
from typing import Any, NoReturn


def strict_object(text: str | bytes) -> dict[str, Any]:
    """The object that a text is. `ValueError`, which repeats nothing, for anything else."""
    try:
        read = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValueError("It is not one JSON object with each name once.") from None
    if not isinstance(read, dict):
        raise ValueError("It is not one JSON object with each name once.")  # noqa: TRY004 - it is the text that is wrong
    return read


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(members)
    if len(named) != len(members):
        raise ValueError
    return named


def _refuse(_constant: str) -> NoReturn:
    raise ValueError
