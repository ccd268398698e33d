"""Facts over HTTP, 1,000 a request and one a request, beside what the same rows cost in Postgres alone.

python -m benchmarks.ingest
"""

import itertools
from collections.abc import Iterator

import msgspec

from benchmarks import serving
from benchmarks.load import Generator, post
from benchmarks.rounds import Round, alternating, machine
from benchmarks.rows import limits

SIZE, PATIENTS, REQUESTS, SINGLES, MANY_SINGLES = 1_000, 300, 8, 200, 2_000
_names = itertools.count()


def entries(size: int) -> list[dict[str, str]]:
    """Time entries of patients nobody has heard of."""
    request = next(_names)
    return [
        {
            "kind": "time_entry",
            "id": f"entry-{request}-{number}",
            "patient": f"patient-{request}-{number % PATIENTS}",
            "program": "ccm",
            "performer": "RN_1",
            "role": "clinical_staff",
            "started_at": "2024-03-05T10:00:00-05:00",
            "ended_at": "2024-03-05T10:12:00-05:00",
            "activity": "medication",
            "modality": "phone",
        }
        for number in range(size)
    ]


def requests(number: int, size: int, key: str) -> Iterator[bytes]:
    for _ in range(number):
        yield post("/v1/facts", key, msgspec.json.encode(entries(size)))


def main() -> None:
    generator = Generator()
    print(machine())
    with serving.database() as url:
        key = serving.new_key(url)

        def fired(service: serving.Service, number: int, size: int, connections: int) -> Round:
            sent = list(requests(number, size, key))
            before = service.cpu_seconds()
            done = generator.fire(service.port, sent, connections)
            computed = (service.cpu_seconds() - before) / (number * size)
            return Round(done.a_second * size, done.median_wait, computed)

        with serving.served(url) as one, serving.served(url, 2) as two:
            measured = alternating({
                "1,000 a request, one after another": lambda: fired(one, REQUESTS, SIZE, 1),
                "1,000 a request, 4 connections": lambda: fired(one, REQUESTS, SIZE, 4),
                "1,000 a request, 4 connections, 2 workers": lambda: fired(two, REQUESTS, SIZE, 4),
                "one a request, one after another": lambda: fired(one, SINGLES, 1, 1),
                "one a request, 32 connections": lambda: fired(one, MANY_SINGLES, 1, 32),
                "one a request, 64 connections": lambda: fired(one, MANY_SINGLES, 1, 64),
                "one a request, 64 connections, 2 workers": lambda: fired(two, MANY_SINGLES, 1, 64),
            })  # fmt: skip
            for name, round_ in measured.items():
                print(
                    f"  {name:44}{round_.a_second:9,.0f} facts/s {round_.wait * 1000:8.1f} ms a request"
                    f" {round_.cpu * 1e6:8.1f} µs computed a fact"
                )
        limits(url, lambda: msgspec.json.encode(entries(SIZE)))


if __name__ == "__main__":
    main()
