"""Entry point of ``python -m geoguess_app``, the ``geoguess`` script and the packaged program."""

import multiprocessing
import sys


def main() -> None:
    """Run the program and leave with its exit status."""
    # First of all: in a packaged program a library's worker process starts here again.
    multiprocessing.freeze_support()
    from geoguess_app.cli import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
