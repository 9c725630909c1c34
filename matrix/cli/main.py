"""The command line: one function a command, one place where errors become exit codes."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from matrix.cli.arguments import parse
from matrix.errors import MACHINE, Exit, MatrixError


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
        return int(_command(parsed.command)(parsed))
    except MatrixError as error:
        _say(f"error: {error}")
        return int(error.exit_code)
    except KeyboardInterrupt:
        _say("interrupted: what was finished is kept, and the next run goes on from there")
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has had enough, such as `head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK)
    except OSError as error:
        if error.errno not in MACHINE:
            raise
        _say(f"error: {error}\n  What was finished is kept, and the next run goes on from there.")
        return int(Exit.CANNOT_TELL)


def _say(text: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _command(name: str) -> Callable[..., Exit]:
    """The function of a command; its module is imported only now, for `--help` to be quick."""
    command: Callable[..., Exit] = getattr(
        importlib.import_module(f"matrix.cli.commands.{name}"), name
    )
    return command


def _interrupt(_: int, __: FrameType | None) -> None:
    """A polite request to end is like Ctrl-C: children are ended, what is finished is kept."""
    raise KeyboardInterrupt
