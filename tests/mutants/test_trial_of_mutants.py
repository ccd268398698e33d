"""`make mutants` itself: what is drawn, and that a change is noticed, or not, for the right reason. Named by `make slow`."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mutants.excluded import IDENTICAL, REASONS, excluded_spans, reason_against
from mutants.kept import PROJECT

SOURCE = '''"""Held."""
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app import Other

Either = First | Second
LIMIT = 5 | 3


class Held(Struct, frozen=True, gc=False, kw_only=True, tag="held"):
    days: int | None = -1


@cache
def told(day: "int | None", *, öffnet: str = "ß") -> str | None:
    assert day > 0, "a day"
    return None if day == 1 else str(day + 1) + str(list(zip(öffnet, öffnet, strict=True)))
'''


@pytest.mark.parametrize(
    ("passage", "excluded"),
    [
        ("| Second", True),
        ("| 3", False),
        ("TYPE_CHECKING:", True),
        ("True, gc", True),
        ("False, kw_only", True),
        ("True, tag", True),
        ("| None = -1", True),
        ("-1\n", False),
        ("@cache", True),
        ("> 0", True),
        ("== 1", False),
        ("+ 1", False),
        ("| None:", True),
        ("True)))", True),
    ],
)
def test_what_no_test_could_tell_apart_is_not_drawn(passage: str, excluded: bool) -> None:
    before = SOURCE[: SOURCE.index(passage)]
    position = before.count("\n") + 1, len(before.rpartition("\n")[2])
    reason = reason_against("core/Any", position, excluded_spans(SOURCE))
    assert (reason in REASONS) is excluded


def test_identity_for_equality_is_not_drawn() -> None:
    assert reason_against("core/ReplaceComparisonOperator_Eq_Is", (19, 1), ()) == IDENTICAL
    assert reason_against("core/ReplaceComparisonOperator_Eq_NotEq", (19, 1), ()) is None


def run(*command: str, kept: Path, **environment: str) -> str:
    asked = subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, "MUTANTS_KEPT": str(kept), "MUTANTS_WORKERS": "2", **environment},
        capture_output=True,
        text=True,
        timeout=1_800,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    return asked.stdout


def drawn(kept: Path, size: int, seed: int) -> list[dict[str, Any]]:
    python = str(PROJECT / ".venv-mutants" / "bin" / "python")
    run(python, "-m", "mutants.draw", kept=kept, MUTANTS=str(size), MUTANTS_SEED=str(seed))
    mutants: list[dict[str, Any]] = json.loads((kept / "drawn.json").read_text())["mutants"]
    return mutants


def test_the_seed_decides_what_is_drawn_and_a_larger_sample_holds_the_smaller(tmp_path: Path) -> None:
    twelve = drawn(tmp_path, 12, 7)
    assert len(twelve) == 12
    assert drawn(tmp_path, 5, 7) == twelve[:5]
    assert drawn(tmp_path, 5, 8) != twelve[:5]
    for mutant in twelve:
        compile(mutant["text"], mutant["file"], "exec")
        assert mutant["text"] != (PROJECT / mutant["file"]).read_text()
        assert mutant["file"].startswith(("app/determination/", "app/rulebook/"))


def mutant(lot: str, file: str, before: str, after: str) -> dict[str, Any]:
    text = (PROJECT / file).read_text()
    assert text.count(before) == 1
    line = text[: text.index(before)].count("\n") + 1
    changed = {"before": before, "after": after, "text": text.replace(before, after)}
    return {"lot": lot, "file": file, "line": line, "operator": "Hand", "statement": [line, line], **changed}


def test_a_change_that_matters_is_noticed_and_one_that_does_not_survives(tmp_path: Path) -> None:
    """One that changes an answer, one that no answer depends on, and one that never ends."""
    spans = "app/determination/spans.py"
    mutants = [
        mutant("noticed", spans, "seconds += end - start", "seconds += end + start"),
        mutant("equal", spans, "END: Final = 2**62", "END: Final = 2**61"),
        mutant("endless", "app/rulebook/loader.py", "month % 12 + 1", "month % 12 + 0"),
    ]
    known = {"size": 3, "seed": "by hand", "places": 3, "excluded": {}, "mutants": mutants}
    (tmp_path / "drawn.json").write_text(json.dumps(known))
    before = {file: (PROJECT / file).read_bytes() for file in (spans, "app/rulebook/loader.py")}
    told = run(str(PROJECT / ".venv/bin/python"), "-m", "mutants.run", kept=tmp_path)
    results = tmp_path / "results.jsonl"
    fates = {one["lot"]: one["fate"] for one in map(json.loads, results.read_text().splitlines())}
    assert fates["noticed"] == "killed"
    assert fates["equal"] == "survived"
    assert fates["endless"] in {"killed", "timed out"}
    assert "66.6 % noticed" in told
    assert f"{spans}:" in told.rpartition("noticed")[2]
    assert {file: (PROJECT / file).read_bytes() for file in before} == before

    # Asked again, everything is known already; cut short, only what was cut is run again.
    again = results.read_text()
    assert "66.6 % noticed" in run(str(PROJECT / ".venv/bin/python"), "-m", "mutants.run", kept=tmp_path)
    assert results.read_text() == again
    results.write_text(again[:-20])
    told = run(str(PROJECT / ".venv/bin/python"), "-m", "mutants.run", kept=tmp_path)
    assert told.count(" left  ") == 1
    assert "66.6 % noticed" in told
