"""The commands, and what a person is told when one cannot be carried out."""

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from app.cli import access, document, run, serve
from app.cli.errors import CannotRun
from app.postgres.embedded import CannotStart
from app.settings import Settings, UnusableSettings, settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; the exit status. Failures read like help: no traceback, and no value repeated."""
    signal.signal(signal.SIGTERM, _stop)
    asked = _parser().parse_args(arguments)
    try:
        _carry_out(asked, settings())
    except (CannotRun, CannotStart, UnusableSettings) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
    return 0


def _carry_out(asked: argparse.Namespace, chosen: Settings) -> None:
    match asked.command:
        case "run":
            run.run(chosen)
        case "serve":
            serve.serve(chosen)
        case "migrate":
            run.migrate_only(chosen)
        case "openapi":
            document.show()
        case "create-practice":
            access.new_practice(chosen, asked.name)
        case "create-key":
            access.new_key(chosen, asked.practice, asked.source)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app",
        description="Care Month: which chronic care management codes may be billed for a month, and why.",
        epilog="Settings come from the environment: DATABASE_URL, MIGRATION_DATABASE_URL, DATA_DIR, HOST, PORT, LOG_LEVEL, "
        "RATE_LIMIT, UNKNOWN_KEY_LIMIT.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser(
        "run", help="migrate and serve; without DATABASE_URL on a Postgres of our own with a demo practice"
    )
    commands.add_parser("serve", help="serve the database at DATABASE_URL, which must be migrated")
    commands.add_parser("migrate", help="bring the database's schema to this version")
    commands.add_parser("openapi", help="print the OpenAPI document as YAML")
    kinds = commands.add_parser("access", help="make practices and API keys").add_subparsers(
        dest="command", required=True, metavar="WHAT"
    )
    practice = kinds.add_parser("create-practice", help="make a practice and print its id")
    practice.add_argument("name", metavar="NAME")
    key = kinds.add_parser("create-key", help="make an API key of one source of a practice, and print it this once")
    key.add_argument("practice", metavar="PRACTICE", help="the id that create-practice printed")
    key.add_argument("source", metavar="SOURCE", help="who sends with it, such as ehr or rpm-vendor")
    return parser


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # So that being told to end unwinds like Ctrl-C, and our Postgres is stopped with us.
    raise KeyboardInterrupt
