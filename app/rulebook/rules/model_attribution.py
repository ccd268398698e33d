"""Participants in CMS models that pay care management themselves may not bill it for attributed patients."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from app.determination.facts import ModelAttribution
from app.determination.findings import Finding
from app.determination.program_month import ProgramMonth


class NotAttributed(Struct, frozen=True, gc=False):
    """Met when no model attribution is in force in the month."""

    reads: ClassVar = frozenset({ModelAttribution})
    finds: ClassVar = {"ELIG-09": {"none", "attributed"}}

    def check(self, month: ProgramMonth) -> Iterable[Finding]:
        attributed = tuple(month.in_force(ModelAttribution))
        if attributed:
            models = tuple(fact.model for fact in attributed)
            return [Finding("ELIG-09", month.program, "not_met", "attributed", attributed, {"models": models})]
        return [Finding("ELIG-09", month.program, "met", "none")]
