"""Models whose data compiled code parses without checking it: they are loaded in a sandbox only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from matrix.catalog import Trust
from matrix.inspection.gate import native_names, trust_name
from matrix.sandbox.kinds import Sandbox, SandboxKind
from matrix.upgrade.answer import Model, Problem


def only_in_sandbox(models: Iterable[Model], trust: Trust, sandbox: Sandbox) -> list[Model]:
    """The same models; without a sandbox, those with such data have a problem.

    Args:
        models: as the gate admitted them.
        trust: names that the user lets in; these are loaded without a sandbox too.
        sandbox: where they would be loaded.
    """
    if sandbox.kind.contains:
        return list(models)
    return [_checked(model, trust, sandbox) for model in models]


def _checked(model: Model, trust: Trust, sandbox: Sandbox) -> Model:
    found = model.inspection
    if model.problem is not None or found is None:
        return model
    trusted = trust.of(found.sha256)
    native = [trust_name(name) for name in native_names(found)]
    untrusted = [name for name in native if name not in trusted]
    return replace(model, problem=_problem(untrusted, sandbox)) if untrusted else model


def _problem(native: Sequence[str], sandbox: Sandbox) -> Problem:
    options = tuple(f"--trust {name}" for name in native)
    off = sandbox.kind is SandboxKind.OFF
    first = "Leave out --sandbox off." if off else "Install bubblewrap, or use a newer Linux."
    return Problem(
        message=(
            f"not loaded: compiled code reads the data of {', '.join(native)} without checking it, "
            f"so that it is loaded in a sandbox only, and here there is none ({sandbox.kind.value})"
        ),
        advice=first,
        paste=(("If you know the origin of the file, add to this command:", " ".join(options)),),
        options=options,
    )
