"""What files cost, put together from the shards of a run."""

from __future__ import annotations

from matrix.model import FormatCost
from matrix.model.format_costs import merged


def cost(name: str, save: float, load: float | None, size: int = 9) -> FormatCost:
    return FormatCost(
        pipeline=name, format="joblib", size=size, save_seconds=save, load_seconds=load
    )


def test_the_quickest_save_and_load_of_all_shards_count() -> None:
    shards = [cost("b", 3.0, None), cost("a", 1.0, 5.0), cost("a", 2.0, 4.0), cost("b", 4.0, 6.0)]
    assert merged(shards) == (cost("a", 1.0, 4.0), cost("b", 3.0, 6.0))
    assert merged([]) == ()
