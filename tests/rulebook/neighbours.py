"""Facts under which a neighbour of CCM may be billed by the usual patient's practitioner, or by a second one."""

import datetime as dt
from typing import Any, Final

from tests.rulebook.usual_patient import Answer, Raw, decision, joined, own, stay, visit, worked

DR_B: Final[Raw] = {"kind": "practitioner", "id": "dr-b", "practitioner": "DR_B", "credential": "MD"}
VISITED_BY_B: Final = "visited-by-b"


def second(month: str) -> list[Raw]:
    """DR_B, who has seen the patient in the year before the month."""
    return [DR_B, visit(f"{int(month[:4]) - (month[5:] <= '02')}-01-20", practitioner="DR_B", id=VISITED_BY_B)]


def staffed(program: str, month: str, minutes: int, biller: str = "DR_A", day: int = 14, **fields: Any) -> list[Raw]:
    """A program joined, and clinical staff time for it on a day of the month."""
    work = worked(month, minutes, day=day, program=program, id=f"{program}-work-{biller}", **fields)
    return [*joined(program, month, biller), work]


def personally(program: str, month: str, minutes: int, biller: str = "DR_A", day: int = 14) -> list[Raw]:
    """A program joined, and its billing practitioner's own time on a day of the month."""
    work = own(minutes, f"{month}-{day:02}", program=program, performer=biller, id=f"{program}-own-{biller}")
    return [*joined(program, month, biller), work]


def monitored(month: str, days: int, program: str = "rpm", first: int = 1, **fields: Any) -> list[Raw]:
    """Days on which a device sent readings."""
    return [
        {"kind": "device_day", "id": f"{program}-{day:02}", "program": program, "on": f"{month}-{day:02}", **fields}
        for day in range(first, first + days)
    ]


def discharged(on: str, biller: str = "DR_A", seen_after_days: int = 5, level: str = "moderate") -> list[Raw]:
    """Transitional care after a stay: reached the day after the discharge, seen and decided upon some days later."""
    day = dt.date.fromisoformat(on)
    seen = f"{day + dt.timedelta(days=seen_after_days)}"
    reached = {
        "kind": "time_entry", "id": "reached", "program": "tcm", "performer": "RN_1", "role": "clinical_staff",
        "on": f"{day + dt.timedelta(days=1)}", "seconds": 300, "live_contact": True,
    }  # fmt: skip
    return [
        stay("inpatient", f"{day - dt.timedelta(days=4)}", on, id="hospital"),
        {"kind": "enrollment", "id": "tcm-enrollment", "program": "tcm", "practitioner": biller, "from": on},
        reached,
        visit(seen, practitioner=biller, id="seen"),
        decision(level, seen, practitioner=biller, id="decided"),
    ]


def qualified() -> dict[str, Any]:
    """Coverage of a qualified Medicare beneficiary."""
    return {"coverage": {"qualified_medicare_beneficiary": True}}


def amount(lines: list[Raw]) -> int:
    return sum(line["amount_cents"] for line in lines)


def billers(answer: Answer) -> dict[str, str]:
    """Who bills each line."""
    return {line["code"]: line["practitioner"] for line in answer.body["claim_lines"]}
