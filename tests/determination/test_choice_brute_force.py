"""The choice and its amounts, worked out a second time: every set of lines tried, every figure from the printed tables."""

import csv
import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

import msgspec
from hypothesis import given

from app.determination import facts
from app.determination.policy import PolicyChoices
from app.months.evaluate import EvaluationRequest
from tests.determination.orderly_months import orderly_months
from tests.determination.strategies import LAWS, answered, month_of, months, standing

AMOUNTS: Final = Path(__file__).parents[2] / "app/rulebook/amounts"
GPCI: Final = AMOUNTS.parent / "gpci"
Set = frozenset[tuple[str, int]]

# Rule book, sections 1, 4, 8, 9 and 13: base, its seconds and months; add-ons, each with its seconds, months and the most
# units a claim carries. G0506 asks for no minutes.
Months = tuple[str, str]
AddOn = tuple[str, int, Months, int]
ALWAYS: Final = "9999-99"
STAFF: Final = ("99490", 1200, ("2015-01", ALWAYS))
OWN: Final = ("99491", 1800, ("2019-01", ALWAYS))
COMPLEX: Final = ("99487", 3600, ("2017-01", ALWAYS))
CLINIC: Final = ("G0511", 1200, ("2018-01", "2025-10"))
PLANNING: Final = ("G0506", 0, ("2017-01", ALWAYS))
BASES: Final = (STAFF, OWN, COMPLEX, CLINIC, PLANNING)
ADD_ONS: Final[dict[str, tuple[AddOn, ...]]] = {
    "99490": (("G2058", 1200, ("2020-01", "2021-01"), 2), ("99439", 1200, ("2021-01", ALWAYS), 2)),
    "99491": (("99437", 1800, ("2022-01", ALWAYS), 2),),
    "99487": (("99489", 1800, ("2017-01", ALWAYS), 10),),
}
# PRAC-04 and CPLX-06; CONC-28; RHC-06 in its months.
NEVER_TOGETHER: Final = (
    (("99490", "99491"), ("2015-01", ALWAYS)), (("99490", "99487"), ("2015-01", ALWAYS)),
    (("99491", "99487"), ("2015-01", ALWAYS)), (("G0511", "99490"), ("2018-01", "2025-10")),
    (("G0511", "99487"), ("2018-01", "2025-10")), (("G0511", "99491"), ("2025-01", "2025-10")),
    (("G0511", "G0506"), ("2025-01", "2025-10")),
)  # fmt: skip
SHORT: Final = {"TIME-02", "CPLX-04", "CPLX-05"}


@cache
def releases(year: int) -> list[dict[str, Any]]:
    path = AMOUNTS / f"{year}.toml"
    if not path.exists():
        return []
    found = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)["release"]
    return sorted(found, key=lambda release: release["effective"])


@cache
def indices(year: int, locality: str) -> tuple[Decimal, Decimal, Decimal] | None:
    """A payment locality's indices for work, expense and malpractice."""
    path = GPCI / f"{year}.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines()) if path.exists() else []
    for row in rows:
        if f"{row['mac']}-{row['locality']}" == locality:
            return Decimal(row["work"]), Decimal(row["pe"]), Decimal(row["mp"])
    return None


def units_of(rvu: Mapping[str, Decimal], on: dt.date, locality: str, *, facility: bool) -> Decimal | None:
    """Relative value units: the printed total, or each part weighed by the locality's index."""
    if locality == "national":
        return rvu.get("facility_total" if facility else "total")
    where = indices(on.year, locality)
    parts = [rvu.get(part) for part in ("work", "facility_pe" if facility else "pe", "mp")]
    if where is None or None in parts:
        return None
    return sum((part * index for part, index in zip(parts, where, strict=True) if part is not None), Decimal(0))


def unit_amount(
    code: str, on: dt.date, *, facility: bool, apm: bool, reduced: bool, locality: str = "national"
) -> Decimal | None:
    """Cents for one unit: half up of RVU x factor (x 85 %), of the year's latest release begun, else its earliest."""
    year = releases(on.year)
    if not year:
        return None
    release = ([one for one in year if one["effective"] <= on] or year[:1])[-1]
    total = units_of(release["rvu"].get(code, {}), on, locality, facility=facility)
    if total is None:
        return None
    factor = release.get("qualifying_apm_factor", release["conversion_factor"]) if apm else release["conversion_factor"]
    dollars = total * factor * (Decimal("0.85") if reduced else 1)
    cents: Decimal = (dollars * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return cents


def payer_on(request: EvaluationRequest, day: dt.date) -> str | None:
    order = ("medicare_advantage", "medicare_part_b", "medicare_part_a_only")
    in_force = {
        fact.payer
        for fact in standing(request)
        if isinstance(fact, facts.Coverage)
        and (fact.from_ is None or fact.from_ <= day)
        and (fact.until is None or day < fact.until)
    }
    return next((payer for payer in order if payer in in_force), None)


def in_force_in(request: EvaluationRequest, kind: type[Any]) -> list[Any]:
    month = month_of(request)
    return [
        fact
        for fact in standing(request)
        if isinstance(fact, kind)
        and (fact.from_ is None or fact.from_ < month.day_after)
        and (fact.until is None or fact.until > month.first_day)
    ]


def credentials(request: EvaluationRequest, practitioner: str) -> set[str]:
    recorded = in_force_in(request, facts.Practitioner)
    return {fact.credential.strip().upper() for fact in recorded if fact.practitioner == practitioner}


def is_facility(request: EvaluationRequest) -> bool:
    """The setting in force on the month's last day."""
    after = month_of(request).day_after
    last = [fact for fact in in_force_in(request, facts.Setting) if fact.until is None or fact.until >= after]
    return any(fact.type == "hospital_outpatient" for fact in last)


def expected_amount(request: EvaluationRequest, line: Mapping[str, Any]) -> int | None:
    on = dt.date.fromisoformat(line["service_date"])
    if payer_on(request, on) != "medicare_part_b":
        return None
    unit = unit_amount(
        line["code"],
        on,
        facility=is_facility(request),
        apm=bool(request.policy and request.policy.qualifying_apm),
        reduced=bool(credentials(request, line["practitioner"]) & {"NP", "PA", "CNS"}),
        locality=(request.policy and request.policy.locality) or "national",
    )
    return None if unit is None else int(unit * line["units"])


@LAWS
@given(request=months(disturbances=1) | orderly_months())
def test_amounts_are_what_the_printed_tables_give(request: EvaluationRequest) -> None:
    answer = answered(request)
    offered = [answer["claim_lines"], *(one["claim_lines"] for one in answer["alternatives"])]
    if any(finding["rule"] == "CLAIM-03" for finding in answer["findings"]):
        return  # two settings on one day: each possibility has its own figures
    for line in (line for lines in offered for line in lines):
        if len(credentials(request, line["practitioner"])) == 1:
            assert line.get("amount_cents") == expected_amount(request, line), line


def exists(months: Months, written: str) -> bool:
    return months[0] <= written < months[1]


def lawful_sets(answer: Mapping[str, Any]) -> set[Set]:
    """Every set of CCM lines that the rule book allows for the seconds counted, tried one by one."""
    rows = {row["code"]: row for row in answer["verdicts"]}
    written = answer["service_month"]
    most = {base: 1 for base, _, months in BASES if exists(months, written)}
    for add_ons in ADD_ONS.values():
        most |= {code: cap for code, _, months, cap in add_ons if exists(months, written)}
    found = set()
    for units in product(*(range(cap + 1) for cap in most.values())):
        candidate = frozenset((code, count) for code, count in zip(most, units, strict=True) if count)
        if candidate and is_lawful(candidate, rows, written):
            found.add(candidate)
    return found


def is_lawful(lines: Set, rows: Mapping[str, Mapping[str, Any]], written: str) -> bool:
    units = dict(lines)
    for pair, stands in NEVER_TOGETHER:
        if exists(stands, written) and set(pair) <= units.keys():
            return False
    for base, base_seconds, _ in BASES:
        needed = base_seconds
        for add_on, each, *_ in ADD_ONS.get(base, ()):
            needed += units.get(add_on, 0) * each
            if add_on in units and base not in units:
                return False  # UNIT-01 to UNIT-03
        if base not in units:
            continue
        if set(rows[base]["blockers"]) - SHORT or rows[base].get("counted_seconds", 0) < needed:
            return False
    return True


def maximal(found: set[Set]) -> set[Set]:
    """Sets to which no line or unit can lawfully be added."""
    return {one for one in found if not any(other != one and contains(other, one) for other in found)}


def contains(larger: Set, smaller: Set) -> bool:
    units = dict(larger)
    return all(units.get(code, 0) >= count for code, count in smaller)


def preferred(
    request: EvaluationRequest, answer: Mapping[str, Any], sets: set[Set], dates: Mapping[str, dt.date]
) -> Set:
    """Section 0, preference: complex where supported; the practitioner's codes for own time alone; the highest amount."""
    rows = {row["code"]: row for row in answer["verdicts"]}
    if stated_preference(request) == "most_accurate" and len(sets) > 1:
        for base, needs_own_time_only in (("99487", False), ("99491", True)):
            own_only = rows["99491"].get("counted_seconds") == rows["99490"]["counted_seconds"]
            if own_only or not needs_own_time_only:
                for one in sets:
                    if base in dict(one):
                        return one
    return min(sets, key=lambda one: (-ranking(request, answer, one, dates), len(one), sorted(code for code, _ in one)))


def stated_preference(request: EvaluationRequest) -> str:
    if request.policy and request.policy.preference:
        return request.policy.preference
    policies = [f for f in standing(request) if isinstance(f, facts.Policy) and f.from_ <= request.service_month]
    return max(policies, key=lambda fact: fact.from_).preference or "most_accurate" if policies else "most_accurate"


def ranking(request: EvaluationRequest, answer: Mapping[str, Any], lines: Set, dates: Mapping[str, dt.date]) -> Decimal:
    """The amount; where there is none, the national non-facility one, of the newest published year if need be."""
    biller = next(line["practitioner"] for line in offered_lines(answer))
    return Decimal(sum(rank_in_cents(request, code, units, dates[code], biller) for code, units in lines))


def rank_in_cents(request: EvaluationRequest, code: str, units: int, on: dt.date, practitioner: str) -> int:
    stated = expected_amount(
        request, {"code": code, "units": units, "practitioner": practitioner, "service_date": str(on)}
    )
    if stated is None:
        published = on if releases(on.year) else releases(newest_year())[-1]["effective"]
        stated = int((unit_amount(code, published, facility=False, apm=False, reduced=False) or 0) * units)
    return stated


def unambiguous(request: EvaluationRequest, practitioner: str) -> bool:
    """Whether one credential of the practitioner is recorded, so that there is one amount."""
    return len(credentials(request, practitioner)) == 1


@cache
def newest_year() -> int:
    return max(int(path.stem) for path in AMOUNTS.glob("*.toml"))


def offered_lines(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for lines in (answer["claim_lines"], *(one["claim_lines"] for one in answer["alternatives"])):
        yield from (line for line in lines if line["program"] == "ccm")


def ccm_set(lines: list[dict[str, Any]]) -> Set:
    return frozenset((line["code"], line["units"]) for line in lines if line["program"] == "ccm")


@LAWS
@given(request=orderly_months() | orderly_months() | months(disturbances=1, most_extras=1))
def test_the_choice_is_that_of_trying_every_lawful_set(request: EvaluationRequest) -> None:
    for preference in ("most_accurate", "highest_amount"):
        policy = msgspec.structs.replace(request.policy or PolicyChoices(), preference=preference)
        check_choice(msgspec.structs.replace(request, policy=policy))
    check_choice(request)


def check_choice(request: EvaluationRequest) -> None:
    answer = answered(request)
    rows = {row["code"]: row for row in answer["verdicts"]}
    if answer["status"] == "needs_decision" or "counted_seconds" not in rows["99490"]:
        return
    chosen = ccm_set(answer["claim_lines"])
    others = [ccm_set(one["claim_lines"]) for one in answer["alternatives"]]
    best = maximal(lawful_sets(answer))
    assert {chosen, *others} - {frozenset()} == best
    if not best:
        assert not chosen
        return
    dates = {line["code"]: dt.date.fromisoformat(line["service_date"]) for line in offered_lines(answer)}
    billers = {line["practitioner"] for line in offered_lines(answer)}
    if len(billers) == 1 and len(credentials(request, *billers)) == 1:
        assert chosen == preferred(request, answer, best, dates)
        worth = [-ranking(request, answer, one, dates) for one in others if one != chosen]
        assert worth == sorted(worth)
    assert len(others) == len(set(others)) == len(best) - 1
