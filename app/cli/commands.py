"""The commands, and what a person is told when one cannot be carried out.

Each imports what it needs when it is asked for: help, the law and mistakes are told without loading a web server.
"""

import argparse
import datetime as dt
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from app.cli.access_options import add_access
from app.cli.audit_options import add_audit
from app.cli.errors import CannotRun
from app.cli.options import RESULT_FORMS, command
from app.postgres.embedded import CannotStart
from app.settings import Settings, UnusableSettings, described, settings

if TYPE_CHECKING:
    from app.cli.options import Commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; the exit status. Failures read like help: no traceback, and no value repeated."""
    signal.signal(signal.SIGTERM, _stop)
    asked = _parser().parse_args(arguments)
    try:
        if not _told_the_law(asked):
            _carry_out(asked, settings())
    except (CannotRun, CannotStart, UnusableSettings) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
    return 0


def _told_the_law(asked: argparse.Namespace) -> bool:
    """Whether the law was asked for, which needs no settings and no database."""
    if asked.command not in ("show", "diff", "check", "unread"):
        return False
    from app.cli import rulebook

    match asked.command:
        case "show":
            rulebook.show(asked.month, asked.rule, dt.datetime.now(dt.UTC).date())
        case "diff":
            rulebook.diff(asked.from_month, asked.to_month)
        case "check":
            rulebook.check()
        case "unread":
            rulebook.unread(all_but_read=asked.all)
    return True


def _carry_out(asked: argparse.Namespace, chosen: Settings) -> None:
    match asked.command:
        case "run" if asked.month is not None:
            from app.cli import month_run

            run_asked = month_run.Asked(
                asked.month, asked.patients, asked.changed_since, asked.anew, asked.follow, asked.cancel, asked.results
            )
            month_run.month_run(run_asked, _url(asked, chosen), _key(asked, chosen))
        case "run" if any((asked.patients, asked.changed_since, asked.anew, asked.follow, asked.cancel, asked.results)):
            raise CannotRun("These options are of a month's run: run MONTH, such as 2026-10.")
        case "run":
            from app.cli import run

            run.run(chosen)
        case "serve":
            from app.cli import serve

            serve.serve(chosen)
        case "worker":
            from app.cli import worker

            worker.work(chosen, once=asked.once)
        case "migrate":
            from app.cli import database

            database.migrate_only(chosen)
        case "openapi":
            from app.cli import document

            document.show()
        case "import":
            from app.cli import importing

            report = asked.report or asked.file.with_name(f"{asked.file.name}.report.ndjson")
            importing.import_file(asked.file, _url(asked, chosen), _key(asked, chosen), report, asked.at_once)
        case "key" | "checkpoint" | "export" | "verify":
            _audit(asked, chosen)
        case _:
            _access(asked, chosen)


def _access(asked: argparse.Namespace, chosen: Settings) -> None:
    from app.cli import access

    match asked.command:
        case "create-practice":
            access.new_practice(chosen, asked.name)
        case "create-key":
            access.new_key(chosen, asked.practice, asked.source, asked.scopes, asked.days)
        case "create-client":
            access.new_client(chosen, asked.practice, asked.source, asked.jwks, asked.scopes, asked.days)
        case "replace-keys":
            access.new_client_keys(chosen, asked.client, asked.jwks)
        case "rotate":
            access.rotate_key(chosen, asked.key, asked.overlap_hours, asked.days)
        case "revoke":
            access.revoke_credential(chosen, asked.credential)
        case "list":
            access.show_issued(chosen, asked.practice)


def _audit(asked: argparse.Namespace, chosen: Settings) -> None:
    from app.cli import audit

    match asked.command:
        case "key":
            audit.new_key(asked.path)
        case "checkpoint":
            audit.checkpoint_now(chosen)
        case "export":
            audit.write_export(chosen, asked.practice)
        case "verify":
            audit.verify(chosen, asked.export, asked.checkpoints, asked.public_keys)


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
        description="Care Month: which care-management codes may be billed for a month, and why.",
        epilog="Settings come from the environment, each with a default that works on a laptop:\n\n" + described(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands)
    command(commands, "serve", "serve the database at DATABASE_URL, which must be migrated")
    beside = command(commands, "worker", "work on runs and keep house beside `serve`, on the database at DATABASE_URL")
    beside.add_argument("--once", action="store_true", help="do what is due now and leave")
    command(commands, "migrate", "bring the database's schema to this version")
    command(commands, "openapi", "print the OpenAPI document as YAML")
    _add_import(commands)
    _add_rulebook(commands)
    add_access(commands)
    add_audit(commands)
    return parser


def _add_run(commands: "Commands") -> None:
    running = command(
        commands,
        "run",
        "migrate and serve; without DATABASE_URL on a Postgres of our own with a demo practice; "
        "with a MONTH, have a running service determine it for all patients",
    )
    running.add_argument("month", metavar="MONTH", nargs="?", help="YYYY-MM: determine it, and show how far that is")
    whose = running.add_mutually_exclusive_group()
    whose.add_argument("--patients", metavar="PATH", type=Path, help="of these alone: a file, a patient a line")
    whose.add_argument("--changed-since", metavar="RUN", help="of those alone who changed since an earlier run")
    whose.add_argument("--follow", metavar="RUN", help="watch a run that was begun before")
    whose.add_argument("--cancel", metavar="RUN", help="cancel one")
    running.add_argument("--anew", action="store_true", help="determine everybody, whatever earlier runs found")
    running.add_argument(
        "--results", metavar="PATH", type=Path, help=f"write what was found to a file, {', '.join(RESULT_FORMS)}"
    )
    _add_service(running)


def _add_service(asking: argparse.ArgumentParser) -> None:
    """Which service is asked, and with which key."""
    asking.add_argument("--url", metavar="URL", help="of the service; absent: the one `run` starts here")
    asking.add_argument("--key-file", metavar="PATH", type=Path, help="holds the API key; absent: the demo practice's")


def _add_import(commands: "Commands") -> None:
    importing = command(commands, "import", "send a file of facts, one JSON object a line, to a running service")
    importing.add_argument("file", metavar="FILE", type=Path, help="NDJSON; facts as POST /v1/facts takes them")
    _add_service(importing)
    importing.add_argument(
        "--report", metavar="PATH", type=Path,
        help="what was rejected and how far it came; it goes on from there; absent: FILE.report.ndjson",
    )  # fmt: skip
    importing.add_argument(
        "--at-once",
        metavar="N",
        type=int,
        choices=range(1, 33),
        default=1,
        help="requests on the way at a time (1); more are faster, where no fact corrects or retracts another",
    )


def _url(asked: argparse.Namespace, chosen: Settings) -> str:
    return asked.url or f"http://127.0.0.1:{chosen.port}"


def _key(asked: argparse.Namespace, chosen: Settings) -> str:
    path = asked.key_file or chosen.data_dir / "demo-key"
    try:
        return str(path.read_text().strip())
    except (OSError, UnicodeDecodeError):
        raise CannotRun(f"No key can be read from {path}. Name one: --key-file PATH.") from None


def _add_rulebook(commands: "Commands") -> None:
    kinds = command(commands, "rulebook", "read the law: show, diff, check, unread").add_subparsers(
        dest="command", required=True, metavar="WHAT"
    )
    show = command(kinds, "show", "print the law of a month, or one rule as it stands in it")
    show.add_argument("month", metavar="MONTH", nargs="?", help="YYYY-MM; absent: this month")
    show.add_argument("rule", metavar="RULE", nargs="?", help="an id such as CONS-08")
    diff = command(kinds, "diff", "print what changed between the laws of two months")
    diff.add_argument("from_month", metavar="FROM", help="YYYY-MM, the month compared with")
    diff.add_argument("to_month", metavar="TO", help="YYYY-MM, usually the later one")
    command(kinds, "check", "compile every month the rule book covers; exit 1 with the fault if one does not hold")
    unread = command(kinds, "unread", "list rules whose authority was not read, and our own conclusions")
    unread.add_argument("--all", action="store_true", help="also those known from others or from a proposed rule")


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # So that being told to end unwinds like Ctrl-C, and our Postgres is stopped with us.
    raise KeyboardInterrupt
