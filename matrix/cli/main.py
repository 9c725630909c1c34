"""The command line: one function a command, one place where errors become exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence

from matrix import interrupts
from matrix.cli.arguments import parse
from matrix.errors import MACHINE, Exit, MatrixError
from matrix.safe_text import guarded_output, plain_lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: as typed, without the program's name; None takes them from the process.

    Returns:
        An exit code of :class:`matrix.errors.Exit`.
    """
    with guarded_output():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        parsed = parse(sys.argv[1:] if arguments is None else arguments)
        command = _command(parsed.command)
        with interrupts.raised():
            return _with_advice(int(command(parsed)))
    except MatrixError as error:
        _say(f"error: {error}")
        return int(error.exit_code)
    except KeyboardInterrupt:
        _say("interrupted: finished work is kept, and the next run continues from there")
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has stopped, such as `head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK)
    except OSError as error:
        if error.errno not in MACHINE:
            raise
        _say(f"error: {error}\n  Finished work is kept, and the next run continues from there.")
        return int(Exit.CANNOT_TELL)


def _with_advice(code: int) -> int:
    """The exit code; where it is not 0, a word on how to run the lines of an answer here."""
    if code:
        from matrix.cli import temporary_install  # needed at the end, and seldom

        if advice := temporary_install.advice_here():
            _say(advice)
    return code


def _say(text: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    shown = plain_lines(text)
    sys.stderr.write(shown.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _command(name: str) -> Callable[..., Exit]:
    """The function of a command; its module is imported only here, so that `--help` is quick."""
    command: Callable[..., Exit] = getattr(
        importlib.import_module(f"matrix.cli.commands.{name}"), name
    )
    return command
