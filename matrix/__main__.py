"""The command line as a module: the sessions of nox run it."""

from matrix.import_path import leave_out_current_folder

leave_out_current_folder(is_module=True)  # before anything else is imported

import sys  # noqa: E402

from matrix.entry_point import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
