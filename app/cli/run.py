"""`make run`: from nothing to a service one can ask."""

import asyncio
import datetime as dt
from pathlib import Path

from app import logs
from app.cli.database import database, migrated
from app.cli.demo import DemoKey, seeded
from app.cli.errors import CannotRun
from app.cli.serve import address, listening, serve_on
from app.cli.worker import working
from app.errors import Unavailable
from app.settings import Settings


def run(settings: Settings) -> None:
    """Migrate, seed the demo practice on a database of our own, and serve, with a worker, until told to stop."""
    with listening(settings) as listener, database(settings) as found:
        logs.configure("warning", settings.log_format)
        migrated(found)
        at = address(listener)
        if found.own:
            demo = _demo(found.url, settings.data_dir)
            words = _demo_words(at, demo)
        else:
            words = _own_words(at)
        chosen = settings.model_copy(update={"database_url": found.url})
        with working(chosen):
            serve_on(listener, chosen, lambda: print(words, flush=True))


def _demo(url: str, data_dir: Path) -> DemoKey:
    try:
        return asyncio.run(seeded(url, data_dir, dt.datetime.now(dt.UTC)))
    except OSError as error:
        message = f"The demo practice's key cannot be kept in {error.filename}: {error.strerror}. Remove what is there."
        raise CannotRun(message) from None
    except Unavailable:
        raise CannotRun(
            f"The demo practice cannot be recorded. Is the disk full? The server's log: {data_dir / 'postgres' / 'log'}"
        ) from None


def _demo_words(at: str, demo: DemoKey) -> str:
    authorization = f'-H "Authorization: Bearer $(cat {_shown(demo.path)})"'
    month = demo.month
    return f"""\
Care Month is running. Ctrl-C stops it.

  Documentation   {at}/docs   (press Authorize and paste the key)
  The rule book   {at}/rulebook
  API key         {demo.key}
                  kept in {_shown(demo.path)}; it belongs to a demo practice of invented patients

Three things to try:

  What may be billed for demo-ada this month, and why
    curl -s {authorization} {at}/v1/patients/demo-ada/months/{month}/determination

  Record a call: demo-ben's month is two minutes short of a code
    curl -s {authorization} -H "Content-Type: application/json" {at}/v1/time-entries \\
      -d '{{"id": "my-call-{demo.today}", "patient": "demo-ben", "program": "ccm", "performer": "RN_KIM",
           "role": "clinical_staff", "on": "{demo.today}", "seconds": 150, "activity": "contact"}}'

  Ask what became of demo-ben's month
    curl -s {authorization} {at}/v1/patients/demo-ben/months/{month}/determination
"""


def _own_words(at: str) -> str:
    return f"""\
Care Month is running on the database at DATABASE_URL. Ctrl-C stops it.

  Documentation   {at}/docs
  The rule book   {at}/rulebook

No practice was made. To make one, and a key for each source that sends to it:

  python -m app access create-practice "Name of the practice"
  python -m app access create-key PRACTICE SOURCE
"""


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path.resolve())
