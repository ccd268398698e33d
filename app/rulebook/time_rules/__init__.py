"""Reasons time does not count, and the order in which they ask: the first that hits owns the second."""

from typing import Final

from msgspec import Struct

from app.rulebook.time_rules.death import AfterDeath
from app.rulebook.time_rules.what_work import NoCareManagement, VisitTime
from app.rulebook.time_rules.whose_work import Abroad, Automated, Excluded, NonClinical, OtherSupervisor

FILES: Final = ("whose_work", "death", "what_work")

KINDS: Final[dict[str, type[Struct]]] = {
    "abroad": Abroad,
    "after_death": AfterDeath,
    "automated": Automated,
    "excluded": Excluded,
    "no_care_management": NoCareManagement,
    "non_clinical": NonClinical,
    "other_supervisor": OtherSupervisor,
    "visit_time": VisitTime,
}

ORDER: Final = (
    "non_clinical",
    "excluded",
    "automated",
    "abroad",
    "other_supervisor",
    "after_death",
    "hospital_stay",
    "hospice",
    "covered_days",
    "visit_for_every_patient",
    "initiating_visit",
    "need_found",
    "written_consent_in_force",
    "consent_in_force",
    "visit_time",
    "no_care_management",
)
"""Kinds of rules, in the rule book's order of time filters. Before them an entry is cut to the month (TIME-15); after them
come the program that may claim a minute (TIME-04) and people who work at once (TIME-05, TIME-06)."""
