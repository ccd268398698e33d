"""Building blocks for describing a call: its body and its answers."""

from typing import Any, Final

from app.api.documents.fact_schemas import Schema
from app.api.idempotency import REPLAYED

REPLAYABLE: Final = {REPLAYED: {"$ref": f"#/components/headers/{REPLAYED}"}}
"""Headers of an answer that is kept under an idempotency key."""


def body(schema: Schema, description: str, examples: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    """A JSON request body; `examples` by name, each with what it shows."""
    return {
        "requestBody": {
            "required": True,
            "description": description,
            "content": {"application/json": {"schema": schema, "examples": shown(examples)}},
        }
    }


def answer(
    schema: Schema,
    description: str,
    examples: dict[str, tuple[str, Any]],
    links: dict[str, Any] | None = None,
    headers: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A JSON answer; `links` say which calls go on from it."""
    content = {"application/json": {"schema": schema, "examples": shown(examples)}}
    answered: dict[str, Any] = {"description": description, "content": content}
    if links:
        answered["links"] = links
    if headers:
        answered["headers"] = dict(headers)
    return answered


def shown(examples: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    return {name: {"summary": summary, "value": value} for name, (summary, value) in examples.items()}
