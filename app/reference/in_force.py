"""One month's law, read from the rule book: rules, codes, pathways, policies and factors."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from app.determination.amounts import Release
from app.determination.facts import PROGRAMS
from app.determination.findings import rule_book_order
from app.determination.law import AddOn, Citation, Law
from app.reference.entries import (
    AddOnCode,
    BaseCode,
    CitedSource,
    CodeWindow,
    ConversionFactor,
    Fingerprint,
    Months,
    PathwayInForce,
    RulebookMonth,
    RuleInForce,
)
from app.reference.policies import policies
from app.rulebook import loader
from app.rulebook.editions import Edition
from app.rulebook.reasoning import Reasoned


@lru_cache(maxsize=64)
def rulebook_of(month: str) -> RulebookMonth:
    """The law of a covered month."""
    law = loader.law(month)
    return RulebookMonth(
        rulebook=Fingerprint(
            service_month=month,
            version=law.digests.version,
            law_digest=law.digests.law,
            wording_digest=law.digests.wording,
        ),
        rules=tuple(
            _rule(rule, law)
            for rule in sorted(law.texts, key=rule_book_order)
            if law.texts[rule].since <= month  # an edition may hold a rule that is younger than itself
        ),
        codes=tuple(_codes(law)),
        pathways=tuple(_pathways(law)),
        policies=policies(law.default_policy),
        conversion_factors=tuple(_factors(law.fees.releases)),
    )


def rule_in(month: str, rule: str) -> RuleInForce | None:
    """A rule as it stands in a covered month; `None` where it is not in force."""
    return next((one for one in rulebook_of(month).rules if one.rule == rule), None)


@lru_cache(maxsize=1024)
def editions_of(rule: str) -> tuple[Edition, ...]:
    """Every edition that states a rule, earliest first. Two kinds of rule may state one id side by side."""
    stating = [one for one in loader.book().editions if any(text.id == rule for text in one.texts)]
    return tuple(sorted(stating, key=lambda edition: (edition.window.from_, edition.kind)))


def _rule(rule: str, law: Law) -> RuleInForce:
    text = law.texts[rule]
    stating = [edition for edition in editions_of(rule) if edition.in_force(law.month)]
    programs = frozenset[str]().union(*(edition.gates | edition.takes_time_of for edition in stating))
    return RuleInForce(
        rule=rule,
        title=text.title,
        effect=text.effect,
        standing=text.standing,
        since=text.since,
        until=_end(rule, law.month),
        edition=Months(
            from_=max(text.since, *(edition.window.from_ for edition in stating)),
            until=min((until for edition in stating if (until := edition.window.until)), default=None),
        ),
        programs=tuple(program for program in PROGRAMS if program in programs),
        codes=tuple(dict.fromkeys(_codes_gated(rule, law))),
        check=text.check,
        checked_in=tuple(dict.fromkeys(module for edition in stating for module in _modules(edition))),
        numbers={
            name: value
            for edition in stating
            if not isinstance(edition.rule, Reasoned)
            for name, value in edition.decides.items()
        },
        says=text.says,
        remedies=text.remedies,
        cites=tuple(_cited(cite) for cite in text.cites),
    )


def _end(rule: str, month: str) -> str | None:
    """The first month after the given one in which no edition states the rule."""
    while stating := [edition for edition in editions_of(rule) if edition.in_force(month)]:
        ends = [edition.window.until for edition in stating]
        if None in ends:
            return None
        month = max(end for end in ends if end is not None)
    return month


def _codes_gated(rule: str, law: Law) -> Iterator[str]:
    for pathways in law.pathways.values():
        for pathway in pathways:
            if rule in pathway.requires or rule in pathway.short:
                yield from pathway.codes
            elif pathway.add_on is not None and rule in pathway.add_on.short:
                yield pathway.add_on.code


def _modules(edition: Edition) -> list[str]:
    """The files of the program that check a rule, as a developer finds them."""
    if isinstance(edition.rule, Reasoned):
        return [f"app/{module.strip()}" for module in edition.rule.checked_in.split(",")]
    return [type(edition.rule).__module__.replace(".", "/") + ".py"]


def _cited(cite: Citation) -> CitedSource:
    source = loader.book().sources[cite.source]
    return CitedSource(source=source.id, title=source.title, publisher=source.publisher, at=cite.at, url=source.url)


def _codes(law: Law) -> Iterator[CodeWindow]:
    for row in law.codes.values():
        yield CodeWindow(
            code=row.code,
            program=row.program,
            pathway=law.pathway_names.get(row.code),
            in_force=row.exists_in(law.month),
            from_=row.from_,
            until=row.until,
            mue_units=row.mue_units,
            shared_with=row.shared_with,
        )


def _pathways(law: Law) -> Iterator[PathwayInForce]:
    windows = {
        (pathway.program, pathway.name): window
        for window, pathway in loader.book().pathways
        if window.in_force(law.month)
    }
    for pathways in law.pathways.values():
        for pathway in pathways:
            window = windows[pathway.program, pathway.name]
            yield PathwayInForce(
                program=pathway.program,
                pathway=pathway.name,
                edition=Months(from_=window.from_, until=window.until),
                counts=pathway.whose,
                base=BaseCode(code=pathway.base_code, seconds=pathway.base_seconds),
                add_on=_add_on(pathway.add_on),
                requires=tuple(sorted(pathway.requires, key=rule_book_order)),
            )


def _add_on(add_on: AddOn | None) -> AddOnCode | None:
    if add_on is None:
        return None
    return AddOnCode(code=add_on.code, each_seconds=add_on.each_seconds, max_units=add_on.max_units)


def _factors(releases: Iterable[Release]) -> Iterator[ConversionFactor]:
    """The factors of a year's releases; a release that leaves them as they were is not told."""
    known = None
    for release in releases:
        factors = release.conversion_factor, release.qualifying_apm_factor
        if factors != known:
            general, qualifying = factors
            yield ConversionFactor(
                effective=release.effective,
                dollars=_dollars(general),
                qualifying_apm=None if qualifying == general else _dollars(qualifying),
            )
        known = factors


def _dollars(ten_thousandths: int) -> str:
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04}"
