"""Completion of the command line in shells, by argcomplete, which nox depends on.

The shell calls the program itself for each completion, so that options are always those of the
installed version.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

PROGRAMS = ("compat-matrix", "sklearn-compat-matrix")
SHELLS = ("bash", "zsh", "fish", "powershell")


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that wants completions, and exit; do nothing otherwise."""
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)


class PrintCompletion(argparse.Action):
    """Shows what a shell evaluates to complete the command line, and exits."""

    def __init__(self, option_strings: list[str], dest: str, **options: Any) -> None:
        options["help"] = (
            "print the completion for a shell, and exit: "
            'eval "$(compat-matrix --print-completion bash)"'
        )
        super().__init__(option_strings, argparse.SUPPRESS, choices=SHELLS, **options)

    def __call__(self, parser: argparse.ArgumentParser, _: object, shell: Any, *__: object) -> None:
        from argcomplete.shell_integration import shellcode

        print(shellcode(PROGRAMS, shell=str(shell)))  # noqa: T201
        parser.exit()
