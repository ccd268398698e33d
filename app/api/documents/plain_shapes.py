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
        answered["properties"][name] = never_null(schema)


def never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a member that is there whenever its name is."""
    kept = {key: value for key, value in schema.items() if key not in ("default", "anyOf")}
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if not options:
        return kept
    return kept | (options[0] if len(options) == 1 else {"anyOf": options})


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
