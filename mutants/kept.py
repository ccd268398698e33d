"""Where a trial of mutants keeps what it knows, so that it can be interrupted."""

import os
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
KEPT: Final = PROJECT / os.environ.get("MUTANTS_KEPT", ".mutants")
DRAWN: Final = KEPT / "drawn.json"

ROOMS: Final = ("app/determination", "app/rulebook")
"""What is mutated."""
