"""For each bad answer a folder that shows the difference by hand, without this tool."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from matrix.model import Environment, FilePart, Verdict
from matrix.store import Store
from matrix.upgrade.answer import Target, UpgradeAnswer

_CONTENT = Path(__file__).parent.parent / "worker" / "compat_worker" / "content.py"

_README = """\
# {model}: {before} → {after}

{verdict}{stage}

With uv (or any other way to install a requirements file into a virtualenv of that Python):

    uv venv before --python {before_python} && uv pip install --python before -r before.txt
    uv venv after --python {after_python} && uv pip install --python after -r after.txt
    before/bin/python show.py
    after/bin/python show.py

`before.txt` and `after.txt` are the exact packages, `model` the file as it is, `rows` the
rows that its outputs were compared on (`content.py` reads them). Loading a saved model runs what is
in it.
"""

_SCRIPT = '''\
"""Load the model and show what it gives; run it in both environments and compare."""

import warnings

import numpy
import sklearn

{load}
warnings.simplefilter("ignore")
print("scikit-learn", sklearn.__version__, "numpy", numpy.__version__)
model = load("model"){part}
print("loaded:", type(model).__name__)
{use}'''

_JOBLIB = "from joblib import load\n"

_PICKLE = """\
import pickle


def load(path):
    with open(path, "rb") as file:
        return pickle.load(file)

"""

_USE = """\
from content import decode

with open("rows", "rb") as file:
    rows = decode(file.read())
found = {call}
print({method!r}, "of", type(found).__name__, getattr(found, "shape", ""))
{show}"""

_CALLS = {
    "predict[return_std]": "model.predict(rows, return_std=True)",
    "inverse_transform": "model.inverse_transform(model.transform(rows))",
    "get_feature_names_out": "model.get_feature_names_out()",
    "get_support": "model.get_support()",
    "classes_": "model.classes_",
    "feature_names_in_": "model.feature_names_in_",
    "n_features_in_": "model.n_features_in_",
    "repr": "repr(model)",
    "get_params": "model.get_params()",
}
"""How methods are called that are not simply given the rows."""


def reproduce(answers: Iterable[UpgradeAnswer], store: Store, folder: Path) -> list[Path]:
    """Write a folder for each target that is not safe, of those that were run.

    Args:
        answers: what was found.
        store: has the models and the rows.
        folder: where to; made if it is not there.

    Returns:
        The folders, in the order of the answers.

    Raises:
        OSError: it cannot be written.
    """
    return [
        _write(answer, target, store, folder / name)
        for answer in answers
        for target, name in _bad(answer)
    ]


def _bad(answer: UpgradeAnswer) -> Iterator[tuple[Target, str]]:
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", answer.model.id).strip("-.")
    if any(kind in ("data", "together") for kind, _ in answer.model.part):
        return  # what changes in a model of the file has a folder of its own
    for target in answer.targets:
        unasked = target.cell.verdict in (Verdict.UNAVAILABLE, Verdict.NOT_RUN)
        if not target.cell.verdict.safe and not unasked:
            yield target, f"{stem}-in-{target.environment.id}"


def _write(answer: UpgradeAnswer, target: Target, store: Store, folder: Path) -> Path:
    assert answer.origin is not None
    assert answer.model.inspection is not None
    inspection, cell = answer.model.inspection, target.cell
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(store.artifact(inspection.sha256, answer.model.format), folder / "model")
    uses = cell.stage not in ("", "load") and answer.rows.digest
    if uses:
        (folder / "rows").write_bytes(store.content(answer.rows.digest))
        shutil.copyfile(_CONTENT, folder / "content.py")
    (folder / "before.txt").write_text(_lock(answer.origin), encoding="utf-8")
    (folder / "after.txt").write_text(_lock(target.environment), encoding="utf-8")
    script = _SCRIPT.format(
        part=_part(answer.model.part),
        load=_JOBLIB if answer.model.format.startswith("joblib") else _PICKLE,
        use=_use(cell.stage, target) if uses else "",
    )
    (folder / "show.py").write_text(script, encoding="utf-8")
    readme = _README.format(
        model=answer.model.id,
        before=answer.origin.spec.label,
        after=target.environment.spec.label,
        verdict=cell.verdict.value,
        stage=f", in {cell.stage}" if cell.stage else "",
        before_python=_python(answer.origin),
        after_python=_python(target.environment),
    )
    (folder / "README.md").write_text(readme, encoding="utf-8")
    return folder


def _part(part: FilePart) -> str:
    """Python's way from the object in a file to a model in it: ``["model"]``."""
    return "".join(f".{name}" if kind == "attribute" else f"[{name!r}]" for kind, name in part)


def _use(method: str, target: Target) -> str:
    rows = [change.row for change in target.worst]
    show = f"print(found[{rows}])" if rows and "[" not in method else "print(found)"
    if rows and "[" not in method:
        show = f'for row in {rows}:\n    print("row", row, found[row])'
    return _USE.format(call=_CALLS.get(method, f"model.{method}(rows)"), method=method, show=show)


def _lock(environment: Environment) -> str:
    return "\n".join(() if environment.lock is None else environment.lock.requirements) + "\n"


def _python(environment: Environment) -> str:
    return "" if environment.info is None else environment.info.python
