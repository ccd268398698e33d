"""The OpenAPI document as it is committed."""

import sys
from typing import Any, Final

import yaml

from app.main import create_app
from app.settings import Settings

_HEADLINE: Final = "# Written by `python -m app openapi > openapi/openapi.yaml`; a test says it equals the app's.\n"


class _Dumper(yaml.SafeDumper):
    """Lines of prose stay lines, and nothing refers to anything else but by `$ref`."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _prose(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _prose)


def text() -> str:
    """The document as YAML, the same on every machine."""
    document = create_app(Settings(database_url=None)).openapi()
    return _HEADLINE + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def show() -> None:
    sys.stdout.write(text())
