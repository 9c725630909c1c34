"""The command line: one function a command, one place where errors become exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from matrix.cli.arguments import Arguments, parse
from matrix.cli.commands import report, run
from matrix.errors import Exit, MatrixError

_COMMANDS: dict[str, Callable[[Arguments], Exit]] = {"run": run.run, "report": report.report}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: as typed, without the program's name; None takes them from the process.

    Returns:
        An exit code of :class:`matrix.errors.Exit`.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        parsed = parse(sys.argv[1:] if arguments is None else arguments)
        return int(_COMMANDS[parsed.command](parsed))
    except MatrixError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print(
            "interrupted: what was finished is kept, and the next run goes on from there",
            file=sys.stderr,
        )
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has had enough, such as `head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK)


def _interrupt(_: int, __: FrameType | None) -> None:
    """A polite request to end is like Ctrl-C: children are ended, what is finished is kept."""
    raise KeyboardInterrupt
