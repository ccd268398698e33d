"""A stored determination over HTTP beside the yardstick: an endpoint of the same service that answers with `SELECT 1`.

python -m benchmarks.reading
"""

import datetime as dt
from functools import partial

import msgspec

from app.cli.demo_facts import TIME_ZONE, month_facts, standing_facts
from app.determination.facts import KINDS, Enrollment, Fact
from app.determination.service_month import service_month
from benchmarks import serving
from benchmarks.load import Generator, get, post
from benchmarks.rounds import Round, alternating, machine, tell

MONTHS = [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13)]
ASKED, REQUESTS = MONTHS[-1], 150
NEW, OLD, OTHER = "demo-ada", "demo-dia", "demo-fay"
"""A patient with one month of entries, and two with three years of them: one is enrolled, of the other the first entry tells
when care began.
"""


def ledger() -> list[Fact]:
    """The demo practice, both patients with eight entries and a care plan a month."""
    facts = standing_facts()
    for written in MONTHS:
        month = service_month(written, TIME_ZONE)
        for patient in (OLD, OTHER):
            facts += [fact for fact in month_facts(month, month.day_after) if getattr(fact, "patient", None) == patient]
            facts += [entry(patient, written, day) for day in range(11, 16)]
    month = service_month(ASKED, TIME_ZONE)
    facts += [fact for fact in month_facts(month, month.day_after) if getattr(fact, "patient", None) == NEW]
    facts.append(
        Enrollment(id="enrolled", patient=OLD, program="ccm", practitioner="DR_LEE", from_=dt.date(2023, 1, 2))
    )
    return facts + [entry(NEW, ASKED, day) for day in range(11, 16)]


def entry(patient: str, month: str, day: int) -> Fact:
    stated = {
        "kind": "time_entry", "id": f"{patient}-{month}-more-{day}", "patient": patient, "program": "ccm",
        "performer": "RN_KIM", "role": "clinical_staff", "activity": "medication",
        "started_at": f"{month}-{day}T15:00:00-05:00", "ended_at": f"{month}-{day}T15:04:00-05:00",
    }  # fmt: skip
    return msgspec.convert(stated, KINDS["time_entry"])


def compared(generator: Generator, service: serving.Service, key: str, connections: int) -> dict[str, Round]:
    """What each address answers with, in rounds in which all take their turn."""
    asked = {
        "SELECT 1": serving.YARDSTICK,
        "SELECT 1, noted in the access log": serving.NOTED_YARDSTICK,
        "SELECT 1, without a key": serving.BARE_YARDSTICK,
        "one month recorded": f"/v1/patients/{NEW}/months/{ASKED}/determination",
        "three years recorded": f"/v1/patients/{OLD}/months/{ASKED}/determination",
        "three years, not enrolled": f"/v1/patients/{OTHER}/months/{ASKED}/determination",
    }

    def fired(path: str) -> Round:
        before = service.cpu_seconds()
        done = generator.fire(service.port, [get(path, key)] * REQUESTS, connections)
        return Round(done.a_second, done.median_wait, (service.cpu_seconds() - before) / REQUESTS)

    return alternating({name: partial(fired, path) for name, path in asked.items()})


def main() -> None:
    generator = Generator()
    print(machine())
    with serving.database() as url:
        key = serving.new_key(url)
        for workers, connections in ((1, 1), (1, 8), (2, 16)):
            with serving.served(url, workers) as service:
                generator.fire(service.port, [post("/v1/facts", key, msgspec.json.encode(ledger()))], 1)
                rounds = compared(generator, service, key, connections)
            tell(workers, connections, rounds)


if __name__ == "__main__":
    main()
