"""Inert stand-ins for the objects that a pickle creates.

Nothing is hashed, compared or called on behalf of a file, so dictionaries and sets are stored as
lists. None, booleans, numbers, strings, bytes, lists and tuples represent themselves.
"""

from __future__ import annotations

from typing import Any

from matrix.frameworks import Excerpt

StandIn = Any
"""A stand-in, or a plain value that represents itself."""


class Global:
    """A class or function that would be looked up."""

    __slots__ = ("module", "qualname", "restricted")

    def __init__(self, module: str, qualname: str, *, restricted: bool = False) -> None:
        self.module = module
        self.qualname = qualname
        self.restricted = restricted
        """Whether :mod:`matrix.inspection.exact_calls` decides about its use."""

    @property
    def pair(self) -> tuple[str, str]:
        """The module and the name in it."""
        return self.module, self.qualname


class Object:
    """The result of calling a class or function with some arguments."""

    __slots__ = ("args", "by_class", "items", "kwargs", "maker", "pairs", "shared", "state")

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
        """True: an instance of ``maker``; False: whatever calling ``maker`` returns."""
        self.state: StandIn = None
        self.items: list[StandIn] = []
        self.pairs: Dict | None = None
        self.shared = False
        """Whether the file got it a second time, from the memo or as a duplicate."""

    def build(self, state: StandIn) -> None:
        """Set or update the state, as ``__setstate__`` does by default."""
        if isinstance(self.state, Dict) and isinstance(state, Dict):
            self.state = Dict([*self.state.flat, *state.flat])
        else:
            self.state = state


class Dict:
    """A dictionary as a flat list of keys and values; the last of equal keys counts."""

    __slots__ = ("flat", "frozen", "shared")

    def __init__(self, flat: list[StandIn]) -> None:
        self.flat = flat
        self.frozen = False
        """Whether no item may be set any more, because it has decided how the file is read."""
        self.shared = False
        """Whether the file got it a second time, from the memo or as a duplicate."""

    def __len__(self) -> int:
        return len(self.flat) // 2

    def pairs(self) -> zip[tuple[StandIn, StandIn]]:
        """Keys and values, in order."""
        return zip(self.flat[::2], self.flat[1::2], strict=True)

    def plain(self) -> dict[str, StandIn] | None:
        """All items; None unless each key is a string of the file itself, and occurs once.

        A key that a call returns may be any string when the file is loaded.
        """
        found = self.texts()
        return found if len(found) == len(self) else None

    def texts(self) -> dict[str, StandIn]:
        """The items whose keys are strings."""
        return {key: value for key, value in self.pairs() if type(key) is str}

    def get(self, name: str) -> StandIn:
        """The value of a string key, or None."""
        flat = self.flat
        for index in range(len(flat) - 2, -1, -2):
            if type(flat[index]) is str and flat[index] == name:
                return flat[index + 1]
        return None


class Set:
    """A set or frozenset."""

    __slots__ = ("frozen", "items")

    def __init__(self, items: list[StandIn], *, frozen: bool = False) -> None:
        self.items = items
        self.frozen = frozen


class Blob:
    """A string or bytes that were too long to keep, or a ``bytearray``."""

    __slots__ = ("data", "excerpt", "kind", "size")

    def __init__(
        self, kind: str, size: int, data: bytes | None = None, excerpt: Excerpt | None = None
    ) -> None:
        self.kind = kind
        """``str``, ``bytes`` or ``bytearray``."""
        self.size = size
        """Bytes in the file."""
        self.data = data
        """The value; None if it was not kept."""
        self.excerpt = excerpt
        """Its two ends, if it was not kept and they are known."""


def excerpt_of(value: StandIn) -> Excerpt | None:
    """The two ends of a text or of bytes, also of a ``bytearray``; None for anything else."""
    if isinstance(value, Object) and isinstance(value.maker, Global) and value.args:
        if value.maker.pair != ("builtins", "bytearray"):
            return None
        value = value.args[0]
    if type(value) is str:
        value = value.encode("utf-8", "surrogatepass")
    if isinstance(value, Blob):
        return value.excerpt if value.data is None else Excerpt(head=value.data, tail=value.data)
    return Excerpt(head=value, tail=value) if type(value) is bytes else None


class Outside:
    """An object outside the file that the file refers to."""

    __slots__ = ("what",)

    def __init__(self, what: str) -> None:
        self.what = what
