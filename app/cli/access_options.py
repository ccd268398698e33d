"""What is typed to make practices, keys and clients, and to end them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.access.scopes import SCOPES
from app.cli.options import command

if TYPE_CHECKING:
    from app.cli.options import Commands

MOST_DAYS: Final = 3_650
MOST_HOURS: Final = 24 * 90
_EACH: Final = "; ".join(f"{scope}: {does}" for scope, does in SCOPES.items())


def add_access(commands: "Commands") -> None:
    """Everything of `access`."""
    kinds = command(commands, "access", "make practices, API keys and SMART clients, and end them").add_subparsers(
        dest="command", required=True, metavar="WHAT"
    )
    practice = command(kinds, "create-practice", "make a practice and print its id")
    practice.add_argument("name", metavar="NAME", help='what people call it, such as "Lakeside Family Medicine"')

    key = command(kinds, "create-key", "make an API key of one source of a practice, and print it this once")
    _add_owner(key)
    _add_scopes(key, "what it may do; may be given again for more; absent: everything", needed=False)
    _add_days(key, "how long it is valid; absent: until it is revoked")

    client = command(
        kinds, "create-client", "register a SMART Backend Services client by its public keys; print its id"
    )
    _add_owner(client)
    _add_key_set(client)
    _add_scopes(client, "what its tokens may do; may be given again for more", needed=True)
    _add_days(client, "how long it is registered; absent: until it is revoked")

    keys = command(kinds, "replace-keys", "have a client sign with other keys from now on")
    keys.add_argument("client", metavar="CLIENT", help="the id that create-client printed")
    _add_key_set(keys)

    rotating = command(kinds, "rotate", "make a key that takes another's place, and print it this once")
    rotating.add_argument("key", metavar="KEY", help="the id of the key before it, as `access list` prints it")
    rotating.add_argument(
        "--overlap-hours", type=_number(0, MOST_HOURS), default=24, metavar="N",
        help="how long both are taken; 24 by default",
    )  # fmt: skip
    _add_days(rotating, "how long the new one is valid; absent: as long as the one before was made for")

    ending = command(kinds, "revoke", "end a key or a client, and all its tokens, at once")
    ending.add_argument("credential", metavar="ID", help="its id, as `access list` prints it")

    listing = command(kinds, "list", "print the practices, or the keys and clients of one; never a secret")
    listing.add_argument("practice", metavar="PRACTICE", nargs="?", help="the id of one practice")


def _add_owner(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("practice", metavar="PRACTICE", help="the id that create-practice printed")
    parser.add_argument("source", metavar="SOURCE", help="who sends with it, such as ehr or rpm-vendor")


def _add_key_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("jwks", metavar="JWKS", type=Path, help="a file with its public keys, a JWK Set")


def _add_scopes(parser: argparse.ArgumentParser, does: str, *, needed: bool) -> None:
    parser.add_argument(
        "--scope", dest="scopes", action="append", default=None if needed else [], required=needed, choices=SCOPES,
        metavar="SCOPE", help=f"{does}. {_EACH}",
    )  # fmt: skip


def _add_days(parser: argparse.ArgumentParser, does: str) -> None:
    parser.add_argument("--days", type=_number(1, MOST_DAYS), metavar="N", help=does)


class _number:  # noqa: N801 - argparse names it in its message
    """A whole number within bounds."""

    def __init__(self, least: int, most: int) -> None:
        self.bounds = range(least, most + 1)
        self.__name__ = f"whole number from {least} to {most}"

    def __call__(self, written: str) -> int:
        if (number := int(written)) not in self.bounds:
            raise ValueError
        return number
