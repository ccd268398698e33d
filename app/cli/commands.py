"""The commands, and what a person is told when one cannot be carried out."""

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from app.cli import access, document, run, serve
from app.cli.errors import CannotRun
from app.postgres.embedded import CannotStart
from app.settings import Settings, UnusableSettings, described, settings


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


class _Parser(argparse.ArgumentParser):
    """Says after a mistake where help is to be had, and that settings are no options."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        print(f"{message[0].upper()}{message[1:]}.", file=sys.stderr)
        if message.startswith("unrecognized arguments: -"):
            print(f"Settings come from the environment: PORT=8001 {self.prog} run", file=sys.stderr)
        print(f"What can be typed: {self.prog} --help", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(
        prog="python -m app",
        description="Care Month: which chronic care management codes may be billed for a month, and why.",
        epilog="Settings come from the environment, each with a default that works on a laptop:\n\n" + described(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _command(commands, "run", "migrate and serve; without DATABASE_URL on a Postgres of our own with a demo practice")
    _command(commands, "serve", "serve the database at DATABASE_URL, which must be migrated")
    _command(commands, "migrate", "bring the database's schema to this version")
    _command(commands, "openapi", "print the OpenAPI document as YAML")
    kinds = _command(commands, "access", "make practices and API keys").add_subparsers(
        dest="command", required=True, metavar="WHAT"
    )
    practice = _command(kinds, "create-practice", "make a practice and print its id")
    practice.add_argument("name", metavar="NAME", help='what people call it, such as "Lakeside Family Medicine"')
    key = _command(kinds, "create-key", "make an API key of one source of a practice, and print it this once")
    key.add_argument("practice", metavar="PRACTICE", help="the id that create-practice printed")
    key.add_argument("source", metavar="SOURCE", help="who sends with it, such as ehr or rpm-vendor")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, does: str
) -> argparse.ArgumentParser:
    """A command, told in its own help in the words of the list of all."""
    return commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # So that being told to end unwinds like Ctrl-C, and our Postgres is stopped with us.
    raise KeyboardInterrupt
