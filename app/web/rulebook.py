"""The rule book as a reference to read: months, rules, what changed, sources, and how well each was read."""

import datetime as dt
from itertools import groupby
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.api.cached_answers import cached
from app.determination.facts import PROGRAMS
from app.months.computing import aside
from app.reference.calendar import covered_months, covered_on, differs
from app.reference.comparison import compare
from app.reference.history import history, known_rules
from app.reference.in_force import rule_in, rulebook_of
from app.reference.proofs import cases_of
from app.reference.search import search
from app.reference.standings import rules_citing, rules_of_standing, unread_sources
from app.reference.words import family_of, month_after, month_before
from app.rulebook import loader
from app.web.listings import by_program, by_year, edits_by_rule, numbers_once
from app.web.pages import HERE, page, refusal

router = APIRouter(prefix="/rulebook", include_in_schema=False)

Held = Annotated[str | None, Header(alias="If-None-Match")]

_SOUGHT_LENGTH: Final = 100
_STYLE: Final = (HERE / "static" / "rulebook.css").read_bytes()
_ICON: Final = (HERE / "static" / "icon.svg").read_bytes()


@router.get("")
async def show_index(request: Request, held: Held = None) -> Response:
    """Where everything is: a search, the months, the families."""
    sought = request.query_params.get("q", "")[:_SOUGHT_LENGTH].strip()
    return await aside(_index, held, request.query_params.get("month", ""), sought)


@router.get("/")
async def show_index_without_slash() -> Response:
    return RedirectResponse("/rulebook")


@router.get("/style.css")
async def show_style(held: Held = None) -> Response:
    return cached(held, _STYLE, "text/css; charset=utf-8")


@router.get("/icon.svg")
async def show_icon(held: Held = None) -> Response:
    return cached(held, _ICON, "image/svg+xml")


@router.get("/diff")
async def show_differences(request: Request, held: Held = None) -> Response:
    """What changed between two months, and a form to choose them."""
    from_, to = (request.query_params.get(name, "") for name in ("from", "to"))
    return await aside(_differences, held, from_, to)


@router.get("/sources")
async def show_sources(held: Held = None) -> Response:
    """Every source, whether it was read, and the rules that rest on it."""
    return await aside(_sources, held, _today())


@router.get("/unread")
async def show_unread(held: Held = None) -> Response:
    """Rules whose authority was not read itself, by standing."""
    return await aside(_unread, held, _today())


@router.get("/{month}")
async def show_month(month: str, held: Held = None) -> Response:
    """The law of one month."""
    return await aside(_month, held, month)


@router.get("/{month}/amounts")
async def show_amounts(month: str, held: Held = None) -> Response:
    """What a unit of each code is allowed, by the releases that hold in the month."""
    return await aside(_amounts, held, month)


@router.get("/{month}/claim-edits")
async def show_claim_edits(month: str, held: Held = None) -> Response:
    """Which pairs of codes are not paid on one date of service in the month."""
    return await aside(_claim_edits, held, month)


@router.get("/{month}/{rule}")
async def show_rule(month: str, rule: str, held: Held = None) -> Response:
    """One rule as it stands in a month, or as it stood when it was last in force."""
    return await aside(_rule, held, month, rule)


def _index(held: str | None, asked: str, sought: str) -> Response:
    month = asked if _covered(asked) else _today()
    found = search(month, sought)
    families = [name for name, _ in groupby(rulebook_of(month).rules, lambda rule: family_of(rule.rule))]
    counts = {name: sum(family_of(rule.rule) == name for rule in rulebook_of(month).rules) for name in families}
    return page(held, "index.html", sought=sought, found=found, counts=counts, **_frame(month))


def _month(held: str | None, month: str) -> Response:
    if not _covered(month):
        return _not_there()
    law = rulebook_of(month)
    before = month_before(month)
    return page(
        held,
        "month.html",
        law=law,
        changed=_covered(before) and differs(compare(before, month)),
        by_family=[(name, list(rules)) for name, rules in groupby(law.rules, lambda rule: family_of(rule.rule))],
        codes=[(name, listed) for name in PROGRAMS if (listed := [code for code in law.codes if code.program == name])],
        **_neighbours(month),
        **_frame(month),
    )


def _amounts(held: str | None, month: str) -> Response:
    if not _covered(month):
        return _not_there()
    law = rulebook_of(month)
    priced = {code.code for release in law.amounts.releases for code in release.codes}
    unpriced = [code.code for code in law.codes if code.in_force and code.code not in priced]
    shown = {"amounts": law.amounts, "unpriced": unpriced if law.amounts.releases else []}
    return page(held, "amounts.html", **shown, **_neighbours(month), **_frame(month))


def _claim_edits(held: str | None, month: str) -> Response:
    if not _covered(month):
        return _not_there()
    law = rulebook_of(month)
    shown = {"by_rule": edits_by_rule(month, law.claim_edits), "ways_out": law.ways_out}
    return page(held, "claim_edits.html", **shown, **_neighbours(month), **_frame(month))


def _rule(held: str | None, month: str, name: str) -> Response:
    if not _covered(month) or name not in known_rules():
        return _not_there()
    rule = rule_in(month, name)
    chapters = history(name)
    listed = [one.rule for one in rulebook_of(month).rules]
    at = listed.index(name) if name in listed else None
    return page(
        held,
        "rule.html",
        name=name,
        rule=rule or chapters[-1].rule,
        in_force=rule is not None,
        chapters=chapters,
        edits=[one for one in rulebook_of(month).claim_edits if one.rule == name],
        cases=cases_of(name),
        earlier=listed[at - 1] if at else None,
        later=listed[at + 1] if at is not None and at + 1 < len(listed) else None,
        **_frame(month),
    )


def _differences(held: str | None, from_: str, to: str) -> Response:
    if not from_ and not to:
        to = _today()
        from_ = _year_before(to)
    if not (_covered(from_) and _covered(to)):
        return refusal(422, "no_months.html", **_frame(_today()))
    found = compare(from_, to)
    return page(
        held,
        "differences.html",
        found=found,
        same=not differs(found),
        changed=numbers_once(found.rules.changed),
        opened=by_program(found.codes.opened),
        closed=by_program(found.codes.closed),
        edits=[
            ("begun", to, edits_by_rule(to, found.claim_edits.begun)),
            ("ended", from_, edits_by_rule(from_, found.claim_edits.ended)),
        ],
        **_frame(to),
    )


def _sources(held: str | None, month: str) -> Response:
    sources = loader.book().sources
    listed = [(sources[name], rules_citing(name)) for name in sorted(sources)]
    return page(held, "sources.html", listed=listed, **_frame(month))


def _unread(held: str | None, month: str) -> Response:
    by_standing = [(name, rules_of_standing({name})) for name in ("unread", "derived", "secondary", "proposed")]
    return page(held, "unread.html", by_standing=by_standing, sources=unread_sources(), **_frame(month))


def _not_there() -> Response:
    return refusal(404, "not_there.html", **_frame(_today()))


def _neighbours(month: str) -> dict[str, str | None]:
    """The covered months before and after."""
    before, after = month_before(month), month_after(month)
    return {"before": before if _covered(before) else None, "after": after if _covered(after) else None}


def _frame(month: str) -> dict[str, Any]:
    """What every page shows: the month its links lead to, and the years to choose from."""
    return {
        "month": month,
        "year_before": _year_before(month),
        "version": loader.book().version,
        "years": by_year(),
    }


def _year_before(month: str) -> str:
    return max(f"{int(month[:4]) - 1}{month[4:]}", loader.book().first_month)


def _covered(month: str) -> bool:
    return any(month == one.written for one in covered_months())


def _today() -> str:
    return covered_on(dt.datetime.now(dt.UTC).date())
