"""The acceptance cases that exercise each rule: what somebody who doubts a rule can look up and run."""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

WRITTEN: Final = Path(__file__).with_name("cases.json")
"""Written by `make cases` from the cases the tests run; a test says that it equals them."""


class ProvingCase(Struct, frozen=True, gc=False, kw_only=True):
    """One acceptance case: a month, its facts and what must come of it. The facts themselves stand beside the tests."""

    id: str
    title: str
    area: str
    service_month: str
    rules: tuple[str, ...]


def cases_of(rule: str) -> tuple[ProvingCase, ...]:
    """The cases that exercise a rule, in the order of their ids."""
    return tuple(case for case in _all() if rule in case.rules)


@cache
def _all() -> tuple[ProvingCase, ...]:
    return msgspec.json.decode(WRITTEN.read_bytes(), type=tuple[ProvingCase, ...])
