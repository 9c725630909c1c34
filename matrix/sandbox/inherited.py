"""What the children of this process would share with each other, beside its memory as it is now.

A fork copies memory, except for mappings that are shared on purpose, and what stands behind open
descriptors. One child could leave something there for the next. Threads are not copied at all: what
they held stays locked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator


def shared(own: frozenset[int]) -> str:
    """Why no children may be forked; empty if they would share nothing.

    Args:
        own: descriptors that each child closes or replaces.
    """
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208 — may run on Python 3.7
        return "an import started threads"
    left = sorted(descriptors() - own)
    if left:
        return f"an import left descriptors open: {left}"
    mapping = next(_shared_mappings(), "")
    return f"an import shares memory with all processes that are forked: {mapping}" * bool(mapping)


def descriptors() -> frozenset[int]:
    """The open descriptors of this process."""
    found = set()
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        try:
            os.fstat(int(name))
        except OSError:  # that of the folder that was listed
            continue
        found.add(int(name))
    return frozenset(found)


def _shared_mappings() -> Iterator[str]:
    """The lines of shared mappings that can be written to."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as lines:  # noqa: PTH123
        for line in lines:
            access = line.split()[1]
            if access[1] == "w" and access[3] == "s":
                yield line.strip()
