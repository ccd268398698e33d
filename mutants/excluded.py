"""Which changes of the code are drawn for no test, and why: no test could tell them from the code as it is, or every one would.

Excluded is the change that would be killed by chance of Python as well as the one that would survive: an annotation with a
minus in it ends at import, and says nothing of our tests.
"""

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

Position = tuple[int, int]
"""Line from 1, column in characters from 0."""

ANNOTATION: Final = "annotations and type aliases: for the reader, mypy and msgspec's decoding, no reasoning"
TYPES_ONLY: Final = "what only a type checker reads (`if TYPE_CHECKING`, `@overload`, `@override`)"
REMEMBERED: Final = "what only remembers (`@cache`, `@lru_cache` and its size): the answers are the same without"
GUARDED: Final = "`frozen`, `gc`, `kw_only` of a struct: guards against mistakes mypy refuses, and a matter of speed"
PROMISED: Final = "the condition of an `assert`, `strict` of a `zip`: what no input can break no test can ask for"
IDENTICAL: Final = "`is` for `==` and back: the linter allows each only where both mean the same"
REASONS: Final = (ANNOTATION, TYPES_ONLY, REMEMBERED, GUARDED, PROMISED, IDENTICAL)

SAME_MEANING: Final = frozenset(
    f"core/ReplaceComparisonOperator_{pair}" for pair in ("Eq_Is", "Is_Eq", "NotEq_IsNot", "IsNot_NotEq")
)


class Span(NamedTuple):
    first: Position
    end: Position
    reason: str


def reason_against(operator: str, position: Position, spans: tuple[Span, ...]) -> str | None:
    """Why a change by this operator at this place is not drawn; `None` if it is."""
    if operator in SAME_MEANING:
        return IDENTICAL
    return next((span.reason for span in spans if span.first <= position < span.end), None)


def excluded_spans(source: str) -> tuple[Span, ...]:
    lines = source.splitlines()
    return tuple(
        Span(_start(lines, node), _place(lines, node.end_lineno, node.end_col_offset), reason)
        for node, reason in _excluded(ast.parse(source))
    )


def _start(lines: list[str], node: ast.expr | ast.stmt | ast.keyword) -> Position:
    line, column = _place(lines, node.lineno, node.col_offset)
    # A decorator begins with its sign, which the syntax tree leaves out.
    return line, column - lines[line - 1][:column].endswith("@")


def _place(lines: list[str], line: int | None, offset: int | None) -> Position:
    """The syntax tree counts bytes, cosmic-ray characters."""
    assert line is not None and offset is not None
    return line, len(lines[line - 1].encode()[:offset].decode())


def _excluded(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt | ast.keyword, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and _is_type(node.value):
            yield node.value, ANNOTATION
    for inner in ast.walk(tree):
        if isinstance(inner, ast.arg | ast.AnnAssign) and inner.annotation is not None:
            yield inner.annotation, ANNOTATION
        elif isinstance(inner, ast.FunctionDef):
            if inner.returns is not None:
                yield inner.returns, ANNOTATION
            yield from _decorators(inner)
        elif isinstance(inner, ast.ClassDef):
            yield from ((each, GUARDED) for each in inner.keywords if each.arg in {"frozen", "gc", "kw_only"})
        elif isinstance(inner, ast.If) and _name(inner.test) == "TYPE_CHECKING":
            yield inner, TYPES_ONLY
        elif isinstance(inner, ast.Assert):
            yield inner, PROMISED
        elif isinstance(inner, ast.Call) and _name(inner.func) == "zip":
            yield from ((each, PROMISED) for each in inner.keywords)


def _is_type(node: ast.expr) -> bool:
    """Whether an expression is a type: a union of classes, or a generic one with its arguments."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.BitOr) and _is_type(node.left) and _is_type(node.right)
    return _name(node.value if isinstance(node, ast.Subscript) else node)[:1].isupper()


def _decorators(function: ast.FunctionDef) -> Iterator[tuple[ast.expr, str]]:
    for each in function.decorator_list:
        name = _name(each.func if isinstance(each, ast.Call) else each)
        if name in {"cache", "lru_cache"}:
            yield each, REMEMBERED
        elif name in {"overload", "override", "final", "runtime_checkable"}:
            yield each, TYPES_ONLY


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
