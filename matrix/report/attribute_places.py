"""Where in a model the objects are that an advice sets attributes of, as Python expressions.

The advice of a known cause says ``model.transform_input = None``, as if the model were that
Pipeline. In a search over pipelines they are parts of it, and each of them needs the attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from matrix.causes import KnownCause
from matrix.inspection.result import ModelNode
from matrix.model import Cell

_MOST = 8
"""Places that are written down; where there are more, ``migrate`` sets them."""
_LACKS = re.compile(r"'(\w+)' object has no attribute")
_NOT_FITTED = re.compile(r"This (\w+) instance is not fitted")
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z]\w*)\.[\w.]+(, (?P=name)\.\w+)* = ")
_STEPS = {"Pipeline"}
_NAMED = {"ColumnTransformer": "named_transformers_", "VotingClassifier": "named_estimators_"}
_FITTED = re.compile(r"(best_)?(\w+?)_")


def is_assignment(code: str) -> bool:
    """Whether a line of Python sets attributes of one object."""
    return _ASSIGNMENT.match(code) is not None


def in_places(code: str, root: ModelNode, cell: Cell, cause: KnownCause) -> str:
    """Return an assignment of an advice for all objects in the model that it is about.

    Args:
        code: such as ``model.transform_input = None``.
        root: the model, as its file shows it.
        cell: with the message that names the class, if there is one.
        cause: the known cause of the cell.

    Returns:
        ``for part in (model.estimator, model.best_estimator_): part.transform_input = None``. The
        line as it is if the model itself is the only such object, or none is found. Empty if there
        are too many.
    """
    found = _ASSIGNMENT.match(code)
    if found is None:
        return code
    classes = _classes(cell, cause)
    places = list(dict.fromkeys(_places(root, "model", classes)))
    if not places:
        return code
    if len(places) > _MOST:
        return ""
    if len(places) == 1 and not places[0].startswith("*"):
        return _renamed(code, found["name"], places[0])
    objects = ", ".join(places) + "," * (len(places) == 1)
    return f"for part in ({objects}): {_renamed(code, found['name'], 'part')}"


def _renamed(code: str, name: str, expression: str) -> str:
    return re.sub(rf"\b{name}\b(?=\.)", lambda _: expression, code)


def _classes(cell: Cell, cause: KnownCause) -> set[str]:
    """The names of the classes that an advice is about."""
    texts = [output.note for output in cell.outputs.values()]
    texts += [] if cell.exception is None else [cell.exception.message]
    named = {name for one in (_LACKS, _NOT_FITTED) for text in texts for name in one.findall(text)}
    patterns = [one.message for one in cause.signatures if one.message is not None]
    lacking = {
        name
        for text in texts
        if any(pattern.search(text) for pattern in patterns)
        for one in (_LACKS, _NOT_FITTED)
        for name in one.findall(text)
    }
    return lacking or {name for one in cause.signatures for name in one.estimators} or named


def _places(node: ModelNode, here: str, classes: set[str]) -> Iterator[str]:
    """Yield the expressions of a node and all nodes below it that have one of the classes."""
    if node.kind.rpartition(".")[2] in classes:
        yield here
    if here.startswith("*"):
        return  # parts of each of many objects have no short expression
    for child in node.children:
        for place in _expressions(node, child, here):
            yield from _places(child, place, classes)


def _expressions(parent: ModelNode, child: ModelNode, here: str) -> Sequence[str]:
    """The expressions of a child: where it is fitted from a prototype, that of the prototype too.

    A list of many objects gets a star; an object without a known expression gets none.
    """
    kind = parent.kind.rpartition(".")[2]
    if child.count > 1:
        flat = ".ravel()" if kind.startswith("GradientBoosting") else ""
        return (f"*{here}.{child.name}{flat}",) if child.name.isidentifier() else ()
    if kind in _STEPS:
        return (f'{here}["{child.name}"]',)
    if kind in _NAMED:
        return (f'{here}.{_NAMED[kind]}["{child.name}"]',)
    if not re.fullmatch(r"[A-Za-z_]\w*(\[\d+\])?", child.name):
        return ()
    own = f"{here}.{child.name}"
    fitted = _FITTED.fullmatch(child.name)
    if fitted is not None and parent.params.get(fitted[2]) == child.kind.rpartition(".")[2]:
        return (f"{here}.{fitted[2]}", own)
    return (own,)
