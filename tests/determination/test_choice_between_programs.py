"""The choice among all programs, worked out a second time: every lawful set of their pathways tried, one by one."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

import msgspec
from hypothesis import given

from app.determination import facts
from app.determination.candidates import Candidate
from app.determination.determine import Determination
from app.determination.facts import Program
from app.determination.lines import Line
from app.determination.policy import PolicyChoices
from app.determination.service_month import local_day
from app.determination.weighing import Assessment
from app.months.evaluate import EvaluationRequest
from tests.determination.crowded_months import crowded_months
from tests.determination.orderly_months import busy_months, orderly_months
from tests.determination.strategies import LAWS, determined, month_of, months, standing
from tests.determination.test_choice_brute_force import (
    ALWAYS,
    exists,
    in_force_in,
    rank_in_cents,
    stated_preference,
    unambiguous,
)

# Rule book, sections 1, 8, 12 and 13: base, its seconds, and the add-ons of a month, each with its seconds and the most units
# a claim carries. Codes without minutes need none.
NO_CAP: Final = 10**6
BASES: Final = {
    "99490": 1200, "99491": 1800, "99487": 3600, "G0506": 0,
    "G2064": 1800, "G2065": 1800, "99424": 1800, "99426": 1800, "G0507": 1200, "99484": 1200,
    "G0502": 4200, "G0503": 3600, "99492": 4200, "99493": 3600, "G2214": 1800,
    "G0019": 3600, "G0023": 3600, "G0140": 3600, "99495": 0, "99496": 0, "G0556": 0, "G0557": 0, "G0558": 0,
    "99453": 0, "99454": 0, "99445": 0, "99457": 1200, "99470": 600,
    "98975": 0, "98976": 0, "98977": 0, "98978": 0, "98984": 0, "98985": 0, "98986": 0, "98980": 1200, "98979": 600,
}  # fmt: skip
BELOW: Final = {"99470": 1200, "98979": 1200}
ADD_ONS: Final[dict[str, tuple[tuple[str, int, tuple[str, str], int], ...]]] = {
    "99490": (("G2058", 1200, ("2020-01", "2021-01"), 2), ("99439", 1200, ("2021-01", ALWAYS), 2)),
    "99491": (("99437", 1800, ("2022-01", ALWAYS), 2),),
    "99487": (("99489", 1800, ("2017-01", ALWAYS), 10),),
    "99426": (("99427", 1800, ("2022-01", ALWAYS), 2),),
    "99424": (("99425", 1800, ("2022-01", ALWAYS), 2),),
    "G0502": (("G0504", 1800, ("2017-01", "2018-01"), NO_CAP),),
    "G0503": (("G0504", 1800, ("2017-01", "2018-01"), NO_CAP),),
    "99492": (("99494", 1800, ("2018-01", ALWAYS), 4),),
    "99493": (("99494", 1800, ("2018-01", ALWAYS), 4),),
    "G0019": (("G0022", 1800, ("2024-01", ALWAYS), 4),),
    "G0023": (("G0024", 1800, ("2024-01", ALWAYS), 4),),
    "G0140": (("G0146", 1800, ("2024-01", ALWAYS), 4),),
    "99457": (("99458", 1200, ("2020-01", ALWAYS), 3),),
    "98980": (("98981", 1200, ("2022-01", ALWAYS), 3),),
}
# Section 13: what each program needs for its unit of G0511.
UNIT_SECONDS: Final = {"ccm": 1200, "bhi": 1200, "pcm": 1800, "chi": 3600, "pin": 3600, "rpm": 1200, "rtm": 1200}
NO_AMOUNT: Final = frozenset({"G0511", "G0512"})

OWN: Final = ("99491", "99424", "G2064")
CCM: Final = ("99490", "99491", "99487")
PCM: Final = ("99424", "99426", "G2064", "G2065")
TCM: Final = ("99495", "99496")
APCM: Final = ("G0556", "G0557", "G0558")
COCM: Final = ("G0502", "G0503", "99492", "99493", "G2214", "G0512")
RPM: Final = ("99453", "99454", "99445", "99457", "99470")
RTM: Final = ("98975", "98976", "98977", "98978", "98979", "98980", "98984", "98985", "98986")
INDIVIDUAL: Final = ("G0506", *CCM, *PCM, "99484", "G0019", "G0023", "G0140", *RPM, *RTM)
# Bases that never share a month where one practitioner bills both: months, the one kind, the other. A clinic's G0511 is of the
# program that makes its unit.
APART: Final = [
    *((("2015-01", ALWAYS), (one,), (other,)) for one, other in combinations(CCM, 2)),  # PRAC-04, CPLX-06
    (("2018-01", "2025-10"), ("ccm/G0511",), ("99490", "99487")),  # CONC-28
    (("2025-01", "2025-10"), ("G0511",), INDIVIDUAL),  # RHC-06
    (("2020-01", ALWAYS), CCM, PCM),  # CONC-03
    (("2020-01", ALWAYS), ("99424", "G2064"), ("99426", "G2065")),  # PCM-01
    *((("2017-01", ALWAYS), (one,), (other,)) for one, other in combinations(COCM, 2)),  # BHI-01
    (("2017-01", ALWAYS), ("G0507", "99484", "bhi/G0511"), COCM),  # CONC-08
    (("2015-01", ALWAYS), ("99495",), ("99496",)),  # TCM-01
    (("2022-01", ALWAYS), (*RPM, "rpm/G0511"), (*RTM, "rtm/G0511")),  # CONC-29
]
# Whoever of the practice bills them (CONC-22).
APART_IN_PRACTICE: Final = (("2025-01", ALWAYS), APCM, (*CCM, *PCM, *TCM, "ccm/G0511", "pcm/G0511"))


class Way(NamedTuple):
    """A lawful base with the most add-ons that may lawfully stand beside it, and what all of it is worth."""

    program: Program
    base: str
    biller: str
    on: dt.date
    units: tuple[tuple[str, int], ...]
    cents: int

    @property
    def named(self) -> set[str]:
        return {self.base, f"{self.program}/{self.base}"}


Ways = frozenset[Way]
Lines = frozenset[tuple[str, int]]


class Tried:
    """A month's lawful pathways, as the rule book has them, and every set of them to which none can be added."""

    def __init__(self, request: EvaluationRequest, found: Determination) -> None:
        self.request = request
        self.written = request.service_month
        self.assessed = {a.month.program: a for a in found.assessments}
        self.ways = [way for a in found.assessments for c in a.candidates for way in self._ways(a, c)]
        self.maximal = list(grown(self.ways, self.apart))

    def _ways(self, assessment: Assessment, candidate: Candidate) -> Iterator[Way]:
        base = candidate.standings[0]
        needed = self._needed(assessment, candidate)
        seconds = base.counted_seconds
        if seconds is not None:
            short = seconds < needed
            assert ("TIME-02" in base.blockers) == short, base
            if short or seconds >= BELOW.get(base.code, NO_CAP):
                assert base.blockers, base
                return
        if base.blockers or assessment.month.biller is None:
            return
        units = {base.code: 1}
        for code, each, months_, cap in ADD_ONS.get(base.code, ()):
            while exists(months_, self.written) and units.get(code, 0) < cap:
                if (seconds or 0) < needed + (units.get(code, 0) + 1) * each:
                    break
                units[code] = units.get(code, 0) + 1
        on = candidate.lines[0].service_date if candidate.lines else month_of(self.request).last_day
        cents = 0
        if base.code not in NO_AMOUNT:
            cents = sum(rank_in_cents(self.request, code, n, on, assessment.month.biller) for code, n in units.items())
        yield Way(assessment.month.program, base.code, assessment.month.biller, on, tuple(units.items()), cents)

    def _needed(self, assessment: Assessment, candidate: Candidate) -> int:
        code = candidate.standings[0].code
        if code == "G0511":
            return UNIT_SECONDS[assessment.month.program]
        if code == "G0512":
            return 4200 if candidate.pathway.name.endswith("_first") else 3600
        return BASES[code]

    def apart(self, one: Way, other: Way) -> bool:
        """Whether the rule book lets only one of two stand in the month."""
        if excluded(APART_IN_PRACTICE, self.written, one, other):
            return True
        if self._transition_barred(one, other) or self._transition_barred(other, one):
            return True
        return one.biller == other.biller and any(excluded(row, self.written, one, other) for row in APART)

    def _transition_barred(self, one: Way, other: Way) -> bool:
        """CONC-01 and RHC-03: transitional care until 2019, in clinics until 2021, for as long as its episode lasts."""
        if one.base not in TCM or other.base not in (*CCM, "G0511"):
            return False
        site = site_of(self.request)
        clinic = site in ("rhc", "fqhc")
        if clinic and other.base == "G0511" and "2021-01" <= self.written < "2022-01":
            return True
        if self.written >= ("2022-01" if clinic else "2020-01") or one.biller != other.biller:
            return False
        month = month_of(self.request)
        last = self._episode_ends(one.on)
        after = sum(self.assessed[other.program].everyone.by_day[max(0, month.index(last) + 1) :])
        return last >= month.last_day or after < 1200

    def _episode_ends(self, on: dt.date) -> dt.date:
        lasts = dt.timedelta(days=29)
        discharges = [
            local_day(stay.discharged_at, month_of(self.request).time_zone) if stay.discharged_at else stay.until
            for stay in standing(self.request)
            if isinstance(stay, facts.Stay) and stay.setting in ("inpatient", "snf_part_a")
        ]
        return max((day for day in discharges if day is not None and day <= on <= day + lasts), default=on) + lasts

    def lines(self, ways: Collection[Way]) -> Lines:
        """Units by code; what programs make of G0511 is one line, of one unit before 2024, of eight at most after."""
        found: defaultdict[str, int] = defaultdict(int)
        for way in ways:
            for code, units in way.units:
                found[code] += units
        if "G0511" in found:
            found["G0511"] = min(found["G0511"], 1 if self.written < "2024-01" else 8)
        return frozenset(found.items())

    def rank(self, ways: Collection[Way]) -> tuple[int, int, list[str]]:
        """Section 0: the higher amount, fewer lines, codes ascending."""
        lines = self.lines(ways)
        return -sum(way.cents for way in ways), len(lines), sorted(code for code, _ in lines)

    def preferred(self) -> Ways:
        """Each program's own preference among its own lawful sets (UNIT-06)."""
        found: set[Way] = set()
        for program in self.assessed:
            sets = list(grown([way for way in self.ways if way.program == program], self.apart))
            accurate = self._accurate(program, sets) if stated_preference(self.request) == "most_accurate" else None
            found |= accurate or min(sets, key=self.rank)
        return frozenset(found)

    def _accurate(self, program: Program, sets: Sequence[Ways]) -> Ways | None:
        """Complex where supported; the practitioner's codes where all counted time is the practitioner's own."""
        counted = {c.pathway.whose: c.tally for c in self.assessed[program].candidates if c.tally is not None}
        own, everyone = counted.get("biller"), counted.get("everyone")
        all_own = own and everyone and own.counted_seconds == everyone.counted_seconds
        for bases in (("99487",), OWN if all_own else ()):
            accurate = [one for one in sets if any(way.base in bases for way in one)]
            if accurate:
                return min(accurate, key=self.rank)
        return None

    def choices(self) -> list[Ways]:
        """The maximal lawful sets that keep as much as can be kept of what the programs prefer, best first (11.1)."""
        preferred = self.preferred()
        kept = {one & preferred for one in self.maximal}
        kept = {one for one in kept if not any(one < other for other in kept)}
        best = min(kept, key=self.rank)
        return sorted((one for one in self.maximal if one & preferred == best), key=self.rank)

    def instead(self, chosen: Ways) -> Iterator[list[Ways]]:
        """For each lawful pathway passed over: the maximal sets that have it and all that may stand beside it."""
        for way in self.ways:
            if way not in chosen:
                kept = {one for one in chosen if not self.apart(one, way)} | {way}
                yield [one for one in self.maximal if kept <= one]


def excluded(row: tuple[tuple[str, str], Collection[str], Collection[str]], written: str, one: Way, other: Way) -> bool:
    months_, these, those = row
    if not exists(months_, written):
        return False
    return any(not a.named.isdisjoint(these) and not b.named.isdisjoint(those) for a, b in ((one, other), (other, one)))


def grown(ways: Sequence[Way], apart: Callable[[Way, Way], bool]) -> Iterator[Ways]:
    """Every lawful set to which no pathway can lawfully be added; all sets are tried."""
    beside = [
        sum(1 << j for j, other in enumerate(ways) if i != j and not apart(one, other)) for i, one in enumerate(ways)
    ]
    lawful = {0}
    for place, allowed in enumerate(beside):
        lawful |= {one | 1 << place for one in lawful if one & ~allowed == 0}
    for one in lawful:
        if not any(one & ~allowed == 0 and not one >> place & 1 for place, allowed in enumerate(beside)):
            yield frozenset(way for place, way in enumerate(ways) if one >> place & 1)


def site_of(request: EvaluationRequest) -> str:
    """The setting in force on the month's last day."""
    after = month_of(request).day_after
    last = [fact for fact in in_force_in(request, facts.Setting) if fact.until is None or fact.until >= after]
    return last[0].type if last else "physician_office"


def billed(lines: Collection[Line]) -> Lines:
    return frozenset((line.code, line.units) for line in lines)


@LAWS
@given(request=crowded_months(troubled=False) | crowded_months() | busy_months() | orderly_months() | months())
def test_the_choice_among_programs_is_that_of_trying_every_lawful_set(request: EvaluationRequest) -> None:
    for preference in ("most_accurate", "highest_amount"):
        policy = msgspec.structs.replace(request.policy or PolicyChoices(), preference=preference)
        check_choice(msgspec.structs.replace(request, policy=policy))


def check_choice(request: EvaluationRequest) -> None:
    found = determined(request)
    if found.status == "needs_decision":
        return
    tried = Tried(request, found)
    allotted = [one for one in found.alternatives if one.why_not != "allocation"]
    if not tried.ways:
        assert not found.lines and not allotted
        return
    assert len({line.code for line in found.lines}) == len(found.lines)
    if not all(unambiguous(request, way.biller) for way in tried.ways):
        return  # two credentials, two amounts
    choices = {tried.lines(one): one for one in reversed(tried.choices())}
    assert billed(found.lines) in choices
    chosen = choices[billed(found.lines)]
    instead = [[tried.lines(one) for one in sets] for sets in tried.instead(chosen)]
    offered = [billed(one.lines) for one in allotted]
    assert len(offered) == len(set(offered)) and billed(found.lines) not in offered
    assert all(any(one in sets for sets in instead) for one in offered)
    if len(found.alternatives) < 20:
        assert all(any(one in sets for one in [*offered, billed(found.lines)]) for sets in instead)
    ranks = {tried.lines(one): tried.rank(one) for one in tried.maximal}
    order = [(ranks[one][0], ranks[one][2]) for one in offered]
    assert order == sorted(order)
