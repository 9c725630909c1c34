"""Divide the environments of a plan among shards, so that all take about equally long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matrix.atomic_write import write_whole
from matrix.engine.shards import readers
from matrix.errors import CannotTellError, StoreError, UsageError
from matrix.model import Environment, Shard, codec

FILE = "shares.json"
"""In the folder of ``--artifacts``: how ``plan`` has divided the environments."""


def divide(seconds: Mapping[str, float], count: int) -> tuple[tuple[str, ...], ...]:
    """Divide environments among shards: the longest first, each to the shard that has least.

    Args:
        seconds: the expected time of each environment, in the order of the configuration.
        count: the number of shards.

    Returns:
        The environments of each shard, in the order of the configuration.
    """
    totals = [0.0] * count
    owner = {}
    for name in sorted(seconds, key=lambda name: -seconds[name]):
        index = totals.index(min(totals))
        owner[name] = index
        totals[index] += seconds[name]
    return tuple(tuple(name for name in seconds if owner[name] == index) for index in range(count))


def by_position(environments: Sequence[Environment], count: int) -> tuple[tuple[str, ...], ...]:
    """Give every n-th environment to a shard."""
    return tuple(
        tuple(one.id for one in readers(environments, Shard(index=index, count=count)))
        for index in range(1, count + 1)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Division:
    """How a plan is divided among shards."""

    shares: tuple[tuple[str, ...], ...]
    """The ids of the environments of each shard."""
    measured_in: Mapping[str, str] = field(default_factory=dict)
    """The environment in which the rows of each pipeline were measured in an earlier run."""


def write_division(folder: Path, plan: str, division: Division) -> None:
    """Write a division for the shards that will read the folder.

    Raises:
        StoreError: it cannot be written.
    """
    document = {
        "plan": plan,
        "shares": [list(share) for share in division.shares],
        "measured_in": dict(division.measured_in),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / FILE, codec.encode(document).encode())
    except OSError as error:
        raise StoreError(f"{folder / FILE} cannot be written: {error}") from error


def read_division(folder: Path, plan: str, count: int) -> Division | None:
    """Read the division of a plan; None if the folder has none.

    Raises:
        CannotTellError: the file is damaged.
        UsageError: it is that of another plan, or for another number of shards.
        StoreError: it cannot be read.
    """
    file = folder / FILE
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error}") from error
    advice = f"Plan again: compat-matrix plan --json --groups {count} --artifacts {folder}"
    try:
        document: dict[str, Any] = codec.decode(text)
        shares = tuple(tuple(map(str, share)) for share in document["shares"])
        measured_in = {str(name): str(one) for name, one in document["measured_in"].items()}
        same = document["plan"] == plan
    except codec.READ_ERRORS as error:
        raise CannotTellError(f"{file} is damaged", advice=advice) from error
    if not same:
        raise UsageError(
            f"{file} is of another plan: other environments, pipelines, settings or code",
            advice=advice,
        )
    if len(shares) != count:
        raise UsageError(f"{file} divides the work into {len(shares)}, not {count}", advice=advice)
    return Division(shares=shares, measured_in=measured_in)
