"""The reference's own words for what the rule book writes in short: families, effects, standings, months and numbers."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import UNSET

from app.determination.facts import Program
from app.determination.findings import Effect
from app.determination.law import Standing

FAMILY_TITLES: Final[dict[str, str]] = {
    "VAL": "Codes and their months",
    "PROG": "Programs",
    "RHC": "Rural health clinics and health centers",
    "ELIG": "Eligibility",
    "PRAC": "Practitioners and staff",
    "CONS": "Consent",
    "INIT": "Initiating visit",
    "G0506": "Planning assessment (G0506)",
    "PLAN": "Care plan and service elements",
    "CPLX": "Complex care",
    "TIME": "Time",
    "UNIT": "Units and choice",
    "PCM": "Principal care management",
    "BHI": "Behavioral health integration",
    "RPM": "Remote physiologic monitoring",
    "RTM": "Remote therapeutic monitoring",
    "TCM": "Transitional care management",
    "APCM": "Advanced primary care management",
    "CHI": "Community health integration",
    "CONC": "Concurrent services",
    "CLAIM": "Claims",
    "AMT": "Amounts",
    "TELE": "Telehealth",
    "COST": "Cost sharing",
}
EFFECTS: Final[dict[Effect, tuple[str, str]]] = {
    "blocks": ("blocks", "Refuses the code when the record shows otherwise, and when it is silent."),
    "documentation": ("documentation", "Refuses the code when the record shows otherwise; silence is told, and blocks nothing."),
    "conflict": ("conflict", "Not paid together: refuses the code beside a service already billed, or tells of two on one date of service."),
    "time": ("takes time out", "Seconds it closes do not count; it refuses no code by itself."),
    "advises": ("advises", "Worth knowing; it never refuses a code."),
}  # fmt: skip
STANDINGS: Final[dict[Standing, tuple[str, str]]] = {
    "read": ("read", "The controlling text, official data, a contractor's page or quoted CMS words were read."),
    "proposed": ("proposed", "Read in the proposed rule; the final text was not read."),
    "secondary": ("secondary", "Known from what others write about it; the text itself was not read."),
    "unread": ("unread", "Nothing was read; it stands as it is commonly known."),
    "derived": ("derived", "No text says it: it follows from other rules, or is a decision of ours."),
}
PROGRAM_TITLES: Final[dict[Program, str]] = {
    "ccm": "chronic care management",
    "pcm": "principal care management",
    "rpm": "remote physiologic monitoring",
    "rtm": "remote therapeutic monitoring",
    "bhi": "behavioral health integration",
    "cocm": "collaborative care",
    "tcm": "transitional care management",
    "apcm": "advanced primary care management",
    "chi": "community health integration",
    "pin": "principal illness navigation",
}
NUMBERS: Final[dict[str, str]] = {
    "same_practitioner": "Billed by the same practitioner",
    "same_practice": "Billed by another of the practice",
    "elsewhere": "Billed by another practice",
    "except_settings": "Everywhere but in",
    "episode_days": "Days it covers from discharge",
    "free_seconds": "Time after its end that frees the month",
    "groups": "Never in one month",
}
"""What rows of tables state, as it is read; other numbers are read by their names."""
PARTS: Final[dict[str, str]] = {
    "title": "Title",
    "effect": "Effect",
    "standing": "Standing",
    "programs": "Programs",
    "check": "How it is checked",
    "numbers": "Number",
    "says": "Sentence",
    "remedies": "Remedy",
    "denials": "Payer's reason code",
    "cites": "Sources",
    "counts": "Whose time counts",
    "occasion": "Earned on",
    "base": "Base",
    "add_on": "Add-on",
    "live_contact": "Live contact",
    "shared_units": "Units of one line",
    "requires": "Required rules",
}


WHOSE: Final[dict[str, str]] = {
    "everyone": "everybody's time",
    "biller": "the billing practitioner's own time",
    "peers": "peer support workers' time",
    "others": "everybody's time but peer support workers'",
}
"""Whose time a pathway counts."""


def family_of(rule: str) -> str:
    """The family of a rule's id: `CONS` of `CONS-08`."""
    return rule.rpartition("-")[0]


def months(from_: str, until: str | None) -> str:
    """A span of months as it is read: both ends included."""
    if until is None:
        return f"since {from_}"
    last = month_before(until)
    return last if last == from_ else f"{from_} to {last}"


def month_before(month: str) -> str:
    """The calendar month before one."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def month_after(month: str) -> str:
    """The calendar month after one."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02}"


def duration(seconds: int) -> str:
    """Seconds of a threshold, in minutes where they are whole, in hours from two on."""
    minutes, rest = divmod(seconds, 60)
    if seconds >= 7200 and seconds % 3600 == 0:
        return f"{seconds // 3600} hours"
    return f"{seconds} seconds" if rest else f"{minutes} minutes"


def label(name: str) -> str:
    """A name of the data as a label: `told_of` is `Told of`. An id or a code stays as it is."""
    if name != name.lower():
        return name
    words = " ".join(name.split("_"))
    return words[:1].upper() + words[1:]


def plain(value: Any) -> str:
    """A number, a list or a table of the data on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {plain(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        between = "; " if any(isinstance(inner, Mapping | list | tuple) for inner in value) else ", "
        return between.join(plain(inner) for inner in value) or "none"
    return str(value)


def told(what: str, value: Any) -> str:
    """One side of a change; sources by their keys and places."""
    if what == "cites":
        return "; ".join(f"{cite['source']} {cite.get('at', '')}".strip() for cite in value)
    return duration(value) if what.endswith("seconds") and isinstance(value, int) else plain(value)


def sides(what: str, before: Any, after: Any) -> Iterator[tuple[str, str]]:
    """A change as it is read: of two lists what went and what came, else what was and what is."""
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        gone = [one for one in before if one not in after]
        come = [one for one in after if one not in before]
        if gone or come:
            listed = (("no longer", gone), ("now also", come))
            yield from ((side, told(what, some)) for side, some in listed if some)
            return
    for side, value in (("was", before), ("is", after)):
        if value is not UNSET:
            yield side, told(what, value)


def numbers(stated: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """An edition's numbers and lists, each with a label, on one line; a table has a line for each of its rows."""
    for name, value in stated.items():
        if name.endswith("_seconds") and isinstance(value, int):
            yield _number(name), (duration(value),)
        elif isinstance(value, Mapping):
            yield _number(name), tuple(f"{key}: {plain(inner)}" for key, inner in value.items())
        elif isinstance(value, list | tuple) and any(isinstance(row, Mapping | list | tuple) for row in value):
            yield _number(name), tuple(plain(row) for row in value)
        else:
            yield _number(name), (plain(value),)


def part(what: str) -> str:
    """What a change concerns: `says.withdrawn` is `Sentence, withdrawn`."""
    name, _, key = what.partition(".")
    about = _number(key)
    return f"{PARTS.get(name, label(name))}{', ' + (about.lower() if about != key else about) if key else ''}"


def _number(name: str) -> str:
    return NUMBERS.get(name) or label(name.removesuffix("_seconds"))
