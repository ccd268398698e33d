"""A program that is base minutes and whole increments needs no Python: the documentation's rows, put into a copy of the book."""

import re
import shutil
from pathlib import Path

import pytest

from app.determination.determine import Determination, determine
from app.determination.law import Law
from app.months.evaluate import EvaluationRequest, requested_month
from app.rulebook.compiling import compile_month
from app.rulebook.loader import HERE, read_book
from tests.rulebook.usual_patient import NEW_YORK, Raw, consent, enrollment, facts_from, staff, usual

DOCUMENTATION = Path(__file__).parents[2] / "docs/development.md"


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Law:
    """The law of March 2024 with the documentation's program in it."""
    folder = tmp_path_factory.mktemp("rulebook") / "book"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    blocks = re.findall(r"```toml\n# (\S+\.toml)\n(.*?)```", DOCUMENTATION.read_text(), re.DOTALL)
    assert [name for name, _ in blocks] == ["codes.toml", "pathways/pain_management.toml"]
    for name, rows in blocks:
        path = folder / name
        path.write_text((path.read_text() if path.exists() else "") + "\n" + rows)
    programs = folder / "programs.toml"
    programs.write_text(programs.read_text().replace('"behavioral_integration",', '"pain_management",', 1))
    return compile_month(read_book(folder), "2024-03")


def determined(law: Law, *facts: Raw) -> Determination:
    enrolled = enrollment("DR_A", "2024-02-01", program="bhi")
    stated = facts_from(usual(enrolled, consent("2024-02-01", program="bhi"), *facts))
    request = EvaluationRequest(service_month="2024-03", time_zone=NEW_YORK, facts=stated)
    return determine(requested_month(request), law)


@pytest.mark.parametrize(
    ("minutes", "lines"),
    [
        (29, {}),
        (30, {"G3002": 1}),
        (44, {"G3002": 1}),
        (45, {"G3002": 1, "G3003": 1}),
        (120, {"G3002": 1, "G3003": 4}),  # the sixth quarter is beyond what a claim may carry
    ],
)
def test_its_lines_follow_from_its_minutes(law: Law, minutes: int, lines: dict[str, int]) -> None:
    found = determined(law, staff(minutes, program="bhi"))
    assert {line.code: line.units for line in found.lines if line.program == "bhi"} == lines


def test_what_the_program_requires_is_asked_of_it_too(law: Law) -> None:
    assert {line.code for line in determined(law, staff(60, program="bhi")).lines} == {"G3002", "G3003"}
    withdrawn = consent("2024-02-10", program="bhi", action="withdrawn")  # it ends with February
    assert not determined(law, staff(60, program="bhi"), withdrawn).lines
