"""What is kept between questions has a bound: whoever asks about many practices, months and programs fills no memory."""

import gc
from itertools import combinations

from app.determination.facts import PROGRAMS
from app.determination.law import MOST_PROGRAM_SETS
from app.determination.practice_month import MOST_KEPT, PracticeMonth, practice_month
from app.months.evaluate import EvaluationRequest, evaluate
from app.rulebook import loader
from tests.rulebook.usual_patient import NEW_YORK, enrollment, facts_from

MONTH = "2026-03"


def asked(practitioner: str, *programs: str) -> None:
    raws = [
        {"kind": "practitioner", "practitioner": practitioner, "credential": "MD"},
        *(enrollment(practitioner, f"{MONTH}-01", program=program) for program in programs),
    ]
    evaluate(EvaluationRequest(service_month=MONTH, time_zone=NEW_YORK, facts=facts_from(raws)))


def test_a_practices_month_no_longer_kept_is_gone() -> None:
    """Its answers may hold it in turn: a circle that the garbage collector must be able to see."""
    practice_month.cache_clear()
    before = in_memory()  # what other tests still hold
    for number in range(3 * MOST_KEPT):
        asked(f"DR_{number}", "ccm", "rpm")
    assert in_memory() <= before + MOST_KEPT
    practice_month.cache_clear()


def in_memory() -> int:
    gc.collect()
    return sum(type(each) is PracticeMonth for each in gc.get_objects())


def test_a_law_keeps_its_answers_for_some_sets_of_programs_only() -> None:
    for programs in combinations(PROGRAMS, 3):
        asked("DR_A", *programs)
    assert 0 < len(loader.law(MONTH).memo_by_programs) <= MOST_PROGRAM_SETS
