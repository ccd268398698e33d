"""How long a determination is waited for while others record: 200 asked for a second, 5,000 facts a second, two workers.

python -m benchmarks.together
"""

import json
import os
from statistics import quantiles
from typing import Any, Final

import psutil

from benchmarks import serving
from benchmarks.load import Fired, Generator, get, post
from benchmarks.rounds import machine
from benchmarks.worklist import care

SECONDS: Final = int(os.environ.get("SECONDS", "20"))
READS, FACTS, SIZE, WORKERS, PATIENTS = 200, 5_000, 1_000, 2, 500
LIMIT_MS: Final = 100
MONTH: Final = "2026-03"


def recorded(generator: Generator, service: serving.Service, key: str) -> None:
    facts: list[dict[str, Any]] = [fact for number in range(PATIENTS) for fact in care(f"patient-{number}", number)]
    sent = [post("/v1/facts", key, json.dumps(facts[at : at + SIZE]).encode()) for at in range(0, len(facts), SIZE)]
    generator.fire(service.port, sent, 1)


def batches(key: str) -> list[bytes]:
    """Facts of other patients, three a patient: as much as is due in the time."""
    found = []
    for number in range(FACTS * SECONDS // SIZE):
        facts = [
            {"kind": "time_entry", "id": f"in-{number}-{place}", "patient": f"other-{number}-{place // 3}", "program": "ccm",
             "performer": "RN_KIM", "role": "clinical_staff", "on": f"{MONTH}-{place % 28 + 1:02}", "seconds": 300}
            for place in range(SIZE)
        ]  # fmt: skip
        found.append(post("/v1/facts", key, json.dumps(facts).encode()))
    return found


def told(name: str, fired: Fired) -> None:
    cuts = quantiles(fired.waits, n=100)
    print(
        f"  {name:44}{fired.a_second:8.0f} a second; waited p50 {cuts[49] * 1000:6.1f} ms, p95 {cuts[94] * 1000:6.1f} ms, "
        f"p99 {cuts[98] * 1000:6.1f} ms"
    )


def main() -> None:
    print(f"Reading while others record, {WORKERS} workers; {machine()}. Limit: p99 under {LIMIT_MS} ms")
    reader, writer = Generator(), Generator()
    with serving.database() as url, serving.served(url, WORKERS) as service:
        key = serving.new_key(url)
        recorded(reader, service, key)
        asked = [
            get(f"/v1/patients/patient-{n % PATIENTS}/months/{MONTH}/determination", key)
            for n in range(READS * SECONDS)
        ]
        # Each worker reads the law with its first question.
        reader.fire(service.port, asked[: 2 * READS], 32)
        told("200 determinations a second, nothing else", reader.fire_at(service.port, asked, 32, READS).result())
        psutil.cpu_percent()
        computed = service.cpu_seconds()
        writing = writer.fire_at(service.port, batches(key), 4, FACTS / SIZE)
        told("the same while 5,000 facts a second come in", reader.fire_at(service.port, asked, 32, READS).result())
        told("those requests of 1,000 facts", writing.result())
        print(
            f"    the machine's processors in use {psutil.cpu_percent():.0f} %; the service computed "
            f"{service.cpu_seconds() - computed:.1f} s in {SECONDS} s"
        )


if __name__ == "__main__":
    main()
