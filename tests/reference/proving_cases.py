"""Prints the cases the suite runs, as the reference shows them: `make cases` keeps them beside it."""

import json
import sys
from typing import Any

from tests.determination.test_cases import BUILT


def proving_cases() -> list[dict[str, Any]]:
    return sorted(
        (
            {
                "id": case["id"],
                "title": case["title"],
                "area": case["area"],
                "service_month": str(case["request"]["service_month"]),
                "rules": sorted({rule for named in case["rules"] for rule in named.split("|")}),
            }
            for case in BUILT
        ),
        key=lambda case: str(case["id"]),
    )


def text() -> str:
    """One line a case, so that a change of the cases reads as one."""
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in proving_cases())
    return f"[\n{lines}\n]\n"


if __name__ == "__main__":
    sys.stdout.write(text())
