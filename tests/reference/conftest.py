"""A rule book with a file of the test's own, for what ours may not have in any month."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.reference import calendar, claim_edits, comparison, history, in_force, stating
from app.rulebook import loader

CACHED = (
    loader.book, loader.law, in_force.rulebook_of, comparison.compare, history.history,
    history.known_rules, calendar.covered_months, stating.statings_of, stating.stated_rules, claim_edits.pairs_of,
    claim_edits._pairs,
)  # fmt: skip


BookIn = Callable[[str, str], Path]


@pytest.fixture
def book_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BookIn]:
    """A copy of the rule book with a file of its own, read in place of ours until the test is over."""

    def rewritten(file: str, written: str) -> Path:
        folder = tmp_path / "rulebook"
        if not folder.exists():
            shutil.copytree(loader.HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        (folder / file).write_text(written)
        monkeypatch.setattr(loader, "HERE", folder)
        forget()
        return folder

    yield rewritten
    monkeypatch.undo()
    forget()


def forget() -> None:
    for cached in CACHED:
        cached.cache_clear()


BOTH = '"nursing_facility", "assisted_living"'


def edition(months: str, facilities: str, sentence: str, since: str = "2015-01") -> str:
    return f"""
[[edition]]
kind = "residence"
{months}
programs = ["ccm"]
facilities = [{facilities}]
[edition.rules.ELIG-06]
title = "Residents are eligible"
effect = "advises"
standing = "read"
since = "{since}"
check = "A stay in one of the facilities."
says.resident = "{sentence}"
"""


def home_health(months: str) -> str:
    return f"""
[[edition]]
kind = "home_health_episode"
{months}
programs = ["ccm"]
[edition.rules.ELIG-08]
title = "A home-health episode bars nothing"
effect = "advises"
standing = "unread"
since = "2015-01"
check = "A home-health stay."
says.home_health = "The patient is in a home-health episode."
"""


@pytest.fixture
def three_editions(book_in: BookIn) -> None:
    """ELIG-06 in three editions: the second says the same, the third changes it. ELIG-08 stands in two. Both end in 2026."""
    written = (
        edition('from = "2015-01"\nuntil = "2022-01"', BOTH, "That bars nothing."),
        edition('from = "2022-01"\nuntil = "2023-07"', BOTH, "That bars nothing."),
        edition('from = "2023-07"\nuntil = "2026-01"\nends = true', '"assisted_living"', "That still bars nothing."),
        home_health('from = "2015-01"\nuntil = "2023-07"'),
        home_health('from = "2023-07"\nuntil = "2026-01"\nends = true'),
    )
    book_in("rules/residence.toml", "".join(written))
