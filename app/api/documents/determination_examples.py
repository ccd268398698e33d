"""Determinations as examples, shortened."""

from typing import Any, Final

BILLABLE: Final[dict[str, Any]] = {}
SHORT: Final[dict[str, Any]] = {}
EVALUATION_REQUEST: Final[dict[str, Any]] = {}
SHORT_REQUEST: Final[dict[str, Any]] = {}
