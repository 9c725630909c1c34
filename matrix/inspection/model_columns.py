"""Read from a file the names of the columns that its model was fitted on."""

from __future__ import annotations

from matrix.inspection.arrays import Array
from matrix.inspection.stand_ins import Dict, Object, StandIn

_MOST = 100_000
_LONGEST = 1_000


def model_columns(value: StandIn) -> tuple[str, ...]:
    """The names of the columns that a model was fitted on; empty if the file does not show them.

    Args:
        value: the root object of a file.
    """
    state = _state(value)
    if state is None:
        return ()
    steps = state.get("steps")
    if isinstance(steps, list):
        first = steps[0] if steps else None
        if isinstance(first, (tuple, list)) and len(first) == 2:
            return model_columns(first[1])
        return ()
    names = state.get("feature_names_in_")
    items = names.items if isinstance(names, Array) else None
    if items is None or len(items) > _MOST:
        return ()
    texts = tuple(name for name in items if type(name) is str and len(name) <= _LONGEST)
    return texts if len(texts) == len(items) else ()


def _state(value: StandIn) -> Dict | None:
    state = value.state if isinstance(value, Object) else None
    return state if isinstance(state, Dict) else None
