"""A document unfolded for `api-schema-diff`, which knows paths, parameters, objects, fields and types, and no more.

It compares neither unions nor choices nor media types, and a fact is a union of choices. So each of these is given to it as
an object whose fields are the possibilities: a possibility that is gone is then a field that is gone.

What is sent and what is answered differ. A sender is hurt by a word no longer taken; a reader by a field that is no
longer always there.
"""

from typing import Any, Final

Schema = dict[str, Any]
_NULL: Final = {"type": "null"}
METHODS: Final = ("get", "put", "post", "delete", "patch")


def unfolded(document: dict[str, Any]) -> dict[str, Any]:
    """The same calls, with every schema spelled out."""
    paths = {
        path: {method: _call(document, calls[method]) for method in METHODS if method in calls}
        for path, calls in document["paths"].items()
    }
    return {"openapi": document["openapi"], "info": document["info"], "paths": paths}


def _call(document: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "parameters": [
            {**parameter, "schema": _sent(document, parameter["schema"])} for parameter in call.get("parameters", ())
        ],
        "responses": {
            status: _content(
                {media: _answered(document, said["schema"]) for media, said in answer.get("content", {}).items()}
                | {f"header {name}": {} for name in answer.get("headers", ())}
            )
            for status, answer in call["responses"].items()
        },
    }
    if "requestBody" in call:
        media_types = call["requestBody"]["content"]
        found["requestBody"] = {
            "required": call["requestBody"].get("required", False),
            **_content({media: _sent(document, said["schema"]) for media, said in media_types.items()}),
        }
    return found


def _content(possibilities: Schema) -> Schema:
    return {"description": "", "content": {"application/json": {"schema": _object(possibilities)}}}


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    return {"type": "object", "properties": properties, "required": required or []}


def _sent(document: dict[str, Any], schema: Schema) -> Schema:
    """What may be sent: each type, word and form of an object that is taken is a possibility."""
    schema = _resolved(document, schema)
    options = schema.get("oneOf") or schema.get("anyOf")
    if options:
        return _object({_name(document, option): _form(document, option) for option in options})
    return _object({_name(document, schema): _form(document, schema)})


def _form(document: dict[str, Any], schema: Schema) -> Schema:
    schema = _resolved(document, schema)
    if "oneOf" in schema or "anyOf" in schema:
        return _sent(document, schema)
    if "properties" in schema:
        fields = {name: _sent(document, field) for name, field in schema["properties"].items()}
        return _object(fields, schema.get("required"))
    if "items" in schema:
        return _object({"items": _sent(document, schema["items"])})
    return _object({f"the word {word}": {} for word in _words(schema)})


def _answered(document: dict[str, Any], schema: Schema) -> Schema:
    """What may be answered: that a field is always there, or is never null, is one possibility more."""
    schema = _resolved(document, schema)
    options = [option for option in schema.get("oneOf") or schema.get("anyOf") or () if option != _NULL]
    if len(options) == 1:
        return _answered(document, options[0])
    if options:
        return _object({_name(document, option): _answered(document, option) for option in options})
    if "properties" in schema:
        fields = {name: _answered(document, field) for name, field in schema["properties"].items()}
        fields |= {f"{name}, always": {} for name in schema.get("required", ())}
        return _object(
            fields | {f"{name}, never null": {} for name, field in schema["properties"].items() if not _nullable(field)}
        )
    if "items" in schema:
        return {"type": "array", "items": _answered(document, schema["items"])}
    return {"type": schema.get("type", "string")}


def _nullable(schema: Schema) -> bool:
    return _NULL in (schema.get("oneOf") or schema.get("anyOf") or ())


def _words(schema: Schema) -> list[str]:
    return [schema["const"]] if "const" in schema else schema.get("enum", [])


def _name(document: dict[str, Any], schema: Schema) -> str:
    """By which an option is known: a fact's kind, a type, else the title of an object."""
    schema = _resolved(document, schema)
    if "properties" in schema:
        kinds = _words(schema["properties"].get("kind", {}))
        return kinds[0] if len(kinds) == 1 else str(schema.get("title", "object"))
    return str(schema.get("type", "string" if _words(schema) else "anything"))


def _resolved(document: dict[str, Any], schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
