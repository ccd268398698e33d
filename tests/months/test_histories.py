"""What was known when: as of an instant the answer is for ever what it was, whoever writes meanwhile.

Random histories of patients, written by several at once beside a practice that changes, and asked about while they are.
`make slow` tries twenty times as many as `SLOW_EXAMPLES` says, by the chance of `SLOW_SEED`.
"""

import asyncio
import datetime as dt
import os
import random
from collections.abc import Sequence
from itertools import chain
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import create_practice
from app.determination.facts import KINDS, Fact, TimeEntry
from app.errors import NotFound
from app.ledger.append import Appended, append
from app.ledger.as_of import reading
from app.ledger.read import Snapshot, page
from app.ledger.tables import PRACTICE_STREAM
from app.months.decide import decide, decided
from app.months.worklist import PageKnownThen, worklist_known_then
from app.months.worklist_stored import Filters
from app.postgres.transaction import retrying, transaction
from tests.api.months import usual

HISTORIES: Final = 20 * int(os.environ.get("SLOW_EXAMPLES", "4"))
SEED: Final = int(os.environ.get("SLOW_SEED", "20260312"))
SIDE_BY_SIDE: Final = 20
"""Histories at once, in a practice of their own."""
SOURCES: Final = ("ehr", "rpm-vendor", "care-manager")
MONTH: Final = "2026-03"
ROWS: Final = 7
"""Of a page of the worklist."""


class Known(Struct, frozen=True):
    """A fact as whoever sent it knows it."""

    fact: Fact
    position: int
    recorded_at: dt.datetime


class Asked(Struct, frozen=True):
    """What was told of a patient while others wrote: the month (none: nobody knew the patient) and the ledger."""

    patient: str
    instant: dt.datetime
    month: bytes | None
    ledger: tuple[tuple[int, str], ...]


class Listed(Struct, frozen=True):
    """What was told of the worklist while others wrote: a page of it, after a patient."""

    after: str
    instant: dt.datetime
    page: PageKnownThen


class History:
    """A practice, its patients, who writes of them, and who asks."""

    def __init__(self, engine: AsyncEngine, tenant: UUID, chance: random.Random) -> None:
        self.engine, self.tenant, self.chance = engine, tenant, chance
        self.known: dict[str, list[Known]] = {PRACTICE_STREAM: []}
        self.asked: list[Asked] = []
        self.listed: list[Listed] = []

    async def live(self) -> None:
        """Everything at once: each patient's facts by two sources, the practice's by another, and questions."""
        writing, asking = [self._write(PRACTICE_STREAM, self._of(None), SOURCES[2])], []
        for patient in (f"p{number}" for number in range(SIDE_BY_SIDE)):
            self.known[patient] = []
            facts = self._of(patient)
            cut = self.chance.randint(0, len(facts))
            writing += [self._write(patient, facts[:cut], SOURCES[0]), self._write(patient, facts[cut:], SOURCES[1])]
            asking += [self._ask(patient) for _ in range(2)]
        await asyncio.gather(*writing, *asking, *(self._look(f"p{number}") for number in range(5)))

    async def check(self) -> None:
        """Each answer again, now that all is written; and once more from what the writers know, without the database."""
        for first in self.asked:
            again = await self._told(first.patient, first.instant)
            assert again == first, f"seed {SEED}: {first.patient} as of {first.instant}"
            known = [each for each in self.known[first.patient] if each.recorded_at <= first.instant]
            assert sorted((each.position, each.fact.id) for each in known) == list(first.ledger)
            assert first.month == self._expected(first.patient, first.instant)
        for listed in self.listed:
            assert await self._list(listed.after, listed.instant) == listed, f"seed {SEED}: as of {listed.instant}"
            patients = sorted(
                stream
                for stream, known in self.known.items()
                if stream > listed.after and any(each.recorded_at <= listed.instant for each in known)
            )
            assert [row.patient for row in listed.page.listed.rows] == patients[:ROWS]

    def _of(self, patient: str | None) -> list[Fact]:
        """The facts of a usual month about a patient, or about the practice, in any order, some of them missing."""
        raw = usual(patient or "p")
        facts = [msgspec.convert(each, KINDS[each["kind"]]) for each in raw if ("patient" in each) == bool(patient)]
        self.chance.shuffle(facts)
        return facts[: self.chance.randint(len(facts) // 2, len(facts))]

    async def _write(self, stream: str, facts: Sequence[Fact], source: str) -> None:
        """In requests of one to four, now and then with a second thought about one of them after it."""
        left = list(facts)
        while left:
            taken = [left.pop() for _ in range(min(len(left), self.chance.randint(1, 4)))]
            await self._record(stream, taken, source)
            await asyncio.sleep(self.chance.random() * 0.02)
            if self.chance.random() < 0.5:
                await self._record(stream, [self._second_thought(self.chance.choice(taken))], source)

    def _second_thought(self, fact: Fact) -> Fact:
        """A correction of the time spent, or a retraction."""
        name = f"{fact.id}-again"
        if isinstance(fact, TimeEntry) and self.chance.random() < 0.6:
            return replace(fact, id=name, corrects=fact.id, seconds=self.chance.randint(1, 3_000))
        about = {"patient": patient} if (patient := getattr(fact, "patient", None)) else {}
        retracts = {"kind": fact.kind, "id": fact.id}
        stated = {"kind": "retraction", "id": name, "retracts": retracts, "reason": "entered in error", **about}
        return msgspec.convert(stated, KINDS["retraction"])

    async def _record(self, stream: str, facts: Sequence[Fact], source: str) -> None:
        async def once() -> tuple[Appended, ...]:
            async with transaction(self.engine, self.tenant) as connection:
                return await append(connection, self.tenant, source, facts)

        for fact, told in zip(facts, await retrying(once), strict=True):
            assert told.position is not None and told.recorded_at is not None
            self.known[stream].append(Known(replace(fact, source=source), told.position, told.recorded_at))

    async def _ask(self, patient: str) -> None:
        self.asked.append(await self._told(patient, await self._some_time()))

    async def _look(self, after: str) -> None:
        self.listed.append(await self._list(after, await self._some_time()))

    async def _some_time(self) -> dt.datetime:
        await asyncio.sleep(self.chance.random() * 0.1)
        async with self.engine.connect() as connection:
            instant: dt.datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        return instant

    async def _list(self, after: str, instant: dt.datetime) -> Listed:
        page = await retrying(
            lambda: worklist_known_then(self.engine, self.tenant, MONTH, Filters(), instant, after=after, limit=ROWS)
        )
        return Listed(after, instant, page)

    async def _told(self, patient: str, instant: dt.datetime) -> Asked:
        async def ledger() -> tuple[tuple[int, str], ...]:
            async with reading(self.engine, self.tenant, (patient,), instant) as connection:
                stored = await page(connection, self.tenant, patient, known_as_of=instant, limit=1_000)
            return tuple((each.position, each.fact.id) for each in stored)

        async def month() -> bytes | None:
            try:
                return await decide(self.engine, self.tenant, patient, MONTH, instant, instant)
            except NotFound:
                return None

        return Asked(patient, instant, await retrying(month), await retrying(ledger))

    def _expected(self, patient: str, instant: dt.datetime) -> bytes | None:
        known = {
            stream: [each for each in self.known[stream] if each.recorded_at <= instant]
            for stream in (patient, PRACTICE_STREAM)
        }
        if not known[patient]:
            return None
        facts = tuple(each.fact for each in chain.from_iterable(known.values()))
        positions = {stream: max((each.position for each in of), default=0) for stream, of in known.items()}
        return decided(
            Snapshot(facts, positions[patient], positions[PRACTICE_STREAM]), patient, MONTH, instant, instant
        )


async def test_as_of_an_instant_the_answer_is_for_ever_what_it_was(
    engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    chance = random.Random(SEED)
    answers: set[bytes | None] = set()
    for _ in range(HISTORIES // SIDE_BY_SIDE):
        practice = await create_practice(owner_engine, "Practice with a history")
        history = History(engine, practice, random.Random(chance.random()))
        await history.live()
        await history.check()
        answers |= {each.month for each in history.asked}
    assert None in answers and len(answers) > HISTORIES  # they were asked in the midst of it
