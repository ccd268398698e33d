"""How many requests a minute are taken, and what those are told who send more."""

from collections.abc import Callable, Iterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import create_key
from app.api.rate_limit import Minute, RateLimits
from app.main import create_app
from app.settings import Settings

LEDGER = "/v1/practice/facts"
SetLimits = Callable[..., None]


class Clock:
    """Stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 6_015.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limited(app: FastAPI, clock: Clock) -> Iterator[SetLimits]:
    def limit(requests: int = 0, unknown_keys: int = 0) -> None:
        app.state.rate_limits = RateLimits(requests, unknown_keys, clock)

    usual = app.state.rate_limits
    yield limit
    app.state.rate_limits = usual


def unknown(number: int) -> dict[str, str]:
    return {"Authorization": f"Bearer cm_{number:043}"}


async def test_a_credential_is_told_what_is_left_and_when_to_come_back(
    client: httpx.AsyncClient, vendor: httpx.AsyncClient, limited: SetLimits, clock: Clock
) -> None:
    limited(requests=3)
    for left in (2, 1, 0):
        answer = await client.get(LEDGER)
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"minute";q=3;w=60'
        assert answer.headers["ratelimit"] == f'"minute";r={left};t=45'
    refused = await client.get(LEDGER)
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "/problems/too-many-requests"
    assert refused.headers["retry-after"] == "45"
    assert refused.headers["ratelimit"] == '"minute";r=0;t=45'
    # Another credential, though of the same practice, is not concerned.
    assert (await vendor.get(LEDGER)).headers["ratelimit"] == '"minute";r=2;t=45'
    clock.now += 44.5
    assert (await client.get(LEDGER)).headers["retry-after"] == "1"
    clock.now += 0.5
    assert (await client.get(LEDGER)).headers["ratelimit"] == '"minute";r=2;t=60'


async def test_a_refused_request_does_nothing(
    client: httpx.AsyncClient, vendor: httpx.AsyncClient, limited: SetLimits, entry: dict[str, object]
) -> None:
    limited(requests=1)
    await client.get(LEDGER)
    assert (await client.post("/v1/facts", json=entry)).status_code == 429
    assert (await vendor.get("/v1/patients/p1/facts")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{LEDGER}?limit=0", 422),
        ("GET", "/v1/patients/nobody/facts", 404),
        ("HEAD", LEDGER, 200),
        ("POST", "/v1/facts", 415),
        ("POST", "/fhir", 415),
    ],
)
async def test_every_answer_to_a_known_credential_tells_it(
    client: httpx.AsyncClient, limited: SetLimits, method: str, path: str, status: int
) -> None:
    limited(requests=10)
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["ratelimit"] == '"minute";r=9;t=45'


async def test_without_a_limit_nothing_is_told(client: httpx.AsyncClient, limited: SetLimits) -> None:
    limited()
    for _ in range(5):
        answer = await client.get(LEDGER)
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers


async def test_whoever_is_not_known_has_no_rate(nobody: httpx.AsyncClient, limited: SetLimits) -> None:
    limited(requests=1)
    for _ in range(3):
        answer = await nobody.get(LEDGER)
        assert answer.status_code == 401
        assert "ratelimit" not in answer.headers


async def test_guessing_keys_is_slow(
    nobody: httpx.AsyncClient, limited: SetLimits, clock: Clock, owner_engine: AsyncEngine, practice: UUID
) -> None:
    limited(unknown_keys=3)
    answers = [await nobody.get(LEDGER, headers=unknown(number)) for number in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[-1].headers["retry-after"] == "45"
    # Even the right guess is not told from a wrong one before the minute is over.
    lucky = {"Authorization": f"Bearer {await create_key(owner_engine, practice, 'ehr')}"}
    assert (await nobody.get(LEDGER, headers=lucky)).status_code == 429
    clock.now += 45
    assert (await nobody.get(LEDGER, headers=lucky)).status_code == 200


async def test_what_cannot_be_a_key_is_no_guess(nobody: httpx.AsyncClient, limited: SetLimits) -> None:
    limited(unknown_keys=1)
    for _ in range(3):
        assert (await nobody.get(LEDGER, headers={"Authorization": "Bearer nonsense"})).status_code == 401


async def test_a_guesser_shuts_out_neither_another_address_nor_a_key_seen_before(
    app: FastAPI, client: httpx.AsyncClient, nobody: httpx.AsyncClient, limited: SetLimits
) -> None:
    limited(unknown_keys=1)
    assert (await client.get(LEDGER)).status_code == 200
    await nobody.get(LEDGER, headers=unknown(1))
    assert (await nobody.get(LEDGER, headers=unknown(2))).status_code == 429
    assert (await client.get(LEDGER)).status_code == 200
    elsewhere = httpx.ASGITransport(app, client=("192.0.2.7", 5))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://care-month") as other:
        assert (await other.get(LEDGER, headers=unknown(3))).status_code == 401


def test_the_memory_of_addresses_is_bounded(clock: Clock) -> None:
    minute = Minute(2, clock, most=3)
    for address in ("a", "b", "c"):
        minute.spend(address)
    # Those that find no place share one count, and those that have one keep it.
    assert [minute.spend(address).left for address in ("d", "e", "f")] == [1, 0, None]
    assert minute.spend("a").left == 0
    assert len(minute._counts) <= 4
    clock.now += 60
    assert minute.spend("f").left == 1
    assert len(minute._counts) == 1


def test_the_memory_of_good_keys_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.rate_limit.MOST_KEYS", 2)
    limits = RateLimits(0, 1, clock)
    for key in ("a", "b", "c"):
        limits.good(key)
    assert len(limits._good) == 2


def test_the_limits_are_settings() -> None:
    limits = create_app(Settings(rate_limit=7, unknown_key_limit=0)).state.rate_limits
    assert limits.request("somebody").headers["RateLimit-Policy"] == '"minute";q=7;w=60'
    assert limits._failures is None
    assert Settings().rate_limit == 300_000
