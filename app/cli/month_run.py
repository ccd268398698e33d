"""`run MONTH`: a month-end run asked of a service, watched to its end, and its results taken away."""

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import msgspec
from msgspec import Struct

from app.cli.errors import CannotRun
from app.cli.options import RESULT_FORMS
from app.cli.progress import Watched

_LOOK_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 60
"""How long a service that does not answer is waited for: it may be starting anew, and the run goes on."""
_UNDER_WAY: Final = frozenset({"queued", "running"})


class Asked(Struct, frozen=True):
    """What was typed: the month, and whose months of it; or a run that was begun before, to be watched or cancelled."""

    month: str
    patients: Path | None = None
    changed_since: str | None = None
    anew: bool = False
    follow: str | None = None
    cancel: str | None = None
    results: Path | None = None


def month_run(asked: Asked, url: str, key: str) -> None:
    """Have the month be determined and show how far it is. `CannotRun` where that cannot be done, or somebody's month not."""
    if asked.results is not None and asked.results.suffix not in RESULT_FORMS:
        raise CannotRun(f"Results are written as {', '.join(RESULT_FORMS)}: {asked.results.name} is none of these.")
    if asked.results is not None and not os.access(asked.results.parent, os.W_OK):
        raise CannotRun(f"{asked.results} cannot be written.")
    if asked.anew and (asked.follow or asked.cancel or asked.changed_since):
        raise CannotRun("--anew is said of a run that is to be begun, and not of what changed.")
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        if asked.cancel is not None:
            run = _told(client, "POST", f"/v1/runs/{asked.cancel}/cancel")
        else:
            run = _watched(client, _begun(client, asked))
        counts = f"{run['determined']:,} determined, {run['unchanged']:,} unchanged, {run['failed']:,} failed"
        print(f"{run['service_month']}: {run['state']}; {run['done']:,} of {run['total']:,} patients: {counts}.")
        if asked.results is not None and asked.cancel is None:
            _take_away(client, run, asked.results)
    if run["failed"]:
        problems = [f"  {error['patient']}: {error['detail']}" for error in run.get("first_errors", ())]
        raise CannotRun("\n".join(["Of some nothing could be determined.", *problems]))


def _begun(client: httpx.Client, asked: Asked) -> dict[str, Any]:
    if asked.follow is not None:
        return _told(client, "GET", f"/v1/runs/{asked.follow}")
    body: dict[str, Any] = {}
    if asked.patients is not None:
        body["patients"] = _listed(asked.patients)
    if asked.changed_since is not None:
        body["changed_since"] = asked.changed_since
    if asked.anew:
        body["anew"] = True
    return _told(client, "POST", f"/v1/months/{asked.month}/runs", body)


def _listed(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text().splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        raise CannotRun(f"{path} cannot be read: a patient's reference a line.") from None


def _watched(client: httpx.Client, run: dict[str, Any]) -> dict[str, Any]:
    """The run once it has ended."""
    try:
        with Watched(run["total"], run["done"]) as watched:
            while run["state"] in _UNDER_WAY:
                watched.tell(run["done"], f"{run['done']:,} of {run['total']:,} patients, {run['rate']:,.0f} a second")
                time.sleep(_LOOK_SECONDS)
                run = _told(client, "GET", f"/v1/runs/{run['id']}")
    except KeyboardInterrupt:
        again = f"python -m app run {run['service_month']}"
        print(
            f"The run goes on. Watch it again: {again} --follow {run['id']}\nCancel it: {again} --cancel {run['id']}",
            file=sys.stderr,
        )
        raise
    return run


def _take_away(client: httpx.Client, run: dict[str, Any], to: Path) -> None:
    """The whole file, or none."""
    part = to.with_name(f"{to.name}.part")
    try:
        with client.stream("GET", run["results"], headers={"Accept": RESULT_FORMS[to.suffix]}) as answer:
            if not answer.is_success:
                answer.read()
                raise CannotRun(_refusal(answer))
            with part.open("wb") as file:
                for piece in answer.iter_bytes():
                    file.write(piece)
        part.replace(to)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise CannotRun(f"{to} cannot be written.") from None
    except httpx.TransportError:
        part.unlink(missing_ok=True)
        raise CannotRun(
            f"The results did not come whole. Again: python -m app run {run['service_month']} --follow {run['id']} "
            f"--results {to}"
        ) from None
    print(f"Results: {to}")


def _told(client: httpx.Client, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """What the service says; waited for while it answers no more, or asks to be. Who was never reached is not."""
    until = time.monotonic() + _PATIENCE_SECONDS
    # However often it is sent, it is carried out once.
    headers = {} if method == "GET" else {"Idempotency-Key": str(uuid4())}
    reached = method == "GET"
    while True:
        try:
            answer = client.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            reached |= not isinstance(error, httpx.ConnectError)
            if not reached or time.monotonic() > until:
                raise CannotRun(f"{client.base_url} does not answer.") from None
        else:
            reached = True
            if not _asks_to_wait(answer) or time.monotonic() > until:
                break
        time.sleep(1)
    if not answer.is_success:
        raise CannotRun(_refusal(answer))
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError:
        raise CannotRun(f"{client.base_url} does not answer as the service does. Is --url right?") from None


def _asks_to_wait(answer: httpx.Response) -> bool:
    return answer.status_code in {429, 502, 503, 504} or (answer.status_code == 409 and "Retry-After" in answer.headers)


def _refusal(answer: httpx.Response) -> str:
    try:
        told = msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError:
        return (
            f"{answer.request.url.host} answers with {answer.status_code}, and not as the service does. Is --url right?"
        )
    errors = [f"  {error['detail']}" for error in told.get("errors", ())]
    return "\n".join([str(told.get("detail") or told.get("title")), *errors])
