"""What is typed to make proof of the ledgers, and to verify it."""

from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.options import command

if TYPE_CHECKING:
    from app.cli.options import Commands


def add_audit(commands: "Commands") -> None:
    """Everything of `audit`."""
    kinds = command(commands, "audit", "prove that the ledgers are what they were, and verify it").add_subparsers(
        dest="command", required=True, metavar="WHAT"
    )
    key = command(kinds, "key", "make the key that signs checkpoints, and print where its public half is")
    key.add_argument("path", metavar="PATH", type=Path, help="where the private key is to be; nothing may be there")

    command(kinds, "checkpoint", "make a checkpoint now, if anything was written since the last")

    exporting = command(kinds, "export", "print a practice's ledgers with all that a verifier needs, as NDJSON")
    exporting.add_argument("practice", metavar="PRACTICE", help="the id that create-practice printed")

    verifying = command(
        kinds, "verify", "find the first row that is not what checkpoints saw; exit 1 and name it if there is one"
    )
    verifying.add_argument(
        "export", metavar="EXPORT", nargs="?", type=Path, help="a file that `audit export` wrote; absent: the database"
    )
    verifying.add_argument(
        "--checkpoints", metavar="FILE", type=Path, help="the checkpoints that you hold; absent: CHECKPOINT_FILE"
    )
    verifying.add_argument(
        "--public-key", dest="public_keys", action="append", default=[], metavar="PATH", type=Path,
        help="of who signed them; may be given again for a key before it; absent: the one beside AUDIT_KEY_FILE",
    )  # fmt: skip
