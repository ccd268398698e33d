"""The first second of a local day, whether the month holds it or not."""

import datetime as dt

import pytest

from app.determination.program_month import start_of
from app.determination.service_month import service_month

MONTH = service_month("2024-03", "America/New_York")


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        ("2023-12-31", "2023-12-31T05:00"),
        ("2024-02-29", "2024-02-29T05:00"),
        ("2024-03-01", "2024-03-01T05:00"),
        ("2024-03-11", "2024-03-11T04:00"),  # summer time since the 10th
        ("2024-03-31", "2024-03-31T04:00"),
        ("2024-04-01", "2024-04-01T04:00"),
        ("2024-04-02", "2024-04-02T04:00"),
        ("2024-12-31", "2024-12-31T05:00"),
    ],
)
def test_a_day_begins_at_local_midnight(day: str, utc: str) -> None:
    expected = dt.datetime.fromisoformat(f"{utc}+00:00")
    assert start_of(dt.date.fromisoformat(day), MONTH) == int(expected.timestamp())
