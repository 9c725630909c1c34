"""Where the command starts: Ctrl-C ends it calmly from here on, its imports included."""

# A part of the interpreter: `signal` imports other modules first.
import _signal  # type: ignore[import-not-found]

from matrix.import_path import leave_out_current_folder

leave_out_current_folder()  # before anything else is imported


def main() -> int:
    """Run the command of this process; returns its exit code."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # ends the process, without a traceback
    from matrix.interrupts import end_at_once

    end_at_once()
    from matrix.cli import main as run_command

    return run_command()
