"""Compare the state in a file with the parameters and attributes that the reader's classes use."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

from matrix.diagnosis.trace_data import (
    Attribute,
    Holder,
    Missing,
    NamePath,
    Orphan,
    StateChange,
    Trace,
    TracedClass,
    TracedPart,
)
from matrix.model import Failure

_RENAMED = re.compile(r"\bbase_estimator")
"""The name of ``estimator`` before scikit-learn 1.2."""


def changed_states(writer: Trace, reader: Trace) -> Iterator[StateChange]:
    """Attributes of one file that differ between the writer and the reader."""
    known = {part.path: part for part in writer.parts}
    for part in reader.parts:
        before = known.get(part.path)
        if before is not None and _same_class(before.kind, part.kind):
            yield from _changes(part, before, part, _kind(reader, part), _differ)


def native_differences(
    file: Trace, native: Trace, reader: Trace, where: NamePath | None
) -> Iterator[StateChange]:
    """Differences between the file and the same pipeline trained in the reader.

    Args:
        file: trace of the file.
        native: trace of the pipeline trained in the reader.
        reader: trace in the reader, for its classes.
        where: path of the estimator that diverges; there, differing ranges of numbers count too.
    """
    known = {_plain_path(part.path): part for part in native.parts}
    for part in file.parts:
        made = known.get(_plain_path(part.path))
        if made is None or not _same_class(part.kind, made.kind):
            continue
        kind = reader.kinds.get(made.kind) or native.kinds.get(made.kind) or _UNKNOWN
        differ = _differ_in_size if part.path == where else _differ_in_kind
        yield from _changes(part, part, made, kind, differ)
        yield from _changed_parameters(part, made, kind)


def _changed_parameters(
    part: TracedPart, made: TracedPart, kind: TracedClass
) -> Iterator[StateChange]:
    """Parameters with another value, because a default or the pipeline's code differs."""
    for name in kind.parameters:
        one, other = part.attributes.get(name), made.attributes.get(name)
        if one is None or other is None or not (one.shown and other.shown):
            continue
        if one.shape is None and one.shown != other.shown:
            yield StateChange(
                path=part.path, kind=part.kind, name=name, before=one, after=other, read=True
            )


def orphans(writer: Trace, reader: Trace, file: Trace) -> Iterator[Orphan]:
    """Parameters that the file has and the reader's classes do not."""
    for part in file.parts:
        here = _class_of(reader, part)
        if here is None:
            continue
        before = _class_of(writer, part)
        for name, attribute in part.attributes.items():
            if name in here.parameters or before is None or name not in before.parameters:
                continue
            if name in here.uses | here.asks:
                continue  # the code still reads it
            value = attribute.shown or f"{attribute.type.rpartition('.')[2]}(…)"
            yield Orphan(
                path=part.path,
                kind=part.kind,
                name=name,
                value=value,
                by_default=value == before.parameters[name],
            )


def missing(writer: Trace, reader: Trace, file: Trace, native: Trace | None) -> Iterator[Missing]:
    """Parameters and attributes that the reader's classes have or read, and the file lacks.

    Attributes that the writer's code reads too, or that the native model lacks too, are left out.
    Without a native model, an attribute that the code reads only if it exists counts if it is the
    only one and the file has exactly one attribute that is no longer read: it was renamed.
    """
    had = {_plain_path(part.path): part for part in native.parts} if native is not None else {}
    for part in file.parts:
        here = _class_of(reader, part)
        if here is None:
            continue
        before = _class_of(writer, part) or _UNKNOWN
        made = had.get(_plain_path(part.path))
        for name, default in here.parameters.items():
            if name not in part.attributes and name not in before.parameters:
                yield Missing(
                    path=part.path,
                    kind=part.kind,
                    name=name,
                    parameter=True,
                    default=default,
                    needed=name in here.uses,
                )
        lacking = [
            name
            for name in sorted((here.uses | here.asks) - here.parameters.keys())
            if name not in part.attributes.keys() | before.uses | before.asks
            and (made is None or name in made.attributes)
        ]
        renamed = len(lacking) == len(_unread(part, here, before)) == 1
        for name in lacking:
            needed = name in here.uses
            if needed or made is not None or renamed:  # else it may be optional
                yield Missing(
                    path=part.path, kind=part.kind, name=name, parameter=False, needed=needed
                )


def unread(writer: Trace, reader: Trace, file: Trace) -> Iterator[StateChange]:
    """Attributes in the file that the writer's code reads and the reader's code does not."""
    for part in file.parts:
        here, before = _class_of(reader, part), _class_of(writer, part)
        if here is None or before is None or not here.uses | here.asks:
            continue
        for name in _unread(part, here, before):
            yield StateChange(
                path=part.path,
                kind=part.kind,
                name=name,
                before=part.attributes[name],
                after=None,
            )


def _unread(part: TracedPart, here: TracedClass, before: TracedClass) -> list[str]:
    """Names of a part's attributes that its class reads in the writer and not in the reader."""
    read = (before.uses | before.asks) & part.attributes.keys()
    return sorted(read - here.uses - here.asks - before.parameters.keys())


def holders(writer: Trace, failure: Failure) -> Iterator[Holder]:
    """Places in the file, as loaded by the writer, of the names in a load failure."""
    named = _names(failure)
    for part in writer.parts:
        if _is_named(part.kind, named):
            yield Holder(path=part.path, kind=part.kind, name="", type=part.kind)
        for name, attribute in part.attributes.items():
            if _is_named(attribute.type, named):
                yield Holder(path=part.path, kind=part.kind, name=name, type=attribute.type)


_UNKNOWN = TracedClass(parameters={})


def _names(failure: Failure) -> frozenset[str]:
    """Dotted names in the message of a load failure and in its last frame of compiled code."""
    frames = re.findall(r'\.pyx", line \d+, in ([\w.]+)', failure.traceback)
    said = re.findall(r"[\"'<]?\b([A-Za-z_]\w*(?:\.\w+)+)", failure.message)
    simple = re.findall(r"(?:attribute|import name) '(?:__pyx_unpickle_)?(\w+)'", failure.message)
    called = [frame.rpartition(".")[0] for frame in frames[-1:]]
    return frozenset({*said, *simple, *called} - {""})


def _is_named(kind: str, named: frozenset[str]) -> bool:
    module, _, name = kind.rpartition(".")
    return bool({kind, module, name} & named) if module else False


def _kind(trace: Trace, part: TracedPart) -> TracedClass:
    return _class_of(trace, part) or _UNKNOWN


def _class_of(trace: Trace, part: TracedPart) -> TracedClass | None:
    """The class of a part in a trace's environment, even if its module moved; else None."""
    if part.kind in trace.kinds:
        return trace.kinds[part.kind]
    for name, kind in trace.kinds.items():
        if _same_class(name, part.kind):
            return kind
    return None


def _same_class(one: str, other: str) -> bool:
    """Whether two full names refer to one class; its module may have moved in the package."""
    return _package_and_class(one) == _package_and_class(other)


def _package_and_class(name: str) -> tuple[str, str]:
    return name.partition(".")[0], name.rpartition(".")[2]


def _plain_path(path: NamePath) -> NamePath:
    return tuple(_RENAMED.sub("estimator", name) for name in path)


def _changes(
    part: TracedPart,
    before: TracedPart,
    after: TracedPart,
    kind: TracedClass,
    differ: Callable[[Attribute, Attribute], bool],
) -> Iterator[StateChange]:
    """Attributes that are on one side only, or differ."""
    for name in {**before.attributes, **after.attributes}:
        one, other = before.attributes.get(name), after.attributes.get(name)
        if one is None or other is None or differ(one, other):
            yield StateChange(
                path=part.path,
                kind=part.kind,
                name=name,
                before=one,
                after=other,
                read=name in kind.uses or name in kind.asks,
            )


def _differ(one: Attribute, other: Attribute) -> bool:
    """Whether an attribute of one file differs in type, shape or value."""
    before, after = (
        (_type_and_dtype(one), one.shape, one.shown),
        (_type_and_dtype(other), other.shape, other.shown),
    )
    return before != after


def _differ_in_kind(one: Attribute, other: Attribute) -> bool:
    """Whether attributes of two fitted models differ in type or number of dimensions."""
    if {one.type, other.type} & {"NoneType"} and one.type != other.type:
        return False
    dimensions = [None if each.shape is None else len(each.shape) for each in (one, other)]
    return _type_and_dtype(one) != _type_and_dtype(other) or dimensions[0] != dimensions[1]


def _differ_in_size(one: Attribute, other: Attribute) -> bool:
    """Whether they differ in type or dimensions, or their ranges of numbers differ widely."""
    if _differ_in_kind(one, other):
        return True
    ranges = _range(one), _range(other)
    if not all(ranges):
        return False
    largest = max(abs(number) for numbers in ranges for number in numbers)
    return any(abs(a - b) > _RANGE_TOLERANCE * largest for a, b in zip(*ranges, strict=True))


_RANGE_TOLERANCE = 0.3
"""Ranges differ widely if an end differs by more than this part of the largest magnitude."""


def _range(attribute: Attribute) -> tuple[float, ...]:
    low, _, high = attribute.shown.partition(" to ")
    try:
        found = (float(low), float(high))
    except ValueError:
        return ()
    return found if all(map(math.isfinite, found)) else ()


def _type_and_dtype(attribute: Attribute) -> tuple[str, str]:
    name = attribute.type.rpartition(".")[2]
    for sort in ("float", "int", "uint", "bool", "str"):
        if name.rstrip("_0123456789") == sort:
            return ("", sort)
    text = attribute.dtype
    return (name, "text" if text.startswith(("<U", ">U")) else text)
