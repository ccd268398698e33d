"""Which facts of a request are new, which are known, which cannot be recorded. No database: what it holds is given."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from app.errors import FieldError
from app.ledger.candidates import Candidate, Fault, Key, Recorded
from app.ledger.time_zone import ZoneInForce, speaks_of_zone, zone_faults

_OTHER_CONTENT: Final = "Recorded before with other content; facts are corrected by new ones."
_OTHER_CONTENT_HERE: Final = "Stands in this request twice, with different content."
_NO_SUCH_FACT: Final = "Names no fact of this kind, source and patient."
_NOT_AGAIN: Final = "Names a fact that is already corrected or retracted."
_NOT_ITSELF: Final = "A fact cannot name itself."
_NOT_SOUND: Final = "Names a fact of this request that cannot be recorded."


class Classified(Struct):
    """By index in the request. A fact that stands in it twice is new once and `repeated` from its first place."""

    new: list[Candidate]
    known: dict[int, Recorded]
    repeated: dict[int, int]
    faults: dict[int, Fault]


def classify(
    candidates: Sequence[Candidate], recorded: Mapping[Key, Recorded], source: str, zone: ZoneInForce | None
) -> Classified:
    """`recorded` holds what the ledger has under the candidates' keys and targets; `zone` is there if any speaks of it."""
    known: dict[int, Recorded] = {}
    repeated: dict[int, int] = {}
    faults: dict[int, Fault] = {}
    first: dict[Key, Candidate] = {}
    for candidate in candidates:
        stored = recorded.get(candidate.key)
        if stored is not None and stored.digest == candidate.digest:
            known[candidate.index] = stored
        elif candidate.fault is not None:
            faults[candidate.index] = candidate.fault
        elif stored is not None:
            faults[candidate.index] = _conflict("/id", _OTHER_CONTENT)
        elif (earlier := first.setdefault(candidate.key, candidate)) is not candidate:
            if earlier.digest == candidate.digest:
                repeated[candidate.index] = earlier.index
            else:
                faults[candidate.index] = _conflict("/id", _OTHER_CONTENT_HERE)

    successors: dict[Key, Candidate] = {}
    for candidate in first.values():
        detail = _target_fault(candidate, recorded, first, successors)
        if detail is not None:
            faults[candidate.index] = _conflict(candidate.target_pointer, detail)
        elif candidate.target is not None:
            successors[candidate.target] = candidate

    new = _grounded(first, successors, recorded, faults)
    while zone is not None:
        refused = zone_faults(zone, source, [candidate for candidate in new if speaks_of_zone(candidate)])
        if not refused:
            break
        faults.update(refused)
        new = _grounded(first, successors, recorded, faults)

    sound = {candidate.index for candidate in new}
    for candidate in first.values():
        if candidate.index not in sound and candidate.index not in faults:
            faults[candidate.index] = _conflict(candidate.target_pointer, _NOT_SOUND)
    for index, earlier_index in list(repeated.items()):
        if earlier_index in faults:
            faults[index] = faults[earlier_index]
            del repeated[index]
    return Classified(new, known, repeated, faults)


def _target_fault(
    candidate: Candidate,
    recorded: Mapping[Key, Recorded],
    first: Mapping[Key, Candidate],
    successors: Mapping[Key, Candidate],
) -> str | None:
    if candidate.target is None:
        return None
    if candidate.target == candidate.key:
        return _NOT_ITSELF
    named = recorded.get(candidate.target) or first.get(candidate.target)
    if named is None or named.stream != candidate.stream:
        return _NO_SUCH_FACT
    if candidate.target in successors or (isinstance(named, Recorded) and named.superseded):
        return _NOT_AGAIN
    return None


def _grounded(
    first: Mapping[Key, Candidate],
    successors: Mapping[Key, Candidate],
    recorded: Mapping[Key, Recorded],
    faults: Mapping[int, Fault],
) -> list[Candidate]:
    """Those that rest on nothing refused, in the order of the request.

    Each names at most one fact and is named by at most one, so they form chains; a chain that starts nowhere, because
    its facts name one another in a circle or one of them is refused, is not reached.
    """
    reached = [
        candidate
        for candidate in first.values()
        if candidate.index not in faults and (candidate.target is None or candidate.target in recorded)
    ]
    for candidate in reached:  # grows while it is walked
        successor = successors.get(candidate.key)
        if successor is not None and successor.index not in faults:
            reached.append(successor)
    return sorted(reached, key=lambda candidate: candidate.index)


def _conflict(pointer: str, detail: str) -> Fault:
    return Fault("conflict", FieldError(detail, pointer=pointer))
