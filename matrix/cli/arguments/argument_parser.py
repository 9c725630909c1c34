"""The parser of argparse, with messages that say what was meant, and help with examples."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from typing import Any, NoReturn

from matrix.errors import UsageError


class ArgumentParser(argparse.ArgumentParser):
    """A parser whose mistakes are of :class:`UsageError`.

    Args:
        examples: whole command lines, shown at the end of the help.
        options: as of argparse.
    """

    def __init__(self, *, examples: Sequence[str] = (), **options: Any) -> None:
        options["formatter_class"] = argparse.RawDescriptionHelpFormatter
        if examples:
            options["epilog"] = "\n".join(["examples:", *(f"  {one}" for one in examples)])
        super().__init__(**options)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, advice=f"See `{self.prog} --help`.")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        names = list(map(str, action.choices))
        if isinstance(action, argparse._SubParsersAction):
            raise self._unknown(f"{str(value)!r} is not a command", str(value), names)
        option = "/".join(action.option_strings) or str(action.metavar or action.dest)
        problem = f"{option}: {str(value)!r} is not one of {', '.join(names)}"
        raise self._unknown(problem, str(value), names)

    def refuse(self, arguments: Sequence[str]) -> None:
        """Refuse arguments that no option and no position takes; does nothing without any.

        Raises:
            UsageError: there are some; the advice names the option that was probably meant.
        """
        options = [one.partition("=")[0] for one in arguments if one.startswith("-")]
        if options:
            known = [name for action in self._actions for name in action.option_strings]
            raise self._unknown(f"{self.prog} has no option {options[0]}", options[0], known)
        if arguments:
            self.error(f"unrecognized arguments: {' '.join(arguments)}")

    def _unknown(self, problem: str, given: str, known: Sequence[str]) -> UsageError:
        names = {name.lstrip("-"): name for name in known}  # all options begin alike
        close = difflib.get_close_matches(given.lstrip("-"), list(names), n=1)
        meant = f"Did you mean {names[close[0]]}? " if close else ""
        return UsageError(problem, advice=f"{meant}See `{self.prog} --help`.")
