"""For each bad answer a folder that shows the difference by hand, without this tool."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from matrix.inspection import MAIN
from matrix.model import Environment, FilePart, OwnScript, Verdict
from matrix.store import Store
from matrix.upgrade.answer import Model, Target, UpgradeAnswer
from matrix.worker.compat_worker import packed_files

_WORKER = Path(__file__).parent.parent / "worker" / "compat_worker"
_CONTENT, _OWN_SCRIPT = _WORKER / "content.py", _WORKER / "own_script.py"
_OWN_MODULES = _WORKER / "own_modules.py"

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
in it.{own}
"""

_OWN = """

`main.py` is your script; `own_script.py` runs only what the model needs of it.
"""

_SCRIPT = '''\
"""Load the model and show what it gives; run it in both environments and compare."""

import warnings

import numpy
import sklearn
{own}
{load}
warnings.simplefilter("ignore")
print("scikit-learn", sklearn.__version__, "numpy", numpy.__version__)
model = load("model"){part}
print("loaded:", type(model).__name__)
{use}'''

_PATHS = """
import sys

from own_modules import install
from own_script import keep_needed

sys.path += {paths!r}
install({paths!r}, keep_needed)
"""

_MAIN = """
from own_script import define

with open("main.py", encoding="utf-8") as file:
    define(file.read(), "main.py", {names!r})
"""

_JOBLIB = "from joblib import load\n"
_OWN_JOBLIB = """\
try:
    from sklearn.externals.joblib import load
except ImportError:
    from joblib import load

"""
"""Releases before 0.23 bring a joblib, whose arrays no other one reads."""

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


def reproduce(
    answers: Iterable[UpgradeAnswer],
    store: Store,
    folder: Path,
    *,
    main: OwnScript | None = None,
    paths: Sequence[Path] = (),
) -> list[Path]:
    """Write a folder for each target that is not safe, of those that were run.

    Args:
        answers: what was found.
        store: has the models and the rows.
        folder: where to; made if it is not there.
        main: the script that defines what the models look up in ``__main__``.
        paths: folders of the user's own code.

    Returns:
        The folders, in the order of the answers.

    Raises:
        OSError: it cannot be written.
    """
    return [
        _write(answer, target, store, folder / name, _OwnCode(main, tuple(paths)))
        for answer in answers
        for target, name in _bad(answer)
    ]


class _OwnCode(NamedTuple):
    """The user's own code."""

    main: OwnScript | None
    paths: tuple[Path, ...]

    def script(self, answer: UpgradeAnswer) -> str:
        """The lines of the script that provide the code."""
        lines = _PATHS.format(paths=[str(path) for path in self.paths]) if self.paths else ""
        names = self.names(answer)
        return lines + (_MAIN.format(names=names) if names else "")

    def names(self, answer: UpgradeAnswer) -> list[str]:
        """The names that the model looks up in ``__main__``, if a script defines them."""
        found = answer.model.inspection
        if self.main is None or found is None:
            return []
        return sorted({one.qualname.partition(".")[0] for one in found.names if one.module == MAIN})


def _bad(answer: UpgradeAnswer) -> Iterator[tuple[Target, str]]:
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", answer.model.id).strip("-.")
    if any(kind in ("data", "together") for kind, _ in answer.model.part):
        return  # what changes in a model of the file has a folder of its own
    for target in answer.every_target:
        unasked = target.cell.verdict in (Verdict.UNAVAILABLE, Verdict.NOT_RUN)
        if not target.cell.verdict.safe and not unasked:
            yield target, f"{stem}-in-{target.environment.id}"


def _write(
    answer: UpgradeAnswer, target: Target, store: Store, folder: Path, code: _OwnCode
) -> Path:
    assert answer.origin is not None
    assert answer.model.inspection is not None
    inspection, cell = answer.model.inspection, target.cell
    folder.mkdir(parents=True, exist_ok=True)
    artifact = store.artifact(inspection.sha256, answer.model.format)
    if packed_files.is_packed(str(artifact)):
        packed_files.unpack(str(artifact), str(folder))  # the files of its arrays, beside it
    else:
        shutil.copyfile(artifact, folder / "model")
    uses = cell.stage not in ("", "load") and answer.rows.digest
    if uses:
        (folder / "rows").write_bytes(store.content(answer.rows.digest))
        shutil.copyfile(_CONTENT, folder / "content.py")
    (folder / "before.txt").write_text(_lock(answer.origin), encoding="utf-8")
    (folder / "after.txt").write_text(_lock(target.environment), encoding="utf-8")
    if code.main is not None and code.names(answer):
        (folder / "main.py").write_text(code.main.source, encoding="utf-8")
        shutil.copyfile(_OWN_SCRIPT, folder / "own_script.py")
    if code.paths:
        shutil.copyfile(_OWN_SCRIPT, folder / "own_script.py")
        shutil.copyfile(_OWN_MODULES, folder / "own_modules.py")
    script = _SCRIPT.format(
        own=code.script(answer),
        part=_part(answer.model.part),
        load=_loader(answer.model),
        use=_use(cell.stage, target) if uses else "",
    )
    (folder / "show.py").write_text(script, encoding="utf-8")
    readme = _README.format(
        model=answer.model.id,
        own=_OWN.rstrip() if code.names(answer) else "",
        before=answer.origin.spec.label,
        after=target.environment.spec.label,
        verdict=cell.verdict.value,
        stage=f", in {cell.stage}" if cell.stage else "",
        before_python=_python(answer.origin),
        after_python=_python(target.environment),
    )
    (folder / "README.md").write_text(readme, encoding="utf-8")
    return folder


def _loader(model: Model) -> str:
    """The lines that import or define what loads the model."""
    if not model.format.startswith("joblib") or model.inspection is None:
        return _PICKLE
    own = any(name.module.startswith("sklearn.externals.joblib") for name in model.inspection.names)
    return _OWN_JOBLIB if own else _JOBLIB


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
