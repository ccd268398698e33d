"""The law on a terminal: what is in force, what changed, whether it holds together, how well it was read."""

import datetime as dt
import re
import shutil
from collections.abc import Iterable, Iterator
from textwrap import fill
from typing import Any

from app.cli.errors import CannotRun
from app.determination.law import Standing
from app.reference import words
from app.reference.calendar import covered_on
from app.reference.comparison import Change, RulebookDiff, compare
from app.reference.entries import CitedSource, ClaimEdits, PathwayInForce, RulebookMonth
from app.reference.history import history, known_rules
from app.reference.in_force import rule_in, rulebook_of
from app.reference.proofs import cases_of
from app.reference.standings import rules_of_standing, unread_sources
from app.rulebook import loader
from app.rulebook.editions import RulebookError


def show(month: str | None, rule: str | None, today: dt.date) -> None:
    """Print a month's law, or one rule as it stands in a month. Without a month: today's."""
    if month is not None and rule is None and not re.fullmatch(r"\d{4}-\d\d", month):
        month, rule = None, month
    month = month or covered_on(today)
    _refuse_uncovered(month)
    if rule is None:
        _print(_month(rulebook_of(month)))
        return
    rule = rule.upper()
    if rule not in known_rules():
        raise CannotRun(f"The rule book has no such rule. `rulebook show {month}` lists those of the month.")
    _print(_rule(month, rule))


def diff(from_: str, to: str) -> None:
    """Print what changed between two months."""
    _refuse_uncovered(from_)
    _refuse_uncovered(to)
    _print(_difference(compare(from_, to)))


def check() -> None:
    """Compile every covered month, and say so. `CannotRun` with the fault where the book does not hold together."""
    try:
        book = loader.book()
    except RulebookError as error:
        raise CannotRun(f"The rule book does not hold together.\n{error}") from None
    years = [int(month[:4]) * 12 + int(month[5:]) for month in (book.first_month, book.last_month)]
    print(
        f"The rule book {book.version} holds together in each of its {years[1] - years[0] + 1} months, "
        f"{book.first_month} to {book.last_month}:"
    )
    stated = f"{len(book.editions)} editions and {len(book.statements)} rows"
    print(f"{len(known_rules())} rules in {stated}, {len(book.codes)} codes, {len(book.sources)} sources.")


def unread(*, all_but_read: bool) -> None:
    """Print the rules whose authority nobody read, and those that are our own conclusion."""
    standings: tuple[Standing, ...] = ("unread", "derived")
    if all_but_read:
        standings = ("unread", "secondary", "proposed", "derived")
    _print(_by_standing(standings))


def _month(law: RulebookMonth) -> Iterator[str]:
    yield f"The law of {law.rulebook.service_month}, rule book {law.rulebook.version}"
    yield f"law {law.rulebook.law_digest}"
    yield _filled("A rule does what its second column says; where a third stands, its authority was not read itself.")
    family = None
    for rule in law.rules:
        if (begun := words.family_of(rule.rule)) != family:
            family = begun
            yield ""
            yield words.FAMILY_TITLES[family]
        effect = "documents" if rule.effect == "documentation" else rule.effect
        standing = "" if rule.standing == "read" else rule.standing
        yield _filled(rule.title, f"  {rule.rule:<9} {effect:<10} {standing:<10} ", " " * 34)
    yield ""
    yield "Pathways"
    for pathway in law.pathways:
        base = pathway.base
        told = f"{base.code} from {words.duration(base.seconds)}" if base.seconds else base.code
        told += f" under {words.duration(base.below_seconds)}" if base.below_seconds else ""
        if pathway.add_on is not None:
            told += f", {pathway.add_on.code} for each further {words.duration(pathway.add_on.each_seconds)}"
            told += f", at most {pathway.add_on.max_units}" if pathway.add_on.max_units else ""
        told += ", with a live contact" if pathway.live_contact else ""
        told += f", a unit of one line, at most {pathway.shared_units}" if pathway.shared_units else ""
        yield _filled(f"{told}, {_earned(pathway)}", f"  {pathway.program + '/' + pathway.pathway:<38}  ", " " * 42)
    yield ""
    yield "Codes in force"
    for code in law.codes:
        if code.in_force:
            units = f"{code.mue_units} a date of service" if code.mue_units else "no published limit"
            yield f"  {code.code:<9} {code.program:<8}{words.months(code.from_, code.until):<25}{units}"
    yield ""
    yield _filled(f"`rulebook show {law.rulebook.service_month} RULE` shows one rule whole.")


def _earned(pathway: PathwayInForce) -> str:
    if pathway.counts is None:
        return f"on its occasion: {words.label(pathway.occasion or '').lower()}"
    return f"of {words.WHOSE[pathway.counts]}"


def _rule(month: str, name: str) -> Iterator[str]:
    rule = rule_in(month, name)
    chapters = history(name)
    shown = rule or chapters[-1].rule
    yield _filled(f"{name}  {shown.title}")
    if rule is None:
        yield _filled(f"Not in force in {month}. As it stood {words.months(chapters[-1].from_, chapters[-1].until)}:")
    yield ""
    yield from _entry("In force", words.months(shown.since, shown.until))
    yield from _entry("Effect", f"{words.EFFECTS[shown.effect][0]}. {words.EFFECTS[shown.effect][1]}")
    yield from _entry("Standing", f"{shown.standing}. {words.STANDINGS[shown.standing][1]}")
    if shown.programs:
        yield from _entry("Programs", words.plain(shown.programs))
    if shown.codes:
        yield from _entry("May refuse", words.plain(shown.codes))
    yield from _entry("Checked so", shown.check)
    for name_of_number, value in words.numbers(shown.numbers):
        yield from _entry("", f"{name_of_number}: {'; '.join(value)}")
    yield from _entry("Checked in", words.plain(shown.checked_in) if shown.checked_in else "no check of its own")
    yield from _edits(f"Claim edits of {month}", (one for one in rulebook_of(month).claim_edits if one.rule == name))
    if shown.says:
        yield from ("", "What it says")
    for reason, sentence in shown.says.items():
        yield _filled(sentence, f"  {words.label(reason)}: ", "    ")
        if reason in shown.denials:
            yield f"    A payer's reason code: {shown.denials[reason]}"
        if reason in shown.remedies:
            yield _filled(shown.remedies[reason], "    Remedy: ", "    ")
    yield ""
    yield "Sources"
    for cite in shown.cites:
        yield from _cited(cite)
    yield ""
    yield "History"
    for chapter in chapters:
        yield f"  {words.months(chapter.from_, chapter.until)}"
        yield from _changes(chapter.changed, "    ")
    cases = cases_of(name)
    if cases:
        yield ""
        yield "Proved by"
        for case in cases:
            yield _filled(case.title, f"  {case.id:<8} {case.service_month}  ", " " * 19)


def _difference(found: RulebookDiff) -> Iterator[str]:
    yield f"From {found.from_.service_month} to {found.to.service_month}"
    told = list(_differences(found))
    if not told:
        same = found.from_.law_digest == found.to.law_digest
        told = ["", "Nothing changed." if same else "Nothing that is shown here; the digests of the laws differ."]
    yield from told


def _differences(found: RulebookDiff) -> Iterator[str]:
    titles: dict[str, Iterable[tuple[str, str]]] = {
        "Rules begun": [(rule.rule, rule.title) for rule in found.rules.begun],
        "Rules ended": [(rule.rule, rule.title) for rule in found.rules.ended],
        "Codes opened": [(code.code, code.program) for code in found.codes.opened],
        "Codes closed": [(code.code, code.program) for code in found.codes.closed],
        "Pathways begun": [(one.program, one.pathway) for one in found.pathways.begun],
        "Pathways ended": [(one.program, one.pathway) for one in found.pathways.ended],
    }
    for title, listed in titles.items():
        if listed:
            yield from ("", title)
            yield from (_filled(told, f"  {name:<9} ", " " * 12) for name, told in listed)
    if found.rules.changed:
        yield from ("", "Rules changed")
        for rule in found.rules.changed:
            yield _filled(rule.title, f"  {rule.rule:<9} ", " " * 12)
            yield from _changes(rule.changes, " " * 12)
    if found.pathways.changed:
        yield from ("", "Pathways changed")
        for pathway in found.pathways.changed:
            yield f"  {pathway.program}/{pathway.pathway}"
            yield from _changes(pathway.changes, " " * 12)
    yield from _edits("Claim edits begun", found.claim_edits.begun)
    yield from _edits("Claim edits ended", found.claim_edits.ended)
    for title, factors in (
        ("Conversion factors begun", found.conversion_factors.begun),
        ("Conversion factors ended", found.conversion_factors.ended),
    ):
        if factors:
            yield from ("", title)
            for factor in factors:
                qualifying = f" ({factor.qualifying_apm} qualifying)" if factor.qualifying_apm else ""
                yield f"  {factor.effective}  {factor.dollars}{qualifying}"


def _edits(title: str, edits: Iterable[ClaimEdits]) -> Iterator[str]:
    """Codes not paid on one date of service beside ours."""
    for n, one in enumerate(edits):
        if n == 0:
            yield from ("", title)
        yield _filled(", ".join(one.codes), f"  {one.rule:<9} ", " " * 12)
        for indicator, told in ((0, "never beside"), (1, "with a modifier beside")):
            if ours := [code for code, stated in one.indicators.items() if stated == indicator]:
                yield _filled(", ".join(ours), f"{'':12}{told} ", " " * 14)


def _by_standing(standings: Iterable[Standing]) -> Iterator[str]:
    for standing in standings:
        listed = rules_of_standing({standing})
        yield f"{words.STANDINGS[standing][0].capitalize()}: {len(listed)} rules"
        yield _filled(words.STANDINGS[standing][1], "  ", "  ")
        for one in listed:
            span = words.months(one.months.from_, one.months.until)
            yield _filled(f"{one.title} ({span})", f"  {one.rule:<9} ", " " * 12)
        yield ""
    sources = unread_sources()
    yield f"Sources of which nothing was read: {len(sources)}"
    for source in sources:
        yield _filled(source.title, f"  {source.id:<9} ", " " * 12)


def _entry(title: str, told: str) -> Iterator[str]:
    yield _filled(told, f"{title:<12}", " " * 12)


def _cited(cite: CitedSource) -> Iterator[str]:
    yield _filled(
        f"{cite.title}, {cite.publisher}{f', at {cite.at}' if cite.at else ''}", f"  {cite.source:<9} ", " " * 12
    )
    if cite.url is not None:
        yield f"{'':12}{cite.url}"


def _changes(changes: Iterable[Change], indent: str) -> Iterator[str]:
    for change in changes:
        yield _filled(words.part(change.what), indent, indent)
        for side, value in words.sides(change.what, change.before, change.after):
            yield _filled(value, f"{indent}  {side:<10}", f"{indent}{'':12}")


def _filled(text: str, first: str = "", following: str = "") -> str:
    width = min(max(shutil.get_terminal_size().columns, 60), 100)
    return fill(
        text, width, initial_indent=first, subsequent_indent=following, break_long_words=False, break_on_hyphens=False
    )


def _refuse_uncovered(month: str) -> None:
    book = loader.book()
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month) or not book.covers(month):
        raise CannotRun(f"The rule book covers the months {book.first_month} to {book.last_month}, written YYYY-MM.")


def _print(lines: Iterable[Any]) -> None:
    print("\n".join(line.rstrip() for line in lines))
