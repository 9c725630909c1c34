"""A plan as JSON, to distribute its parts to machines; ``docs/ci.md`` documents the fields."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TextIO

from matrix.engine.plan import EnvironmentWork, Plan, Work
from matrix.model import Shard
from matrix.safe_text import without_commands

SCHEMA_VERSION = 1


def write_plan(plan: Plan, stream: TextIO, shares: Sequence[Sequence[str]]) -> None:
    """Write a plan as one line of JSON.

    Args:
        plan: what a run would do.
        stream: where to write.
        shares: the ids of the environments of each shard.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "plan": plan.digest,
        "seconds": None if plan.seconds is None else round(plan.seconds, 1),
        "environments": [_share(share) for share in plan.shares],
        "groups": [
            {"shard": str(Shard(index=index, count=len(shares))), "readers": list(share)}
            for index, share in enumerate(shares, 1)
        ],
    }
    stream.write(without_commands(json.dumps(document)) + "\n")


def _share(share: EnvironmentWork) -> dict[str, Any]:
    one = share.environment
    status = "to-build" if share.build else "ready" if one.ready else "unavailable"
    return {
        "id": one.id,
        "label": one.spec.label,
        "status": status,
        "reason": one.reason,
        "saves": _work(share.saves),
        "loads": _work(share.loads),
    }


def _work(work: Work) -> dict[str, int]:
    return {"due": work.due, "kept": work.kept}
