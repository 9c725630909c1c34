"""Pairs of environments in compact form: ``1.2..1.4,1.6 > 1.5..1.9``.

Each environment before ``>`` saves, each after it loads. ``a..b`` means all from a to b in the
order of the environments.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from matrix.model import PairBlock

_PLAIN = re.compile(r"(?!.*\.\.)[A-Za-z0-9._+!-]+")


def short(environment: str) -> str:
    """The short name of an environment: its id without the common prefix."""
    return environment.removeprefix("sklearn-")


def in_order(environments: Iterable[str]) -> list[str]:
    """Ids ordered by release, each variation after the environment that it varies."""
    return sorted(set(environments), key=lambda id_: (_natural(id_), id_))


def _natural(text: str) -> list[tuple[int, str]]:
    parts = enumerate(re.split(r"(\d+)", text))
    return [(int(part), "") if odd % 2 else (0, part) for odd, part in parts]


def names(environments: Sequence[str]) -> dict[str, str]:
    """Ids by unique short names, in the given order."""
    found: dict[str, str] = {}
    for number, id_ in enumerate(environments):
        name = short(id_)
        plain = _PLAIN.fullmatch(name) and name not in found
        found[name if plain else f"env+{number}"] = id_
    return found


def blocks(pairs: Iterable[tuple[str, str]]) -> tuple[PairBlock, ...]:
    """Pairs of writer and reader as a small number of blocks, in order."""
    pairs = list(pairs)
    by_writer = [PairBlock(writers=w, readers=r) for w, r in _grouped(pairs)]
    by_reader = [PairBlock(writers=w, readers=r) for r, w in _grouped((r, w) for w, r in pairs)]
    return tuple(by_writer if len(by_writer) <= len(by_reader) else by_reader)


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Those that go with the same others, together."""
    others: dict[str, set[str]] = {}
    for one, other in pairs:
        others.setdefault(one, set()).add(other)
    alike: dict[tuple[str, ...], list[str]] = {}
    for one in in_order(others):
        alike.setdefault(tuple(in_order(others[one])), []).append(one)
    return [(tuple(ones), together) for together, ones in alike.items()]


def written(found: Iterable[PairBlock], environments: Mapping[str, str]) -> str:
    """Blocks as text.

    Args:
        found: the blocks.
        environments: id by name, in order.
    """
    order = list(environments)
    position = {id_: number for number, id_ in enumerate(environments.values())}
    return "; ".join(
        f"{_ranges(block.writers, order, position)} > {_ranges(block.readers, order, position)}"
        for block in found
    )


def _ranges(ids: Collection[str], order: Sequence[str], position: Mapping[str, int]) -> str:
    numbers = sorted(position[id_] for id_ in ids)
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ",".join(
        order[part[0]] if len(part) == 1 else f"{order[part[0]]}..{order[part[-1]]}"
        for part in parts
    )


def read(text: str, environments: Mapping[str, str]) -> list[tuple[str, str]]:
    """The pairs that a text names; the inverse of :func:`written`.

    Raises:
        ValueError: it names none, or an unknown environment.
    """
    pairs = []
    for block in text.split(";"):
        writers, arrow, readers = block.partition(">")
        if not arrow:
            raise ValueError(f"{block.strip()!r} is not a pair: write WRITERS > READERS")
        loaded = _ids(readers, environments)
        pairs += [(one, other) for one in _ids(writers, environments) for other in loaded]
    return pairs


def _ids(text: str, environments: Mapping[str, str]) -> list[str]:
    order = list(environments)
    found = []
    for part in text.split(","):
        first, dots, last = part.strip().partition("..")
        for name in (first, last) if dots else (first,):
            if name not in environments:
                raise ValueError(f"there is no environment {name!r} in `environments`")
        start, end = order.index(first), order.index(last if dots else first)
        if end < start:
            raise ValueError(f"{part.strip()!r} is in reverse order")
        found += [environments[name] for name in order[start : end + 1]]
    return found
