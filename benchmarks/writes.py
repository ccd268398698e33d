"""What a write costs, with and without an Idempotency-Key: one fact a request, one request after another.

python -m benchmarks.writes             on a server of our own, durable, in a temporary directory
"""

import statistics
import time
from uuid import uuid4

import httpx
import uvloop

from app.access.credentials import create_key, create_practice
from app.main import create_app
from app.postgres.engine import create_engine
from app.settings import Settings
from benchmarks.serving import database

ROUNDS, REQUESTS = 20, 50


async def measure(url: str) -> None:
    owner = create_engine(url, pool_size=1)
    practice = await create_practice(owner, "Benchmark")
    key = await create_key(owner, practice, "ehr")
    app = create_app(Settings(database_url=url))
    spent: dict[str, list[float]] = {"without a key": [], "with a key": [], "replayed": []}
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as client:
            # Interleaved, so that whatever else the machine does meets all three alike; the first rounds warm up.
            for turn in range(ROUNDS + 2):
                keys = [str(uuid4()) for _ in range(REQUESTS)]
                for name, own in (("without a key", None), ("with a key", keys), ("replayed", keys)):
                    began = time.perf_counter()
                    for number in range(REQUESTS):
                        fact = {
                            "kind": "consent", "id": f"{turn}-{own is not None}-{number}", "patient": f"p{number}",
                            "action": "given", "program": "ccm", "on": "2026-03-02",
                        }  # fmt: skip
                        sent = {} if own is None else {"Idempotency-Key": own[number]}
                        answer = await client.post("/v1/facts", json=fact, headers=sent)
                        assert answer.status_code == 201, answer.text
                    if turn >= 2:
                        spent[name].append((time.perf_counter() - began) / REQUESTS)
    for name, seconds in spent.items():
        print(f"{name:16}{statistics.median(seconds) * 1000:8.2f} ms   best {min(seconds) * 1000:.2f} ms")
    await owner.dispose()


def main() -> None:
    with database() as url:
        uvloop.run(measure(url))


if __name__ == "__main__":
    main()
