"""The command line as a module: ``compat-matrix`` and the sessions of nox run it."""

import sys

from matrix.cli import main

if __name__ == "__main__":
    sys.exit(main())
