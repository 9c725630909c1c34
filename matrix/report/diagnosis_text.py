"""Lines of text for a diagnosis: where a model first behaves differently, and what explains it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matrix.diagnosis.trace_data import (
    Attribute,
    Diagnosis,
    Missing,
    NamePath,
    Orphan,
    StateChange,
)
from matrix.model import ExplanationPoint, OutputDifference
from matrix.safe_text import plain

MOST = 12
"""Lines under one heading; the rest is counted."""


def points(diagnosis: Diagnosis, reader: str) -> list[ExplanationPoint]:
    """Return a diagnosis as headed lines, the place of the first difference first.

    Args:
        diagnosis: of one cell.
        reader: name of the environment where the model fails or changes: ``scikit-learn 1.5``.
    """
    groups: list[tuple[str, Iterable[str]]] = [
        ("Where", _where(diagnosis)),
        ("Contains", _holders(diagnosis)),
        ("State", _state(diagnosis, reader)),
        ("Ignored", _orphans(diagnosis, reader)),
        ("Missing", _parameters(diagnosis, reader)),
        ("Note", map(plain, diagnosis.notes)),
    ]
    headed = ((head, tuple(_few(lines))) for head, lines in groups)
    return [ExplanationPoint(heading=head, lines=lines) for head, lines in headed if lines]


def place(path: NamePath, kind: str, method: str = "") -> str:
    """Return a path of names inside a model: ``prep → cat → OneHotEncoder.transform``."""
    names = [*path, kind.rpartition(".")[2]]
    shown = " → ".join(plain(name, 60) for name in names)
    return f"{shown}.{plain(method, 60)}" if method else shown


def _few(lines: Iterable[str]) -> Iterator[str]:
    distinct = list(dict.fromkeys(lines))
    yield from distinct[:MOST]
    if len(distinct) > MOST:
        yield f"and {len(distinct) - MOST:,} more"


def _where(diagnosis: Diagnosis) -> Iterator[str]:
    found = diagnosis.first
    if found is None:
        return
    step = place(found.path, found.kind, found.method)
    if found.failure is not None:
        failure = found.failure
        yield f"{step}: raises first: {plain(failure.type)}: {plain(failure.message, 200)}"
    elif found.difference is not None:
        yield f"{step}: first difference{_size(found.difference)}"


def _size(difference: OutputDifference) -> str:
    parts = []
    if difference.n_changed:
        parts.append(f"{difference.n_changed:,} of {difference.n:,} rows")
    if difference.max_abs:
        parts.append(f"by up to {difference.max_abs:.3g}")
    if difference.note:
        parts.append(plain(difference.note))
    return f" ({', '.join(parts)})" if parts else ""


def _holders(diagnosis: Diagnosis) -> Iterator[str]:
    first = {(one.kind, one.name, one.type): one for one in reversed(diagnosis.holders)}
    for holder in reversed(first.values()):
        held = f".{plain(holder.name)}" if holder.name else ""
        yield f"{place(holder.path, holder.kind)}{held} is a {plain(holder.type)}"


def _state(diagnosis: Diagnosis, reader: str) -> Iterator[str]:
    """Attributes that the reader reads and the file lacks, then other attributes that differ."""
    where = diagnosis.first.path if diagnosis.first else ()
    absent = [one for one in diagnosis.missing if not one.parameter]
    absent.sort(key=lambda one: one.path != where)
    for (path, kind), names in _by_class(absent).items():
        unread = [one for one in diagnosis.unread if (one.kind, one.path) == (kind, path)]
        yield f"{place(path, kind)}: {_absent(names, unread, reader)}"
    for change in diagnosis.states:
        yield f"{place(change.path, change.kind)}: {_changed(change, reader)}"
    reported = {(one.kind, one.name) for one in diagnosis.missing}
    reported |= {(one.kind, one.name) for one in diagnosis.orphans}
    for change in _own(diagnosis):
        # Other steps behaved the same or got different input: their state explains nothing.
        inside = change.path[: len(where)] == where
        if inside and (change.kind, change.name) not in reported:
            yield f"{place(change.path, change.kind)}: {_differs(change, reader)}"


def _by_class(missing: Iterable[Missing]) -> dict[tuple[NamePath, str], list[Missing]]:
    """Group by class and the first path to it; other instances of the class lack the same."""
    first: dict[tuple[str, str], NamePath] = {}
    found: dict[tuple[NamePath, str], list[Missing]] = {}
    for one in missing:
        path = first.setdefault((one.kind, one.name), one.path)
        if path == one.path:
            found.setdefault((path, one.kind), []).append(one)
    return found


def _absent(names: list[Missing], unread: list[StateChange], reader: str) -> str:
    needed = [f"`{plain(one.name)}`" for one in names if one.needed]
    optional = [f"`{plain(one.name)}`" for one in names if not one.needed]
    parts = []
    if unread:
        shown = ", ".join(f"`{plain(one.name)}`{_shown(one.before)}" for one in unread[:4])
        parts.append(f"the file has {shown}, which {plain(reader)} does not read")
    if needed:
        ours = names[0].kind.startswith("sklearn.")
        lacks = "the file lacks" if ours else "neither the file nor the class has"
        code = plain(reader) if ours else "its own code"
        parts.append(f"{code} reads {', '.join(needed)}, which {lacks}")
    if optional:
        parts.append(
            f"{plain(reader)} looks for {', '.join(optional)}, which the file lacks, and continues "
            "without an error"
        )
    return "; ".join(parts)


def _own(diagnosis: Diagnosis) -> list[StateChange]:
    """Return the attributes on which a model trained in the reader differs, once per class.

    Only attributes that its code reads and that both models have: others are reported elsewhere.
    """
    found: dict[tuple[str, str], StateChange] = {}
    for change in diagnosis.own:
        nested = change.name.partition(".")[2]
        if (change.read or nested) and change.before is not None and change.after is not None:
            found.setdefault((change.kind, change.name), change)
    return list(found.values())


def _changed(change: StateChange, reader: str) -> str:
    name = f"`{plain(change.name)}`"
    if change.after is None:
        return f"{name}{_shown(change.before)} is missing after {plain(reader)} loads the file"
    if change.before is None:
        return f"{name}{_shown(change.after)} is added when {plain(reader)} loads the file"
    return f"{name}{_shown(change.before)} becomes{_bare(change.after)} in {plain(reader)}"


def _differs(change: StateChange, reader: str) -> str:
    assert change.before is not None
    assert change.after is not None
    before, after = _fields(change.before), _fields(change.after)
    if before and after:
        parts = [f"has no field `{plain(name)}`" for name in after if name not in before]
        parts += [f"has a field `{plain(name)}`" for name in before if name not in after]
        return f"`{plain(change.name)}` {', '.join(parts)} in the file, unlike in {plain(reader)}"
    return (
        f"`{plain(change.name)}` is{_bare(change.before)} in the file, but{_bare(change.after)} in "
        f"a model trained in {plain(reader)}"
    )


def _fields(attribute: Attribute) -> list[str]:
    """Return the field names of a structured array."""
    head, _, names = attribute.dtype.partition(" ")
    return names.split(", ") if head == "fields" else []


def _shown(attribute: Attribute | None) -> str:
    return "" if attribute is None else f" ({_bare(attribute).strip()})"


def _bare(attribute: Attribute) -> str:
    """Return the value of an attribute if it is short, else its type, dtype and shape."""
    kind = plain(attribute.type.rpartition(".")[2], 60)
    if attribute.shape is None:
        return f" {plain(attribute.shown, 80) or kind}"
    shape = f" of shape {attribute.shape}" if attribute.dtype else f" of {attribute.shape[0]}"
    values = f", {plain(attribute.shown, 60)}" if attribute.shown else ""
    return f" {plain(attribute.dtype, 80) or kind}{shape}{values}"


def _orphans(diagnosis: Diagnosis, reader: str) -> Iterator[str]:
    found: dict[tuple[str, str], Orphan] = {}
    for one in sorted(diagnosis.orphans, key=lambda orphan: orphan.by_default):
        found.setdefault((one.kind, one.name), one)
    for one in found.values():
        if not one.by_default:
            yield (
                f"{place(one.path, one.kind)}: `{plain(one.name)}={plain(one.value, 80)}` is not "
                f"a parameter in {plain(reader)}, and is ignored"
            )
    rest = [_parameter(one.kind, one.name) for one in found.values() if one.by_default]
    if rest:
        yield f"not parameters in {plain(reader)}, but all at their defaults: {_name_list(rest)}"


def _parameters(diagnosis: Diagnosis, reader: str) -> Iterator[str]:
    found: dict[tuple[str, str], Missing] = {}
    for one in diagnosis.missing:
        if one.parameter:
            found.setdefault((one.kind, one.name), one)
    for one in found.values():
        if one.needed:
            default = f" (default {plain(one.default, 80)})" if one.default else ""
            yield (
                f"{place(one.path, one.kind)}: {plain(reader)} reads its parameter "
                f"`{plain(one.name)}`{default}, which the file lacks"
            )
    rest = [_parameter(one.kind, one.name) for one in found.values() if not one.needed]
    if rest:
        yield (
            f"parameters of {plain(reader)} that the file lacks, and no code read in this run: "
            f"{_name_list(rest)}"
        )


def _parameter(kind: str, name: str) -> str:
    return f"`{plain(kind.rpartition('.')[2], 60)}({plain(name, 60)}=…)`"


def _name_list(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


_LISTED = 8
"""Names in one line."""
