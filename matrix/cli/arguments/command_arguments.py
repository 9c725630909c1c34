"""The base of every command's arguments."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from typing import ClassVar, TypeVar

_Arguments = TypeVar("_Arguments", bound="CommandArguments")


@dataclass(frozen=True, kw_only=True)
class CommandArguments:
    """The arguments of one command, read from the command line.

    A subclass declares one field per argument and adds these arguments to a parser; the names of
    the fields are the ``dest`` of the arguments.
    """

    command: ClassVar[str]
    """The name of the command; its function and the module of its function have the same name."""
    summary: ClassVar[str]
    """What the command does, for ``--help``."""
    examples: ClassVar[tuple[str, ...]]
    """What follows the name of the command in command lines that help and documentation show."""

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        """Add the arguments of the command to its parser."""
        raise NotImplementedError

    @classmethod
    def of(cls: type[_Arguments], parsed: argparse.Namespace) -> _Arguments:
        """The arguments that argparse has read; lists become tuples."""
        values = {field.name: getattr(parsed, field.name) for field in fields(cls)}
        return cls(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in values.items()
            }
        )
