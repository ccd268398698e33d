"""A file of facts, one JSON object a line, sent to the service as any sender sends them; what became of them in a report.

Nothing is judged here but that a line is JSON: the service takes the good and tells what is wrong with the others. The report
says how far everything has been answered, so whoever was interrupted goes on there; what was sent twice is a duplicate.
"""

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, Final

import httpx
import msgspec
from msgspec import Struct

from app.cli.errors import CannotRun
from app.cli.import_report import Done, Rejected, Report
from app.cli.progress import Watched

MOST_LINES: Final = 1_000
MOST_BYTES: Final = 900_000
"""Of a request; the service takes 1,000 facts and 1 MiB."""
_SLOW_DOWN: Final = frozenset({429, 502, 503, 504})
_SPOILED: Final = frozenset({400, 413, 422})
"""What the service says of a body that cannot be taken as it is; anything else is not about the lines."""
_NOT_ALLOWED: Final = frozenset({401, 403})
_LONGEST_PAUSE_SECONDS: Final = 60


class Batch(Struct, frozen=True):
    """Lines for one request, by number from 1; those that are no JSON; and up to which byte the file is read with them."""

    lines: dict[int, bytes]
    malformed: tuple[int, ...]
    through_line: int
    through_byte: int


def import_file(path: Path, url: str, key: str, report_path: Path, at_once: int) -> None:
    """Send what the report does not tell of yet. `CannotRun` where lines were rejected, or the service cannot be used."""
    try:
        file = path.open("rb")
    except OSError:
        raise CannotRun(f"{path} cannot be read.") from None
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with file, httpx.Client(base_url=url, headers=headers, timeout=120) as client, Report(report_path, path) as report:
        with Watched(path.stat().st_size, report.through_byte) as watched:
            for done in _sent(client, _batches(file, report.through_line, report.through_byte), at_once):
                report.add(done)
                watched.tell(done.through_byte, f"{done.through_line:,} lines")
        told = f"{report.stored:,} stored, {report.duplicates:,} known before, {report.rejected:,} rejected"
        if report.rejected:
            raise CannotRun(f"{path.name}: {told}; {report_path} says why, line by line.")
        print(f"{path.name}: {told}.")


def _batches(file: BinaryIO, line: int, byte: int) -> Iterator[Batch]:
    """What follows a line and byte of the file. The last may have no lines: it tells that the file is at its end."""
    file.seek(byte)
    lines: dict[int, bytes] = {}
    malformed: list[int] = []
    size = 0
    for stated in _lines(file):
        line += 1
        if stated is None or (stated and not _is_json(stated)):
            malformed.append(line)
        elif stated:
            lines[line] = stated
            size += len(stated)
        if len(lines) + len(malformed) == MOST_LINES or size >= MOST_BYTES:
            yield Batch(lines, tuple(malformed), line, file.tell())
            lines, malformed, size = {}, [], 0
    yield Batch(lines, tuple(malformed), line, file.tell())


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Each line without the space around it; none for one that is too long, of which no more is held than a request takes."""
    while read := file.readline(MOST_BYTES):
        stated: bytes | None = read.strip()
        while len(read) == MOST_BYTES and not read.endswith(b"\n"):
            stated, read = None, file.readline(MOST_BYTES)
        yield stated


def _is_json(stated: bytes) -> bool:
    try:
        msgspec.json.decode(stated, type=dict)
    except (ValueError, RecursionError):
        return False
    return True


def _sent(client: httpx.Client, batches: Iterator[Batch], at_once: int) -> Iterator[Done]:
    """What became of the batches, in the order of the file, so many on the way at a time."""
    under_way: deque[Future[Done]] = deque()
    with ThreadPoolExecutor(at_once) as threads:
        try:
            for batch in batches:
                under_way.append(threads.submit(_send, client, batch))
                if len(under_way) > at_once:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for left in under_way:
                left.cancel()


def _send(client: httpx.Client, batch: Batch) -> Done:
    detail = f"Not a JSON object of at most {MOST_BYTES:,} bytes on a line of its own."
    rejected = [Rejected(line, ({"detail": detail},)) for line in batch.malformed]
    stored = duplicates = 0
    waiting = [list(batch.lines)]
    while waiting:
        numbers = waiting.pop()
        if not numbers:
            continue
        answer = _answered(client, b"[" + b",".join(batch.lines[number] for number in numbers) + b"]")
        told = _told(answer, len(numbers))
        if answer.is_success:
            stored, duplicates = stored + told["stored"], duplicates + told["duplicates"]
            rejected += [
                Rejected(numbers[item["index"]], _of_line(item["errors"], item["index"]))
                for item in told["results"]
                if item["outcome"] == "rejected"
            ]
        elif len(numbers) > 1:  # one line spoils a body as a whole: which?
            half = len(numbers) // 2
            waiting += [numbers[half:], numbers[:half]]
        else:
            rejected.append(Rejected(numbers[0], _of_line(told.get("errors") or [{"detail": told["title"]}], 0)))
    rejected.sort(key=lambda one: one.line)
    return Done(batch.through_line, batch.through_byte, stored, duplicates, tuple(rejected))


def _told(answer: httpx.Response, sent: int) -> dict[str, Any]:
    """What the service says of the lines. `CannotRun` where it is not the service that speaks, or it speaks of something else."""
    unknown = (
        f"{answer.request.url.host} answers with {answer.status_code}, and not as the service does. Is --url right?"
    )
    try:
        told = msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError:
        raise CannotRun(unknown) from None
    if answer.is_success:
        if len(told.get("results", ())) != sent:
            raise CannotRun(unknown)
    elif answer.status_code not in _SPOILED or "title" not in told:
        raise CannotRun(unknown)
    return told


def _of_line(errors: list[dict[str, str]], index: int) -> tuple[dict[str, str], ...]:
    """The errors, pointing into the line instead of into the request it was sent in."""
    return tuple(
        error | {"pointer": error["pointer"].removeprefix(f"/{index}")} if "pointer" in error else error
        for error in errors
    )


def _answered(client: httpx.Client, body: bytes) -> httpx.Response:
    """The service's answer; waited for while it asks to."""
    while True:
        try:
            answer = client.post("/v1/facts", params={"partial": "true"}, content=body)
        except httpx.TransportError:
            raise CannotRun(
                f"{client.base_url} does not answer. The report says how far it came: start again."
            ) from None
        if answer.status_code in _NOT_ALLOWED:
            raise CannotRun("The key is not taken, or lacks the scope to record facts.")
        if answer.status_code not in _SLOW_DOWN:
            return answer
        asked = answer.headers.get("Retry-After", "")
        time.sleep(min(int(asked) if asked.isdecimal() else 1, _LONGEST_PAUSE_SECONDS))
