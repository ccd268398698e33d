"""Lookups of one key share a question, and nobody is answered by one that was asked before they came."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access import lookups
from app.access.credentials import Caller, create_key, issue_key
from app.access.issued import revoke
from app.access.lookups import Lookups
from app.errors import Unavailable


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    """The lookups that reach the database meanwhile."""
    asked: list[str] = []

    def note(*executed: object) -> None:
        if "caller_of_key" in str(executed[2]):
            asked.append(str(executed[2]))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine.sync_engine, "before_cursor_execute", note)


async def test_who_comes_at_once_with_a_key_asks_once(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID
) -> None:
    known = Lookups(engine)
    ehr, vendor = await create_key(owner_engine, practice, "ehr"), await create_key(owner_engine, practice, "vendor")
    with counted(engine) as asked:
        callers = await asyncio.gather(*(known.caller_of(key) for key in [ehr, vendor] * 20))
    assert [caller.source for caller in callers if caller is not None] == ["ehr", "vendor"] * 20
    assert len(asked) == 2
    assert await known.caller_of("cm_" + "A" * 43) is None


async def test_a_key_is_nobodys_as_soon_as_it_is_revoked(
    engine: AsyncEngine, owner_engine: AsyncEngine, practice: UUID
) -> None:
    known = Lookups(engine)
    key = await issue_key(owner_engine, practice, "ehr")
    assert await known.caller_of(key.secret) is not None
    await revoke(owner_engine, key.id)
    assert await known.caller_of(key.secret) is None


class Questions:
    """Lookups that are answered when the test says so."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[Caller | None]] = []

    async def caller_of(self, _engine: AsyncEngine, _secret: str) -> Caller | None:
        self.asked.append(asyncio.get_running_loop().create_future())
        return await self.asked[-1]


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> Questions:
    questions = Questions()
    monkeypatch.setattr(lookups, "caller_of", questions.caller_of)
    return questions


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_comes_while_one_is_under_way_shares_the_next(engine: AsyncEngine, questions: Questions) -> None:
    known, caller = Lookups(engine), Caller(uuid4(), "ehr", uuid4(), frozenset())
    first = asyncio.create_task(known.caller_of("key"))
    await turn()
    later = [asyncio.create_task(known.caller_of("key")) for _ in range(3)]
    await turn()
    assert len(questions.asked) == 1
    questions.asked[0].set_result(caller)
    await turn()
    assert first.done()
    assert not any(one.done() for one in later)
    # Revoked meanwhile: the answer before is not theirs.
    questions.asked[1].set_result(None)
    assert await asyncio.gather(*later) == [None] * 3
    assert await first is caller
    assert len(questions.asked) == 2


async def test_who_hangs_up_takes_nothing_from_the_others(engine: AsyncEngine, questions: Questions) -> None:
    known, caller = Lookups(engine), Caller(uuid4(), "ehr", uuid4(), frozenset())
    gone, staying = (asyncio.create_task(known.caller_of("key")) for _ in range(2))
    await turn()
    gone.cancel()
    await turn()
    questions.asked[0].set_result(caller)
    assert await staying is caller
    assert len(questions.asked) == 1


async def test_a_failure_is_told_to_all_who_waited_and_to_nobody_after(
    engine: AsyncEngine, questions: Questions
) -> None:
    known = Lookups(engine)
    waiting = [asyncio.create_task(known.caller_of("key")) for _ in range(2)]
    await turn()
    questions.asked[0].set_exception(Unavailable("The database cannot serve this now."))
    assert [type(one) for one in await asyncio.gather(*waiting, return_exceptions=True)] == [Unavailable] * 2
    again = asyncio.create_task(known.caller_of("key"))
    await turn()
    questions.asked[1].set_result(None)
    assert await again is None


async def test_a_question_that_was_cancelled_on_its_way_keeps_nobody_out(
    engine: AsyncEngine, questions: Questions
) -> None:
    known, caller = Lookups(engine), Caller(uuid4(), "ehr", uuid4(), frozenset())
    first = asyncio.create_task(known.caller_of("key"))
    await turn()
    second = asyncio.create_task(known.caller_of("key"))
    await turn()
    (waiting,) = known._next.values()
    waiting.cancel()
    await turn()
    assert second.cancelled()
    questions.asked[0].set_result(caller)
    assert await first is caller
    again = asyncio.create_task(known.caller_of("key"))
    await turn()
    questions.asked[1].set_result(caller)
    assert await again is caller
    assert not known._next and not known._asking
