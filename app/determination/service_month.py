"""The service month: a calendar month in the practice's time zone, the unit Medicare pays for."""

import datetime as dt
import re
import zoneinfo
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from msgspec import Struct

# The pinned `tzdata` package alone decides where a day begins: an answer must not depend on the machine's own tables.
zoneinfo.reset_tzpath(to=())

DEFAULT_TIME_ZONE: Final = "America/New_York"
LOOK_BACK: Final = dt.timedelta(days=31)
"""How far before a month its rules look for work: a day more than an episode of transitional care reaches."""
_WRITTEN: Final = re.compile(r"(19|20|21)\d\d-(0[1-9]|1[0-2])")


class ServiceMonth(Struct, frozen=True, gc=False):
    """A calendar month in a time zone, as the instants at which its days begin.

    `dates` are its days; `day_starts` holds the first second of each and, last, that of the next month. `start` and `end` are
    its edges in seconds, `ends_at` the latter as an instant; `days` is how many it has. `written`: `YYYY-MM`. Work that
    ended before the day `work_from`, whose first moment is `work_from_at`, is of long ago (see `past`).
    """

    written: str
    time_zone: str
    first_day: dt.date
    last_day: dt.date
    day_after: dt.date
    days: int
    dates: tuple[dt.date, ...]
    day_starts: tuple[int, ...]
    start: int
    end: int
    ends_at: dt.datetime
    work_from: dt.date
    work_from_at: dt.datetime

    def holds(self, day: dt.date) -> bool:
        return self.first_day <= day < self.day_after

    def day(self, index: int) -> dt.date:
        """The date of the month's day at an index from 0."""
        return self.dates[index]

    def index(self, day: dt.date) -> int:
        """The place of a date in the month, from 0; below 0 or at least `days` when it lies outside."""
        return (day - self.first_day).days

    def start_of_day_after(self, day: dt.date) -> int:
        """The first second of the day that follows a local date."""
        return start_of_day(day + dt.timedelta(days=1), self.time_zone)

    def by_day(self, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """The seconds of stretches inside the month on each local day, by the day's place."""
        found = []
        starts = self.day_starts
        for start, end in spans:
            index = bisect_right(starts, start) - 1
            while end > (following := starts[index + 1]):
                found.append((index, following - start))
                start, index = following, index + 1  # noqa: PLW2901 - what is left of the stretch
            found.append((index, end - start))
        return found


def is_time_zone(name: str) -> bool:
    """Whether the pinned IANA tables know the zone."""
    return name in _time_zones()


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def second_of(instant: dt.datetime) -> int:
    """An instant in seconds since 1970 UTC."""
    since = instant - _EPOCH
    return since.days * 86_400 + since.seconds


_zone = cache(zoneinfo.ZoneInfo)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def start_of_day(day: dt.date, time_zone: str) -> int:
    """The first second of a local day. Where midnight does not exist, the second the clock jumped."""
    return second_of(dt.datetime(day.year, day.month, day.day, tzinfo=_zone(time_zone)))


def local_day(instant: dt.datetime, time_zone: str) -> dt.date:
    """The local date of an instant."""
    return instant.astimezone(_zone(time_zone)).date()


@lru_cache(maxsize=4096)
def service_month(written: str, time_zone: str = DEFAULT_TIME_ZONE) -> ServiceMonth:
    """The month written `YYYY-MM` in an IANA zone. `ValueError` for anything else."""
    if not _WRITTEN.fullmatch(written):
        raise ValueError("A service month is written YYYY-MM.")
    if not is_time_zone(time_zone):
        raise ValueError("The time zone is not in the IANA tables.")
    year, month = int(written[:4]), int(written[5:])
    first_day = dt.date(year, month, 1)
    day_after = dt.date(year + month // 12, month % 12 + 1, 1)
    dates = tuple(first_day + dt.timedelta(days=index) for index in range((day_after - first_day).days))
    day_starts = tuple(start_of_day(day, time_zone) for day in (*dates, day_after))
    return ServiceMonth(
        written=written,
        time_zone=time_zone,
        first_day=first_day,
        last_day=day_after - dt.timedelta(days=1),
        day_after=day_after,
        days=len(dates),
        dates=dates,
        day_starts=day_starts,
        start=day_starts[0],
        end=day_starts[-1],
        ends_at=dt.datetime.fromtimestamp(day_starts[-1], dt.UTC),
        work_from=first_day - LOOK_BACK,
        work_from_at=dt.datetime.fromtimestamp(start_of_day(first_day - LOOK_BACK, time_zone), dt.UTC),
    )
