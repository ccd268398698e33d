"""Draw a sample of the changes cosmic-ray knows for the determination and the rule book: their mutants.

.venv-mutants/bin/python -m mutants.draw

MUTANTS (500) and MUTANTS_SEED (1) are its size and seed. Each mutant's lot is a hash of the seed and of its own line; the
lowest lots are drawn. So a change elsewhere in the code leaves the sample as it was, but for what it changed itself.
"""

import ast
import hashlib
import json
import os
import warnings
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from typing import Any, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from mutants.excluded import Position, excluded_spans, reason_against
from mutants.kept import DRAWN, PROJECT, ROOMS


class Place(NamedTuple):
    """One place where one operator changes one file; `occurrence` counts the operator's places in the file."""

    lot: str
    file: str
    operator: str
    occurrence: int
    start: Position
    end: Position


def main() -> None:
    size, seed = int(os.environ.get("MUTANTS", "500")), os.environ.get("MUTANTS_SEED", "1")
    files = [path for room in ROOMS for path in sorted((PROJECT / room).rglob("*.py"))]
    sources = {str(path.relative_to(PROJECT)): path.read_text() for path in files}
    warnings.simplefilter("error", SyntaxWarning)
    against: Counter[str] = Counter()
    places = sorted(place for file, source in sources.items() for place in _places(file, source, seed, against))
    drawn: list[dict[str, Any]] = []
    for place in places:
        if len(drawn) == size:
            break
        if (mutant := _mutant(place, sources[place.file])) is not None:
            drawn.append(mutant)
    DRAWN.parent.mkdir(parents=True, exist_ok=True)
    known = {"size": size, "seed": seed, "places": len(places), "excluded": dict(against.most_common())}
    DRAWN.write_text(json.dumps({**known, "mutants": drawn}, indent=1))
    print(f"{len(drawn)} of {len(places)} mutants drawn with seed {seed}, from {len(sources)} files; never drawn:")
    for reason, count in against.most_common():
        print(f"{count:6}  {reason}")


def _places(file: str, source: str, seed: str, against: Counter[str]) -> Iterator[Place]:
    nodes = list(ast_nodes(get_ast(source)))
    spans = excluded_spans(source)
    lines = source.splitlines()
    alike: Counter[tuple[str, ...]] = Counter()
    for name in operator_names():
        operator_class = get_operator(name)
        if operator_class.arguments():  # asks for variables of ours by name
            continue
        operator = operator_class()
        found = (position for node in nodes for position in operator.mutation_positions(node))
        for occurrence, (start, end) in enumerate(found):
            if (reason := reason_against(name, start, spans)) is not None:
                against[reason] += 1
                continue
            written = (seed, file, name, lines[start[0] - 1].strip())
            alike[written] += 1
            lot = hashlib.sha256("\0".join((*written, str(alike[written]))).encode()).hexdigest()
            yield Place(lot, file, name, occurrence, start, end)


def _mutant(place: Place, source: str) -> dict[str, Any] | None:
    """A file's text with one change; `None` where the compiler refuses it, or warns."""
    mutated = mutate_code(source, get_operator(place.operator)(), place.occurrence)
    assert mutated is not None and mutated != source
    try:
        compile(mutated, place.file, "exec")
    except SyntaxError:
        return None
    before, after = _changed(source.splitlines(), mutated.splitlines())
    first, last = _statement(source, place.start[0])
    return {
        "lot": place.lot[:16],
        "file": place.file,
        "line": place.start[0],
        "operator": place.operator.removeprefix("core/"),
        "before": before,
        "after": after,
        "statement": [first, last],
        "text": mutated,
    }


def _changed(before: list[str], after: list[str]) -> tuple[str, str]:
    """The lines that differ."""
    pairs = list(zip(before, after, strict=False))
    start = next((i for i, (one, other) in enumerate(pairs) if one != other), len(pairs))
    backwards = zip(reversed(before[start:]), reversed(after[start:]), strict=False)
    same = next((i for i, (one, other) in enumerate(backwards) if one != other), 0)
    shown = before[start : len(before) - same], after[start : len(after) - same]
    return tuple("\n".join(line.strip() for line in lines) for lines in shown)  # type: ignore[return-value]


def _statement(source: str, line: int) -> tuple[int, int]:
    """First line and last of the innermost statement on a line; of one that holds others, its head."""
    around = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    around = [node for node in around if _first(node) <= line <= (node.end_lineno or node.lineno)]
    inner = max(around, key=attrgetter("lineno"))
    body: list[ast.stmt] = getattr(inner, "body", [])
    return _first(inner), max(_first(inner), body[0].lineno - 1) if body else inner.end_lineno or inner.lineno


def _first(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


if __name__ == "__main__":
    main()
