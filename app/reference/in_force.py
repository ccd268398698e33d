"""One month's law, read from the rule book: rules, codes, pathways, policies, amounts and claim edits."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from app.determination.facts import PROGRAMS
from app.determination.findings import rule_book_order
from app.determination.law import AddOn, Citation, Law, RuleText
from app.reference.claim_edits import pairs_of, written_short
from app.reference.entries import (
    AddOnCode,
    BaseCode,
    CitedSource,
    CodeWindow,
    Fingerprint,
    Months,
    PathwayInForce,
    RulebookMonth,
    RuleInForce,
)
from app.reference.fees import amounts, conversion_factors
from app.reference.policies import policies
from app.reference.stating import Stating, statings_of
from app.rulebook import loader


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
        conversion_factors=tuple(conversion_factors(law.fees.releases)),
        amounts=amounts(law),
        claim_edits=written_short(pairs_of(month).items()),
        ways_out=law.ways_out,
    )


def rule_in(month: str, rule: str) -> RuleInForce | None:
    """A rule as it stands in a covered month; `None` where it is not in force."""
    return next((one for one in rulebook_of(month).rules if one.rule == rule), None)


def _rule(rule: str, law: Law) -> RuleInForce:
    text = law.texts[rule]
    stating = [one for one in statings_of(rule) if one.in_force(law.month)]
    programs = frozenset[str]().union(*(one.programs for one in stating))
    return RuleInForce(
        rule=rule,
        title=text.title,
        effect=text.effect,
        standing=text.standing,
        since=text.since,
        until=_end(rule, law.month),
        edition=_edition(text, law.month),
        programs=tuple(program for program in PROGRAMS if program in programs),
        codes=tuple(dict.fromkeys(_codes_refused(rule, stating, law))),
        check=text.check,
        checked_in=tuple(dict.fromkeys(module for one in stating for module in one.checked_in)),
        numbers={name: value for one in stating for name, value in one.numbers.items()},
        says=text.says,
        remedies=text.remedies,
        denials=_denials(text, law),
        cites=tuple(_cited(cite) for cite in text.cites),
    )


def _edition(text: RuleText, month: str) -> Months:
    """The months around one in which nothing begins or ends to state the rule."""
    edges = {text.since} | {one.window.from_ for one in statings_of(text.id)}
    edges |= {until for one in statings_of(text.id) if (until := one.window.until) is not None}
    return Months(
        from_=max(edge for edge in edges if edge <= month), until=min((e for e in edges if e > month), default=None)
    )


def _end(rule: str, month: str) -> str | None:
    """The first month after the given one in which no edition states the rule."""
    while stating := [one for one in statings_of(rule) if one.in_force(month)]:
        ends = [one.window.until for one in stating]
        if None in ends:
            return None
        month = max(end for end in ends if end is not None)
    return month


def _codes_refused(rule: str, stating: Iterable[Stating], law: Law) -> Iterator[str]:
    refuses = frozenset[str]().union(*(one.refuses for one in stating))
    for pathways in law.pathways.values():
        for pathway in pathways:
            above = None if pathway.ceiling is None else pathway.ceiling.rule
            of_the_base = rule in pathway.short or rule in (pathway.live_contact, above)
            if rule in pathway.requires or of_the_base or not refuses.isdisjoint((pathway.name, pathway.key)):
                yield from pathway.codes
            elif pathway.add_on is not None and rule in pathway.add_on.short:
                yield pathway.add_on.code
    for code in law.closed_codes:
        if rule in (law.codes[code].before, law.codes[code].after) and rule in law.codes[code].closed_by(law.month):
            yield code


def _denials(text: RuleText, law: Law) -> dict[str, str]:
    """As an answer finds them: by rule and reason, else by the reason alone."""
    found = ((reason, law.denials.get(f"{text.id}.{reason}") or law.denials.get(reason)) for reason in text.says)
    return {reason: code for reason, code in found if code is not None}


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
                occasion=pathway.occasion,
                base=BaseCode(
                    code=pathway.base_code,
                    seconds=pathway.base_seconds or None,
                    below_seconds=None if pathway.ceiling is None else pathway.ceiling.below_seconds,
                ),
                add_on=_add_on(pathway.add_on),
                live_contact=pathway.live_contact,
                shared_units=pathway.shared_units,
                requires=tuple(sorted(pathway.requires, key=rule_book_order)),
            )


def _add_on(add_on: AddOn | None) -> AddOnCode | None:
    if add_on is None:
        return None
    return AddOnCode(code=add_on.code, each_seconds=add_on.each_seconds, max_units=add_on.max_units)
