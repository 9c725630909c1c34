"""Arguments and exit codes."""

from matrix.import_path import leave_out_current_folder

leave_out_current_folder()  # before anything else is imported

from matrix.cli.main import main  # noqa: E402

__all__ = ["main"]
