"""Inert stand-ins for what a pickle makes: they hold what was said, and do nothing.

Nothing here is hashed, compared or called on behalf of a file; that is why dictionaries and sets
are lists. ``None``, booleans, numbers, strings, bytes, lists and tuples stand for themselves.
"""

from __future__ import annotations

from typing import Any

StandIn = Any
"""A stand-in, or a plain value that stands for itself."""


class Global:
    """A class or function that would be looked up."""

    __slots__ = ("module", "qualname")

    def __init__(self, module: str, qualname: str) -> None:
        self.module = module
        self.qualname = qualname

    @property
    def pair(self) -> tuple[str, str]:
        """The module and the name in it."""
        return self.module, self.qualname


class Object:
    """What a class or function would make of some arguments."""

    __slots__ = ("args", "by_class", "items", "kwargs", "maker", "pairs", "state")

    def __init__(
        self,
        maker: StandIn,
        args: tuple[StandIn, ...],
        kwargs: Dict | None = None,
        *,
        by_class: bool,
    ) -> None:
        self.maker = maker
        self.args = args
        self.kwargs = kwargs
        self.by_class = by_class
        """Whether it is an instance of ``maker`` for sure, rather than what a call returned."""
        self.state: StandIn = None
        self.items: list[StandIn] = []
        self.pairs: Dict | None = None

    def build(self, state: StandIn) -> None:
        """Take a state, as ``__setstate__`` would."""
        if isinstance(self.state, Dict) and isinstance(state, Dict):
            self.state = Dict([*self.state.flat, *state.flat])
        else:
            self.state = state


class Dict:
    """A dictionary, as keys and values in turn; of equal keys the last counts."""

    __slots__ = ("flat",)

    def __init__(self, flat: list[StandIn]) -> None:
        self.flat = flat

    def __len__(self) -> int:
        return len(self.flat) // 2

    def pairs(self) -> zip[tuple[StandIn, StandIn]]:
        """Keys and values, in order."""
        return zip(self.flat[::2], self.flat[1::2], strict=True)

    def texts(self) -> dict[str, StandIn]:
        """What stands under keys that are strings."""
        return {key: value for key, value in self.pairs() if type(key) is str}

    def get(self, name: str) -> StandIn:
        """What stands under a string, or None."""
        flat = self.flat
        for index in range(len(flat) - 2, -1, -2):
            if type(flat[index]) is str and flat[index] == name:
                return flat[index + 1]
        return None


class Set:
    """A set or a frozen one."""

    __slots__ = ("frozen", "items")

    def __init__(self, items: list[StandIn], *, frozen: bool = False) -> None:
        self.items = items
        self.frozen = frozen


class Blob:
    """Text or bytes that were too long to keep, or a ``bytearray``."""

    __slots__ = ("data", "kind", "size")

    def __init__(self, kind: str, size: int, data: bytes | None = None) -> None:
        self.kind = kind
        """``str``, ``bytes`` or ``bytearray``."""
        self.size = size
        """In bytes of the file."""
        self.data = data
        """All of it, or None."""


class Outside:
    """Something that the file only refers to: it lies elsewhere."""

    __slots__ = ("what",)

    def __init__(self, what: str) -> None:
        self.what = what
