"""How a command is told: what is typed, and what its help says."""

import argparse
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it

RESULT_FORMS: Final = {
    ".ndjson": "application/x-ndjson",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
}
"""What a run found, as a file, by how its name ends."""


def command(commands: "Commands", name: str, does: str) -> argparse.ArgumentParser:
    """A command, told in its own help in the words of the list of all."""
    return commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
