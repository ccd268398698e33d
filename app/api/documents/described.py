"""Building blocks for describing a call: its body and its answers."""

from typing import Any

from app.api.documents.fact_schemas import Schema


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
    schema: Schema, description: str, examples: dict[str, tuple[str, Any]], links: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A JSON answer; `links` say which calls go on from it."""
    content = {"application/json": {"schema": schema, "examples": shown(examples)}}
    return {"description": description, "content": content, **({"links": links} if links else {})}


def shown(examples: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    return {name: {"summary": summary, "value": value} for name, (summary, value) in examples.items()}
