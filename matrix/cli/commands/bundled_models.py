"""What to do with a model that is held in something else, which ``migrate`` does not convert."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from matrix.errors import UsageError
from matrix.upgrade.answer import Model

_STEPS = ("key", "index", "attribute")


def refuse_bundle(models: Sequence[Model], target: str) -> None:
    """Refuse a file that holds its models in something else, such as a dictionary.

    Args:
        models: those in the file.
        target: the requirement that ``--to`` names.

    Raises:
        UsageError: the object in the file is no model; the advice has the lines to run.
    """
    parts = [model for model in models if model.part and model.part[0][0] in _STEPS]
    if parts:
        raise UsageError(
            f"migrate converts a file whose object is a model, and {parts[0].path} holds it in "
            f"something else; the first model in it is {parts[0].id.rpartition(' → ')[2]}",
            advice="\n".join(_lines(parts[0], target)),
        )


def _lines(model: Model, target: str) -> list[str]:
    path, inside = model.path, "".join(map(_step, model.part))
    alone = f"{path.stem}-model{path.suffix}"
    take = f"import joblib; joblib.dump(joblib.load({_text(str(path))}){inside}, {_text(alone)})"
    to, file, new = map(shlex.quote, (target, alone, f"new-{alone}"))
    lines = [
        "Take the model out where it was saved, convert it, and put it back in the target:",
        f"  python -c {shlex.quote(take)}",
        f"  compat-matrix migrate {file} --to {to} --output {new}",
    ]
    if _can_be_set(model):
        held, made = (f"joblib.load({_text(one)})" for one in (str(path), f"new-{alone}"))
        put = f"import joblib; held = {held}; held{inside} = {made}; "
        put += f"joblib.dump(held, {_text(f'new-{path.name}')})"
        lines.append(f"  python -c {shlex.quote(put)}")
    return lines


def _step(step: tuple[str, object]) -> str:
    """A step to a part of a file, as Python writes it."""
    kind, name = step
    return f".{name}" if kind == "attribute" else f"[{_text(name)}]"


def _text(value: object) -> str:
    """A text or number as Python writes it, in quotes that need no others in a shell."""
    return json.dumps(value)


def _can_be_set(model: Model) -> bool:
    """Whether another model can be put in the place of this one: it is certainly in no tuple."""
    if all(kind != "index" for kind, _ in model.part):
        return True
    inspection = model.inspection
    return len(model.part) == 1 and inspection is not None and inspection.bundle.of == "list"
