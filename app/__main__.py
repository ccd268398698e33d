"""`python -m app`."""

import sys

try:
    from app.cli.commands import main

    sys.exit(main())
except KeyboardInterrupt:
    sys.exit("Stopped.")  # Ctrl-C while the program was still being loaded
