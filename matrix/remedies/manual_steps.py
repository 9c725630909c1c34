"""The steps of a remedy as lines for a shell, without this tool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matrix.model import Fix
from matrix.remedies.conversions import lines_of
from matrix.remedies.environment_factory import packages_of, version_of
from matrix.remedies.fixes import in_python, place_of
from matrix.remedies.remedy import CandidateFile, ResaveStep
from matrix.worker.compat_worker.formats import FORMATS, READABLE

_MOST = 40
"""How many settings are listed."""


_SKOPS, _BY_VALUE = "skops", "cloudpickle-value"


def by_hand(file: CandidateFile, source: str, target: str, *, saved_as: str = "joblib") -> str:
    """The lines that make one file from another.

    Args:
        file: the result of its steps.
        source, target: the names of the two files.
        saved_as: the format of the first.
    """
    return "\n".join(_lines(file.steps, source, target, saved_as))


def _lines(steps: Sequence[ResaveStep], source: str, target: str, saved_as: str) -> Iterator[str]:
    here, format_name = source, saved_as
    for number, step in enumerate(steps, 1):
        there = target if number == len(steps) else f"step-{number}.model"
        formats = {format_name, step.artifact.format}
        packages = packages_of(step.environment)
        for package in sorted({FORMATS[name].package for name in formats if name in FORMATS}):
            if package:
                packages = {**packages, package: version_of(step.environment, package)}
        pins = " ".join(f"{name}=={pin}" for name, pin in packages.items() if name != "python")
        yield f"uv venv via-{number} --python {packages.get('python', '3')}"
        yield f"uv pip install --python via-{number} {pins}"
        yield f"via-{number}/bin/python - <<'EOF'"
        further = {READABLE[name].imports for name in formats if name != _BY_VALUE}
        yield ", ".join(["import joblib, pickle", *sorted(filter(None, further))])
        if step.artifact.format == _BY_VALUE:
            yield "# here: define what the model looks up in __main__, and import your own modules"
            yield "import cloudpickle  # and cloudpickle.register_pickle_by_value(each of them)"
        yield _load(format_name, here)
        yield from lines_of(step)
        yield from _settings(step.fixes)
        if READABLE[step.artifact.format].save_for is not None:
            yield "# here: X = some rows as the model takes them, with numbers as float32"
        yield _save(step.artifact.format, there)
        yield "EOF"
        here, format_name = there, step.artifact.format
    if format_name == _SKOPS != saved_as:
        yield f"# in the target, with skops installed: {_load(format_name, here)}"


def _settings(fixes: Sequence[Fix]) -> Iterator[str]:
    for fix in fixes[:_MOST]:
        if fix.named and fix.path:
            part = " → ".join(map(repr, fix.path))
            taken = f"its {fix.of}" if fix.of else repr(fix.value)
            model = f"model{in_python(fix.part)}" if fix.part else "the model"
            yield f"# in the part {part} of {model} set {fix.name} = {taken}"
        else:
            whole = place_of(fix)
            taken = whole.removesuffix(fix.name) + fix.of
            yield f"{whole} = {taken if fix.of else repr(fix.value)}"
    if len(fixes) > _MOST:
        yield f"# and so on: {len(fixes) - _MOST:,} more, all listed in the provenance"


def _load(format_name: str, path: str) -> str:
    chosen = READABLE[format_name]
    return f"model = {chosen.load_line.format(path=repr(path))}"


def _save(format_name: str, path: str) -> str:
    return FORMATS[format_name].save_line.format(path=path)
