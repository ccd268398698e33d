"""`POST /v1/evaluations` of a usual month beside the yardstick: the same body read and judged by the same service, and a
constant answered.

python -m benchmarks.evaluations
"""

from functools import partial

import msgspec

from benchmarks import serving
from benchmarks.determination import MONTH, patient, practice
from benchmarks.load import Generator, post
from benchmarks.rounds import Round, alternating, machine, tell

REQUESTS = 200


def body(known_on: str | None = None) -> bytes:
    """A usual CCM month of eight time entries, the practice's facts beside the patient's."""
    asked = {"service_month": MONTH.written, "facts": [*practice(), *patient()]}
    return msgspec.json.encode(asked if known_on is None else {**asked, "known_on": known_on})


def compared(generator: Generator, service: serving.Service, key: str, connections: int) -> dict[str, Round]:
    """What each answers with, in rounds in which all take their turn."""
    asked = {
        "read and judged": (serving.READING_YARDSTICK, body()),
        "evaluated": ("/v1/evaluations", body()),
        "evaluated, asked within the month": ("/v1/evaluations", body("2026-03-20")),
    }

    def fired(path: str, sent: bytes) -> Round:
        before = service.cpu_seconds()
        done = generator.fire(service.port, [post(path, key, sent)] * REQUESTS, connections)
        return Round(done.a_second, done.median_wait, (service.cpu_seconds() - before) / REQUESTS)

    return alternating({name: partial(fired, *each) for name, each in asked.items()})


def main() -> None:
    generator = Generator()
    print(machine())
    with serving.database() as url:
        key = serving.new_key(url)
        for workers, connections in ((1, 1), (1, 8), (2, 16)):
            with serving.served(url, workers) as service:
                rounds = compared(generator, service, key, connections)
            tell(workers, connections, rounds)


if __name__ == "__main__":
    main()
