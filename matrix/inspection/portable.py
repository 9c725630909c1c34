"""What a model shows that was converted to be run without the library that trained it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TypeVar

Entry = TypeVar("Entry")


@dataclass(frozen=True, kw_only=True, slots=True)
class PortableModel:
    """A model in ONNX or PMML; all texts in it are cut to a short length."""

    producer: str = ""
    """The program that wrote it, such as ``skl2onnx``; empty if the file does not say."""
    producer_version: str = ""
    version: str = ""
    """Of the format: the IR version of ONNX, or the version of PMML."""
    opsets: Mapping[str, int] = field(default_factory=dict)
    """By domain, the version of the operators; a runtime may refuse it, or the IR version."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """By name, the type and shape: ``float (?, 4)``."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    operators: Mapping[str, int] = field(default_factory=dict)
    """By name, how often each is used."""
    external: tuple[str, ...] = ()
    """Files that a runtime reads numbers of the model from."""
    left_out: int = 0
    """Number of inputs, outputs, operators and files beyond those listed."""

    @property
    def is_one_table(self) -> bool:
        """Whether it takes all columns in one input, so that it does not name them."""
        return len(self.inputs) == 1 and not next(iter(self.inputs.values())).endswith(", 1)")


def keep(into: MutableMapping[str, Entry], name: str, value: Entry, most: int) -> bool:
    """Add an entry, unless there are so many already.

    Returns:
        False if it was left out.
    """
    if name not in into and len(into) >= most:
        return False
    into[name] = value
    return True
