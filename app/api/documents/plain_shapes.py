"""Schemas said the plainer of two ways, where generators of clients stumble over the other."""

from typing import Any


def plain_shapes(part: Any) -> None:
    """Have each part of a schema, in place, say what it means without constructs a client cannot hold."""
    if isinstance(part, dict):
        if part.get("default", ...) is None:
            # It says no more than that the field may be left out; some generators then ask everybody to write it.
            del part["default"]
        _array_of_a_length(part)
        _typed_choice(part)
        for value in part.values():
            plain_shapes(value)
    elif isinstance(part, list):
        for value in part:
            plain_shapes(value)


def without_null(answered: dict[str, Any]) -> None:
    """Have an object that we send promise, in place, what it keeps: what is absent is left out, never null."""
    for name, schema in answered.get("properties", {}).items():
        if name in answered.get("required", ()):
            continue
        schema.pop("default", None)
        if "anyOf" in schema:
            kept = [option for option in schema.pop("anyOf") if option != {"type": "null"}]
            answered["properties"][name] = schema | (kept[0] if len(kept) == 1 else {"anyOf": kept})


def _array_of_a_length(schema: dict[str, Any]) -> None:
    # A tuple of one type throughout is an array of a fixed length.
    match schema:
        case {"prefixItems": [first, *others], "items": False} if all(other == first for other in others):
            del schema["prefixItems"]
            schema["items"] = first


def _typed_choice(schema: dict[str, Any]) -> None:
    match schema:
        case {"enum": [str() as only]}:
            del schema["enum"]
            schema |= {"type": "string", "const": only}
        case {"enum": [*choices]} if "type" not in schema and all(isinstance(choice, str) for choice in choices):
            schema["type"] = "string"
