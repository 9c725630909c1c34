"""Where the command starts: Ctrl-C ends it calmly from here on, its imports included."""

from matrix.import_path import leave_out_current_folder

leave_out_current_folder()  # before anything else is imported

from matrix.interrupts import end_at_once  # noqa: E402


def main() -> int:
    """Run the command of this process; returns its exit code."""
    end_at_once()
    from matrix.cli import main as run_command

    return run_command()
