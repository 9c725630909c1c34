"""Compare nothing but the methods that a user needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from matrix.model import Observation, Outcome, OwnTable, Saving


def with_only(
    methods: Collection[str], saving: Saving, observation: Observation | None
) -> tuple[Saving, Observation | None]:
    """A saving and an observation of it without all other methods.

    Args:
        methods: the methods that stay, also of the environments' own tables.
        saving, observation: as recorded; None if nothing was loaded.
    """

    def kept(outputs: Mapping[str, Outcome]) -> dict[str, Outcome]:
        return {name: one for name, one in outputs.items() if name in methods}

    def own(table: OwnTable | None) -> OwnTable | None:
        return table and replace(table, outputs=kept(table.outputs))

    saving = replace(saving, outputs=kept(saving.outputs), own=own(saving.own))
    if observation is None:
        return saving, None
    outputs, repeats = kept(observation.outputs), kept(observation.repeats)
    return saving, replace(observation, outputs=outputs, repeats=repeats, own=own(observation.own))
