"""Several programs at once that several practitioners could bill: one possibility for each way, as far as anybody could read."""

import time
from typing import Final

from tests.rulebook.usual_patient import Raw, ask, consent, enrollment, staff, usual, visit

MONTH: Final = "2026-03"
PROGRAMS: Final = ("ccm", "pcm", "bhi", "pin", "chi", "rpm")


def contested(programs: tuple[str, ...], billers: int) -> list[Raw]:
    """Each of so many practitioners enrolled in each program, with consent, a visit and the same staff's time."""
    raws = usual(year=2026, enrollment=None, consent=None)
    for program in programs:
        raws.append(staff(70, f"{MONTH}-12", program=program, live_contact=True))
    for number in range(billers):
        who = f"DR_{number}"
        raws.append({"kind": "practitioner", "practitioner": who, "credential": "MD"})
        raws.append(visit("2026-01-12", practitioner=who, social_need_found=True))
        for program in programs:
            raws.append(enrollment(who, "2026-02-01", program=program))
            raws.append(consent("2026-02-01", program=program, practitioner=who))
    return raws


def test_each_way_to_divide_two_programs_is_a_possibility() -> None:
    answer = ask(contested(("bhi", "pin"), 2), MONTH)
    billed = [
        {line["program"]: line["practitioner"] for line in one["claim_lines"]} for one in answer.body["alternatives"]
    ]
    assert answer.status == "needs_decision" and not answer.lines
    assert sorted(map(sorted, (one.items() for one in billed))) == [
        [("bhi", one), ("pin", other)] for one in ("DR_0", "DR_1") for other in ("DR_0", "DR_1")
    ]


def test_a_quarter_of_a_million_ways_to_divide_six_programs_are_not_all_tried() -> None:
    began = time.perf_counter()
    answer = ask(contested(PROGRAMS, 8), MONTH)
    assert answer.status == "needs_decision" and len(answer.alternatives) == 20
    assert time.perf_counter() - began < 10
