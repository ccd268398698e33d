"""Rule ids the determination reasons out itself, because they weigh pathways and programs against each other.

Their dates, authority and wording stand in `reasoning.toml` like any rule's; `checked_in` names the module that decides.
"""

from typing import ClassVar, Final

from msgspec import Struct


class Reasoned(Struct, frozen=True, gc=False):
    """A rule id without a class of its own: it checks nothing, it only says."""

    checked_in: str


class CodeWindows(Reasoned, frozen=True, gc=False):
    """A code exists only inside its window, and is judged only when a fact names its program."""

    finds: ClassVar = {"VAL-01": {"outside", "no_code"}, "PROG-00": {"unnamed"}}


class Minutes(Reasoned, frozen=True, gc=False):
    """Thresholds in whole increments, and the places a second can stand."""

    finds: ClassVar = {
        "TIME-02": {"reached", "short", "short_of_own"},
        "TIME-04": {"claimed"},
        "TIME-06": {"overlaps"},
        "TIME-15": {"outside"},
    }


class PersonalMinutes(Reasoned, frozen=True, gc=False):
    """Codes that count only what the billing practitioner did personally."""

    finds: ClassVar = {"PRAC-07": {"not_own"}}


class CodingCap(Reasoned, frozen=True, gc=False):
    """How many units of an add-on the coding rules allow."""

    finds: ClassVar = {"UNIT-04": {"capped"}}


class Amounts(Reasoned, frozen=True, gc=False):
    """By which figures lines have their amounts, and who is paid less."""

    finds: ClassVar = {
        "AMT-01": {"reduced"},
        "AMT-02": {"nonfacility", "facility", "unpriced", "unknown_locality"},
        "COST-01": {"owed"},
    }


class Units(Reasoned, frozen=True, gc=False):
    """How many units a claim carries, and which pathways are chosen."""

    finds: ClassVar = {
        "UNIT-05": {"capped"},
        "UNIT-06": {
            "complex_supported",
            "own_time_only",
            "highest_amount",
            "instead_complex_supported",
            "instead_own_time_only",
            "instead_highest_amount",
            "instead_other_program",
            "instead_allocation",
            "instead_contradiction",
            "instead_practitioners",
        },
    }


KINDS: Final[dict[str, type[Struct]]] = {
    "amounts": Amounts,
    "code_windows": CodeWindows,
    "coding_cap": CodingCap,
    "minutes": Minutes,
    "personal_minutes": PersonalMinutes,
    "units": Units,
}
