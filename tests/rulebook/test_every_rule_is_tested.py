"""Every rule of the book has a test named after it, a row of a table or a cited case."""

import re
from pathlib import Path
from typing import Final

from tests.rulebook.test_capabilities import RULES as CAPABILITIES
from tests.rulebook.test_concurrent_services import ROWS as CONCURRENT
from tests.rulebook.test_unchecked_rules import UNCHECKED

TESTS: Final = Path(__file__).parents[1]
# Rule book, sections 1 to 14.
LAW: Final = {
    "VAL": "1", "PROG": "0", "ELIG": "1-10", "INIT": "1-9", "G0506": "1-7", "CONS": "1-10", "PRAC": "1-14", "TIME": "1-18",
    "UNIT": "1-6", "CPLX": "1-8", "PLAN": "1-12", "CONC": "1-29", "RHC": "1-10", "CLAIM": "1-7", "AMT": "1-2",
    "TELE": "1", "COST": "1-2", "PCM": "1", "BHI": "1", "RPM": "1-3", "RTM": "1", "TCM": "1", "APCM": "1", "CHI": "1",
}  # fmt: skip


def law() -> set[str]:
    found = set()
    for family, spans in LAW.items():
        for span in spans.split():
            first, _, last = span.partition("-")
            found |= {f"{family}-{number:02}" for number in range(int(first), int(last or first) + 1)}
    return found


def named_by_tests() -> set[str]:
    """Ids in the names of tests: `test_cons_01_04_05_...`, `test_rhc_06_and_conc_28_...`."""
    families = "|".join(sorted((family.lower() for family in LAW), key=len, reverse=True))
    found = set()
    for path in (*TESTS.glob("rulebook/test_*.py"), *TESTS.glob("determination/test_*.py")):
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            for family, numbers in re.findall(rf"_({families})((?:_\d\d)+)(?=_|$)", name):
                found |= {f"{family.upper()}-{number}" for number in numbers.split("_")[1:]}
    return found


def named_by_cases() -> set[str]:
    found: set[str] = set()
    for path in TESTS.glob("cases/*.yaml"):
        for rules in re.findall(r"^    rules: \[(.*)\]$", path.read_text(encoding="utf-8"), re.MULTILINE):
            found |= set(rules.split(", "))
    return found


def test_no_rule_of_the_law_is_untested() -> None:
    tables = {row[0] for row in CONCURRENT} | set(CAPABILITIES) | set(UNCHECKED)
    assert law() - (named_by_tests() | named_by_cases() | tables) == set()


def test_no_test_is_named_after_a_rule_the_book_does_not_have() -> None:
    assert named_by_tests() - law() == set()
