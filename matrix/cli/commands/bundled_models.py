"""What to do with a model that is held in something else, where ``migrate`` does not convert it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from matrix.remedies.fixes import in_python, is_one_model
from matrix.shell_words import quoted_path
from matrix.upgrade.answer import Model


def lines_of(models: Sequence[Model], target: str) -> list[str]:
    """How to convert the first model in a file that holds it in something else.

    Args:
        models: those in the file.
        target: the requirement that ``--to`` names.

    Returns:
        A sentence and lines to paste; empty if the object in the file is a model.
    """
    first = _first_held(models)
    return [] if first is None else _lines(first, target)


def _first_held(models: Sequence[Model]) -> Model | None:
    return next((model for model in models if model.part and is_one_model(model.part)), None)


def _lines(model: Model, target: str) -> list[str]:
    name = model.id.rpartition(" → ")[2]
    path, inside = model.path, in_python(model.part or ())
    alone = f"{path.stem}-model{path.suffix}"
    take = f"import joblib; joblib.dump(joblib.load({_text(str(path))}){inside}, {_text(alone)})"
    to, file, new = map(quoted_path, (target, alone, f"new-{alone}"))
    lines = [
        f"{name} may convert alone: take it out where it was saved, put it back in the target:",
        f"  python -c {shlex.quote(take)}",
        f"  compat-matrix migrate {file} --to {to} --output {new}",
    ]
    if _can_be_set(model):
        held, made = (f"joblib.load({_text(one)})" for one in (str(path), f"new-{alone}"))
        put = f"import joblib; held = {held}; held{inside} = {made}; "
        put += f"joblib.dump(held, {_text(f'new-{path.name}')})"
        lines.append(f"  python -c {shlex.quote(put)}")
    return lines


def _text(value: object) -> str:
    """A text or number as Python writes it, in quotes that need no others in a shell."""
    return json.dumps(value)


def _can_be_set(model: Model) -> bool:
    """Whether another model can be put in the place of this one: it is certainly in no tuple."""
    if all(kind != "index" for kind, _ in model.part):
        return True
    inspection = model.inspection
    return len(model.part) == 1 and inspection is not None and inspection.bundle.of == "list"
