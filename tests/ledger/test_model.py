"""Any sequence of requests leaves what a few lines of plain Python say it leaves."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import create_practice
from app.determination.facts import Fact, canonical
from app.ledger.append import Refused
from tests.ledger.statements import fact, ledger, record, retraction

PATIENTS = ("P1", "P2")
SOURCES = ("ehr", "lab")
IDS = st.sampled_from("abcde")
Key = tuple[str, str, str]


class Request(Struct):
    source: str
    partial: bool
    facts: list[Fact]


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    patient = draw(st.sampled_from(PATIENTS))
    if draw(st.integers(0, 4)) == 0:
        return retraction(draw(IDS), draw(st.sampled_from(("time_entry", "condition"))), draw(IDS), patient)
    stated: dict[str, Any] = {"corrects": draw(IDS)} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        return fact("condition", draw(IDS), patient, **stated)
    return fact("time_entry", draw(IDS), patient, seconds=draw(st.sampled_from((60, 120))), **stated)


requests = st.builds(
    Request, source=st.sampled_from(SOURCES), partial=st.booleans(), facts=st.lists(facts(), min_size=1, max_size=8)
)


class Model:
    def __init__(self) -> None:
        self.streams: dict[str, list[tuple[str, bytes]]] = {patient: [] for patient in PATIENTS}
        self.recorded: dict[Key, tuple[str, bytes]] = {}
        self.superseded: set[Key] = set()

    def record(self, request: Request) -> list[str] | None:
        """The outcome of each fact; None: the request is refused."""
        source, outcomes = request.source, ["rejected"] * len(request.facts)
        claimed: dict[Key, int] = {}
        for index, stated in enumerate(request.facts):
            known = self.recorded.get((source, stated.kind, stated.id))
            if known is not None and known[1] == canonical(stated):
                outcomes[index] = "duplicate"
            elif known is None:
                claimed.setdefault((source, stated.kind, stated.id), index)
        named: set[Key] = set()
        possible: list[int] = []
        for key, index in claimed.items():
            target = self.target(source, request.facts[index])
            if target is not None:
                there = self.recorded[target][0] if target in self.recorded else None
                if there is None and target in claimed:
                    there = getattr(request.facts[claimed[target]], "patient", None)
                if there != getattr(request.facts[index], "patient", None) or target == key:
                    continue
                if target in named or target in self.superseded:
                    continue
                named.add(target)
            possible.append(index)
        accepted: set[int] = set()
        for _ in possible:
            for index in possible:
                target = self.target(source, request.facts[index])
                if target is None or target in self.recorded or claimed[target] in accepted:
                    accepted.add(index)
        for index, stated in enumerate(request.facts):
            first = claimed.get((source, stated.kind, stated.id))
            if first in accepted and canonical(request.facts[first]) == canonical(stated):
                outcomes[index] = "stored" if first == index else "duplicate"
        if "rejected" in outcomes and not request.partial:
            return None
        for index in sorted(accepted):
            self.keep(source, request.facts[index])
        return outcomes

    def keep(self, source: str, stated: Fact) -> None:
        patient = getattr(stated, "patient", "")
        self.recorded[source, stated.kind, stated.id] = patient, canonical(stated)
        self.streams[patient].append((source, canonical(stated)))
        if (target := self.target(source, stated)) is not None:
            self.superseded.add(target)

    @staticmethod
    def target(source: str, stated: Fact) -> Key | None:
        if (retracts := getattr(stated, "retracts", None)) is not None:
            return source, retracts.kind, retracts.id
        corrects = getattr(stated, "corrects", None)
        return None if corrects is None else (source, stated.kind, corrects)


@settings(max_examples=60, deadline=None)
@given(sent=st.lists(requests, min_size=1, max_size=8))
async def test_the_ledger_is_the_model(engine: AsyncEngine, owner_engine: AsyncEngine, sent: list[Request]) -> None:
    practice = await create_practice(owner_engine, "Model practice")
    model = Model()
    for request in sent:
        expected = model.record(request)
        try:
            results = await record(engine, practice, *request.facts, source=request.source, partial=request.partial)
        except Refused:
            assert expected is None
        else:
            assert [each.outcome for each in results] == expected
    for patient in PATIENTS:
        stored = await ledger(engine, practice, patient, limit=1000)
        assert [(each.fact.source, each.payload) for each in stored] == model.streams[patient]
        assert [each.position for each in stored] == list(range(1, len(stored) + 1))
