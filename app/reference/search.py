"""Rules found by words of theirs."""

from app.reference.entries import RuleInForce
from app.reference.in_force import rulebook_of


def search(month: str, sought: str) -> tuple[RuleInForce, ...]:
    """Rules of a month that have every word sought somewhere; those that have them in id or title come first."""
    wanted = sought.casefold().split()
    if not wanted:
        return ()
    found = [rule for rule in rulebook_of(month).rules if _has(_everything(rule), wanted)]
    return tuple(sorted(found, key=lambda rule: not _has(f"{rule.rule} {rule.title}", wanted)))


def _has(text: str, wanted: list[str]) -> bool:
    folded = text.casefold()
    return all(word in folded for word in wanted)


def _everything(rule: RuleInForce) -> str:
    cites = [f"{cite.source} {cite.title} {cite.at or ''}" for cite in rule.cites]
    return " ".join(
        (rule.rule, rule.title, rule.check, *rule.codes, *rule.says.values(), *rule.remedies.values(), *cites)
    )
