"""The texts the rules rest on, as `sources.toml` lists them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from app.determination.law import Standing
from app.rulebook.editions import Prose, RulebookError, typed


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text the rules cite. `read` is absent where nothing of it was read."""

    id: Prose
    title: Prose
    publisher: Prose
    standing: Standing
    url: Prose | None = None
    read: dt.date | None = None
    note: str = ""


class _Sources(Struct, frozen=True, forbid_unknown_fields=True):
    source: tuple[Source, ...]


def read_sources(table: Mapping[str, Any]) -> dict[str, Source]:
    """Every source by its id."""
    sources: dict[str, Source] = {}
    for source in typed("sources.toml", table, _Sources).source:
        if source.id in sources:
            raise RulebookError(f"sources.toml: {source.id} stands twice.")
        sources[source.id] = source
    return sources
