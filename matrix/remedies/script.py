"""A conversion as a Python script that needs nothing of this package."""

from __future__ import annotations

import pprint
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from matrix import __version__
from matrix.model import Fix
from matrix.remedies.conversion_source import (
    CONVERTING,
    LOADING,
    SETTING,
    short_source_of,
    source_of,
)
from matrix.remedies.environment_factory import packages_of
from matrix.remedies.fixes import place_of
from matrix.remedies.remedy import CandidateFile, ResaveStep, Subject
from matrix.safe_text import plain
from matrix.worker.compat_worker.formats import FORMATS, READABLE

_MOST = 8
"""How many settings are lines of their own; more are a table."""
_SHORT = 12
"""The most lines of a function that is shown."""

_FIND = """def find(model, path):
    for step in path:
        plain = isinstance(step, int) or isinstance(model, dict)
        model = model[step] if plain else getattr(model, step)
    return model"""

_RUN = """if __name__ == "__main__":
    number, source, target = sys.argv[1:]
    STEPS[number](source, target)"""


class _Variable(str):
    """Is written without quotes where a path is quoted."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def script_of(subject: Subject, file: CandidateFile, source: Path, target: Path, own: Path) -> str:
    """The steps of a conversion as a script.

    Args:
        subject: the original.
        file: the result of the steps.
        source, target: the two files, for the lines that run it.
        own: the path of the script.
    """
    names = {one.name for step in file.steps for one in step.converted}
    stand_ins = any(step.stand_ins for step in file.steps)
    named = any(_needs_worker(fix) for step in file.steps for fix in step.fixes)
    roots = [*(CONVERTING + LOADING if stand_ins else ()), *(SETTING if named else ())]
    parts = ["\n".join(_head(file, source, target, own)), "\n".join(_imports(subject, file))]
    if roots:
        parts.append(source_of(names, roots).strip())
    if any(_is_table(step.fixes) and not named for step in file.steps):
        parts.append(_FIND)
    if stand_ins:
        looked_up = [one for one in subject.allowed or () if one[0].startswith(("sklearn", "nu"))]
        parts.append(f"NAMES = {pprint.pformat(sorted(looked_up), width=96)}")
    parts += _steps(subject, file)
    numbers = ", ".join(f'"{number}": step_{number}' for number in _numbers(file))
    return "\n\n\n".join([*parts, f"STEPS = {{{numbers}}}", _RUN]) + "\n"


def short_lines(subject: Subject, file: CandidateFile, source: Path, target: Path) -> list[str]:
    """The steps of a conversion as lines to read: what each does, without how it is found."""
    lines: list[str] = []
    here, format_name = source.name, subject.artifact.format
    for number, step in zip(_numbers(file), file.steps, strict=True):
        there = target.name if number == len(file.steps) else f"step-{number}.model"
        lines += [f"# with {_versions(step)}", f"model = {_load(format_name, repr(here))}"]
        lines += _converted(step)
        lines += _settings(step.fixes) if len(step.fixes) <= _MOST else _counted(step.fixes)
        lines.append(FORMATS[step.artifact.format].save_line.format(path=there))
        here, format_name = there, step.artifact.format
    return [_shown(line) for line in lines]


def _shown(line: str) -> str:
    """A line for a terminal, with its indentation."""
    text = line.lstrip(" ")
    return " " * (len(line) - len(text)) + plain(text, 200)


def _converted(step: ResaveStep) -> Iterator[str]:
    """The functions that changed the model, where they are short."""
    if step.stand_ins and not step.converted:
        yield "# (loaded with stand-ins for names that this release does not have)"
    for one in step.converted:
        places = f" ({one.places:,} objects)" if one.places > 1 else ""
        yield f"# {one.name}{places}: {one.meaning}" if one.meaning else f"# set {one.name}{places}"
        source = short_source_of(one.name).splitlines()
        if len(source) <= _SHORT:
            yield from source


def _counted(fixes: Sequence[Fix]) -> Iterator[str]:
    for name in dict.fromkeys(fix.name for fix in fixes):
        same = [fix for fix in fixes if fix.name == name]
        taken = same[0].of or repr(same[0].value)
        yield f"# {name} = {taken} in {len(same):,} objects, such as:"
        yield from _settings(same[:1])


# --------------------------------------------------------------------------- parts of the script


def _head(file: CandidateFile, source: Path, target: Path, own: Path) -> Iterator[str]:
    name = plain(source.name)
    yield f"# Converts {name}, in the steps that compat-matrix {__version__} compared."
    yield "# It needs nothing of that tool. Run it with the packages that were compared:"
    yield "#"
    here = str(source)
    for number, step in zip(_numbers(file), file.steps, strict=True):
        there = str(target) if number == len(file.steps) else f"step-{number}.model"
        packages = dict(packages_of(step.environment))
        python = packages.pop("python", "3")
        pins = [f"--with {name}=={pin}" for name, pin in packages.items()]
        paths = " ".join(shlex.quote(plain(one)) for one in (str(own), str(number), here, there))
        yield f"#   uv run --no-project --python {python} {' '.join(pins)} python {paths}"
        here = there


def _imports(subject: Subject, file: CandidateFile) -> Iterator[str]:
    formats = {subject.artifact.format, *(step.artifact.format for step in file.steps)}
    further = {READABLE[name].imports for name in formats} - {""}
    yield from ["import pickle", "import sys", "", "import joblib"]
    yield from (f"import {name}" for name in sorted(further))


def _steps(subject: Subject, file: CandidateFile) -> Iterator[str]:
    format_name = subject.artifact.format
    for number, step in zip(_numbers(file), file.steps, strict=True):
        yield "\n".join(_step(number, step, format_name))
        format_name = step.artifact.format


def _step(number: int, step: ResaveStep, format_name: str) -> Iterator[str]:
    yield f"def step_{number}(source, target):"
    yield f'    """With {_versions(step)}."""'
    load = f"model = {_load(format_name, 'source')}"
    if step.stand_ins:
        yield from ("    with while_loading(NAMES):", f"        {load}", "    convert(model, True)")
    else:
        yield f"    {load}"
    yield from (f"    {line}" for line in _set(step.fixes))
    yield f"    {FORMATS[step.artifact.format].save_line.format(path=_Variable('target'))}"


def _set(fixes: Sequence[Fix]) -> Iterator[str]:
    """Lines that set attributes."""
    if any(map(_needs_worker, fixes)):
        table = [
            {"part": fix.part, "path": list(fix.path), "name": fix.name}
            | {"value": fix.value, "of": fix.of}
            for fix in fixes
        ]
        yield from f"_apply_fixes(model, {pprint.pformat(table, width=90)})".splitlines()
    elif _is_table(fixes):
        rows = [([*_steps_of(fix), *fix.path], fix.name, fix.value) for fix in fixes]
        yield from f"table = {pprint.pformat(rows, width=90)}".splitlines()
        yield from (
            "for path, name, value in table:",
            "    setattr(find(model, path), name, value)",
        )
    else:
        yield from _settings(fixes)


def _is_table(fixes: Sequence[Fix]) -> bool:
    return len(fixes) > _MOST and not any(map(_needs_worker, fixes))


def _needs_worker(fix: Fix) -> bool:
    """Whether a path has names of steps, or a value is that of an attribute as it was saved."""
    return fix.named or bool(fix.of)


def _steps_of(fix: Fix) -> Iterator[object]:
    return (name for _, name in fix.part)


def _settings(fixes: Sequence[Fix]) -> Iterator[str]:
    for fix in fixes:
        whole = place_of(fix)
        taken = f"{whole.removesuffix(fix.name)}{fix.of}" if fix.of else repr(fix.value)
        yield f"{whole} = {taken}"


def _numbers(file: CandidateFile) -> range:
    return range(1, len(file.steps) + 1)


def _versions(step: ResaveStep) -> str:
    packages = packages_of(step.environment).items()
    return ", ".join(f"{name} {version}" for name, version in packages)


def _load(format_name: str, path: str) -> str:
    return READABLE[format_name].load_line.format(path=path)
