"""Models that were altered at random, repeatably."""

from __future__ import annotations

import random
from collections.abc import Iterator


def mutants(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """So many altered copies: bits flipped, bytes replaced, cut out, doubled, cut off, swapped."""
    for number in range(count):
        yield _altered(data, random.Random(f"{seed} {number}"))


def _altered(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 5, 20))):
        place = chance.randrange(len(found))
        size = min(chance.choice((1, 1, 2, 4, 8, 64)), len(found) - place)
        kind = chance.randrange(6)
        if kind == 0:
            found[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            found[place] = chance.randrange(256)
        elif kind == 2:
            del found[place : place + size]
        elif kind == 3:
            found[place:place] = found[place : place + size]
        elif kind == 4:
            other = chance.randrange(len(found))
            found[place], found[other] = found[other], found[place]
        else:
            del found[max(place, 1) :]
        if len(found) < 2:
            break
    return bytes(found)
