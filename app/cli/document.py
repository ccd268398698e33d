"""The OpenAPI document as it is committed."""

import sys
from typing import Any

import yaml

from app.main import create_app
from app.settings import Settings


def text() -> str:
    """The document as YAML, the same on every machine."""
    document: dict[str, Any] = create_app(Settings(database_url=None)).openapi()
    return yaml.dump(document, sort_keys=False, allow_unicode=True, width=120)


def show() -> None:
    sys.stdout.write(text())
