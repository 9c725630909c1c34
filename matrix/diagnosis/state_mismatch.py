"""What a file holds, against what the classes of the reader know and read."""

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
"""What releases before 1.2 called ``estimator``."""


def states(writer: Trace, reader: Trace) -> Iterator[StateChange]:
    """What the same file is in the reader and was not in the writer, or the other way round."""
    known = {part.path: part for part in writer.parts}
    for part in reader.parts:
        before = known.get(part.path)
        if before is not None and _same_class(before.kind, part.kind):
            yield from _changes(part, before, part, _kind(reader, part), _differ)


def own(file: Trace, native: Trace, reader: Trace, where: NamePath | None) -> Iterator[StateChange]:
    """What the file has and what the reader's own lacks, and the other way round.

    Where it goes wrong, numbers of another order count too.
    """
    known = {_plain_path(part.path): part for part in native.parts}
    for part in file.parts:
        made = known.get(_plain_path(part.path))
        if made is None or not _same_class(part.kind, made.kind):
            continue
        kind = reader.kinds.get(made.kind) or native.kinds.get(made.kind) or _UNKNOWN
        differ = _differ_in_size if part.path == where else _differ_in_kind
        yield from _changes(part, part, made, kind, differ)
        yield from _set_otherwise(part, made, kind)


def _set_otherwise(part: TracedPart, made: TracedPart, kind: TracedClass) -> Iterator[StateChange]:
    """Parameters that have another value, since a default or the pipeline's own code differs."""
    for name in kind.parameters:
        one, other = part.attributes.get(name), made.attributes.get(name)
        if one is None or other is None or not (one.shown and other.shown):
            continue
        if one.shape is None and one.shown != other.shown:
            yield StateChange(
                path=part.path, kind=part.kind, name=name, before=one, after=other, read=True
            )


def orphans(writer: Trace, reader: Trace, file: Trace) -> Iterator[Orphan]:
    """Parameters that the file carries and the reader's classes do not know."""
    for part in file.parts:
        here = _there(reader, part)
        if here is None:
            continue
        before = _there(writer, part)
        for name, attribute in part.attributes.items():
            if name in here.parameters or before is None or name not in before.parameters:
                continue
            if name in here.uses | here.asks:
                continue  # it is read all the same
            value = attribute.shown or f"{attribute.type.rpartition('.')[2]}(…)"
            yield Orphan(
                path=part.path,
                kind=part.kind,
                name=name,
                value=value,
                by_default=value == before.parameters[name],
            )


def missing(writer: Trace, reader: Trace, file: Trace, native: Trace | None) -> Iterator[Missing]:
    """What the reader's classes know or read, and the file lacks.

    What the writer's own code reads and does not find there either is nothing new; nor is what the
    reader's own model is without. Without such a model, what is only read where it is there counts
    if there is one such name, and the file has one that is read no more: it was renamed.
    """
    had = {_plain_path(part.path): part for part in native.parts} if native is not None else {}
    for part in file.parts:
        here = _there(reader, part)
        if here is None:
            continue
        before = _there(writer, part) or _UNKNOWN
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
            if needed or made is not None or renamed:  # else it may do well without
                yield Missing(
                    path=part.path, kind=part.kind, name=name, parameter=False, needed=needed
                )


def unread(writer: Trace, reader: Trace, file: Trace) -> Iterator[StateChange]:
    """Attributes that the writer's code reads and the reader's does not, though both know it."""
    for part in file.parts:
        here, before = _there(reader, part), _there(writer, part)
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
    """The attributes of a part that its class reads in the writer, and not in the reader."""
    read = (before.uses | before.asks) & part.attributes.keys()
    return sorted(read - here.uses - here.asks - before.parameters.keys())


def holders(writer: Trace, failure: Failure) -> Iterator[Holder]:
    """Where the file holds what a failing load speaks of, as the writer sees it."""
    named = _names(failure)
    for part in writer.parts:
        if _is_named(part.kind, named):
            yield Holder(path=part.path, kind=part.kind, name="", type=part.kind)
        for name, attribute in part.attributes.items():
            if _is_named(attribute.type, named):
                yield Holder(path=part.path, kind=part.kind, name=name, type=attribute.type)


_UNKNOWN = TracedClass(parameters={})


def _names(failure: Failure) -> frozenset[str]:
    """The dotted names in what a failing load says, and in the last frame of compiled code."""
    frames = re.findall(r'\.pyx", line \d+, in ([\w.]+)', failure.traceback)
    said = re.findall(r"[\"'<]?\b([A-Za-z_]\w*(?:\.\w+)+)", failure.message)
    simple = re.findall(r"(?:attribute|import name) '(?:__pyx_unpickle_)?(\w+)'", failure.message)
    called = [frame.rpartition(".")[0] for frame in frames[-1:]]
    return frozenset({*said, *simple, *called} - {""})


def _is_named(kind: str, named: frozenset[str]) -> bool:
    module, _, name = kind.rpartition(".")
    return bool({kind, module, name} & named) if module else False


def _kind(trace: Trace, part: TracedPart) -> TracedClass:
    return _there(trace, part) or _UNKNOWN


def _there(trace: Trace, part: TracedPart) -> TracedClass | None:
    """The class of a part as it is in a trace's environment, wherever its module is there."""
    if part.kind in trace.kinds:
        return trace.kinds[part.kind]
    for name, kind in trace.kinds.items():
        if _same_class(name, part.kind):
            return kind
    return None


def _same_class(one: str, other: str) -> bool:
    """Whether two names are of one class, though its module moved inside its package."""
    return _ends(one) == _ends(other)


def _ends(name: str) -> tuple[str, str]:
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
    """The attributes that are on one side only, or differ."""
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
    """Whether the same attribute of the same file is another thing."""
    before, after = (_sort(one), one.shape, one.shown), (_sort(other), other.shape, other.shown)
    return before != after


def _differ_in_kind(one: Attribute, other: Attribute) -> bool:
    """Whether two attributes, learnt apart, are of another sort: their values may well differ."""
    if {one.type, other.type} & {"NoneType"} and one.type != other.type:
        return False
    dimensions = [None if each.shape is None else len(each.shape) for each in (one, other)]
    return _sort(one) != _sort(other) or dimensions[0] != dimensions[1]


def _differ_in_size(one: Attribute, other: Attribute) -> bool:
    """Whether two attributes are of another sort, or hold numbers of another order."""
    if _differ_in_kind(one, other):
        return True
    ranges = _range(one), _range(other)
    if not all(ranges):
        return False
    largest = max(abs(number) for numbers in ranges for number in numbers)
    return any(abs(a - b) > _MUCH * largest for a, b in zip(*ranges, strict=True))


_MUCH = 0.3
"""By how much of the largest number two ranges are apart that were not learnt alike."""


def _range(attribute: Attribute) -> tuple[float, ...]:
    low, _, high = attribute.shown.partition(" to ")
    try:
        found = (float(low), float(high))
    except ValueError:
        return ()
    return found if all(map(math.isfinite, found)) else ()


def _sort(attribute: Attribute) -> tuple[str, str]:
    name = attribute.type.rpartition(".")[2]
    for sort in ("float", "int", "uint", "bool", "str"):
        if name.rstrip("_0123456789") == sort:
            return ("", sort)
    text = attribute.dtype
    return (name, "text" if text.startswith(("<U", ">U")) else text)
