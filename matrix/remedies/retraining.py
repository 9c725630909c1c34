"""A script that builds an untrained copy of a model, for one that cannot be converted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matrix.safe_text import plain

BuildValue = Sequence[Any]
"""As ``matrix/worker/compat_worker/construction.py`` describes it."""

_MADE = '''def made(kind, **parameters):
    """An estimator, without the parameters that its class does not take in this release."""
    known = inspect.signature(kind.__init__).parameters
    if not any(one.kind is one.VAR_KEYWORD for one in known.values()):
        for name in [name for name in parameters if name not in known]:
            value = parameters.pop(name)
            print(f"left out: {kind.__name__} has no {name} here (it was {value!r})")
    return kind(**parameters)'''

_INDENT = "    "


def retraining_script(
    value: BuildValue, *, source: str, versions: Mapping[str, str], why: str
) -> str:
    """A script with a function that returns the untrained model.

    Every parameter is written, also those with the default value of the origin: defaults change.

    Args:
        value: how to build it; untrusted, because the model's own code may have written it.
        source: the name of the file, for people.
        versions: of the packages in the origin.
        why: why the model cannot be converted, in one line.

    Raises:
        ValueError: the value has another form.
    """
    imports: dict[str, None] = {}
    expression = "\n".join(_expression(value, imports, _INDENT))
    origin = ", ".join(f"{name} {version}" for name, version in versions.items())
    lines = [
        f"# Trains {plain(source, 200)} again, which could not be converted:",
        f"# {plain(why, 400)}",
        f"# It was trained with {plain(origin, 400)}.",
        "",
        "import inspect",
        "",
        *sorted(imports),
        "",
        "",
        *_MADE.splitlines(),
        "",
        "",
        "def untrained():",
        '    """The model with the parameters that it had, not trained."""',
        f"    return {expression}",
        "",
        "",
        'if __name__ == "__main__":',
        "    model = untrained()",
        "    print(model)",
        "    # model.fit(X, y)  # with your training data",
        f"    # import joblib; joblib.dump(model, {plain(source, 200)!r})",
    ]
    return "\n".join(lines) + "\n"


def _expression(value: BuildValue, imports: dict[str, None], indent: str) -> Iterator[str]:
    """The lines of an expression; only the first has no indentation of its own."""
    kind, *rest = value
    if kind == "plain":
        yield _plain(*rest)
    elif kind == "float":
        yield f"float({_one_of(rest[0], ('nan', 'inf', '-inf'))!r})"
    elif kind == "other":
        yield f"...  # here: {plain(str(rest[0]), 100)}"
    elif kind == "name":
        module, name = rest
        yield _imported(module, name, imports)
    elif kind in ("list", "tuple"):
        yield from _several(kind, [("", one) for one in rest[0]], imports, indent)
    elif kind == "dict":
        pairs = [(f"{next(_expression(key, imports, indent))}: ", one) for key, one in rest[0]]
        yield from _several(kind, pairs, imports, indent)
    elif kind == "made":
        module, name, parameters = rest
        pairs = [(f"{_identifier(pair[0])}=", pair[1]) for pair in parameters]
        opening = f"made({_imported(module, name, imports)}"
        yield from _block(f"{opening}, " if pairs else opening, pairs, ")", imports, indent)
    elif kind == "array":
        imports["import numpy as np"] = None
        dtype, values = rest
        items = [("", one) for one in values]
        yield from _block(
            "np.array([", items, f"], dtype={plain(str(dtype), 20)!r})", imports, indent
        )
    else:
        raise ValueError(f"{kind!r} is no kind of value")


def _several(
    kind: str, pairs: Sequence[tuple[str, BuildValue]], imports: dict[str, None], indent: str
) -> Iterator[str]:
    opening, closing = {"list": ("[", "]"), "tuple": ("(", ")"), "dict": ("{", "}")}[kind]
    if kind == "tuple" and len(pairs) == 1:
        closing = ",)"
    yield from _block(opening, pairs, closing, imports, indent)


def _block(
    opening: str,
    pairs: Sequence[tuple[str, BuildValue]],
    closing: str,
    imports: dict[str, None],
    indent: str,
) -> Iterator[str]:
    """A bracket with a value on each line, or on one line if that is short."""
    inner = indent + _INDENT
    values = [(key, list(_expression(one, imports, inner))) for key, one in pairs]
    flat = [key + lines[0] for key, lines in values if len(lines) == 1]
    short = opening + ", ".join(flat) + closing
    if len(flat) == len(values) and len(short) <= 60 and "#" not in short:
        yield short
        return
    yield opening.rstrip()
    for key, lines in values:
        more = lines[1:]
        text, _, comment = lines[0].partition("  # ")
        comma = "," if not more else ""
        yield f"{inner}{key}{text}{comma}{'  # ' + comment if comment else ''}"
        yield from more[:-1]
        if more:
            yield f"{more[-1]},"
    yield f"{indent}{closing.removeprefix(',')}"


def _plain(value: object) -> str:
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    raise ValueError("a plain value has another type")


def _one_of(text: object, known: Sequence[str]) -> str:
    if text not in known:
        raise ValueError(f"{text!r} is none of {known}")
    return str(text)


def _identifier(text: object) -> str:
    if not isinstance(text, str) or not text.isidentifier():
        raise ValueError(f"{text!r} is no name")
    return text


def _imported(module: object, name: object, imports: dict[str, None]) -> str:
    """A name that the script imports."""
    path = [_identifier(part) for part in str(module).split(".")]
    parts = str(name).split(".")
    first, rest = parts[0], parts[1:]
    if path == ["builtins"]:
        return first if not rest else ".".join([first, *map(_identifier, rest)])
    imports[f"from {'.'.join(path)} import {_identifier(first)}"] = None
    return ".".join([first, *map(_identifier, rest)])
