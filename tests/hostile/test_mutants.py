"""Whatever becomes of a model's bytes, the gate answers: a reason, or names that are all known."""

from __future__ import annotations

import _compat_pickle
import hashlib
import os
import pickle
import pickletools
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from matrix.errors import NotAModelError
from matrix.inspection import Name, inspect, refusals
from matrix.inspection.allowed_lists import allowed_names
from matrix.store import Store
from matrix.upgrade.intake import take_in
from tests.hostile.mutants import mutants

COUNT = int(os.environ.get("MUTANTS", "60"))
"""Of each model in each way of saving; ``nox -s fuzz`` makes 300."""
SEED = int(os.environ.get("MUTANTS_SEED", "1"))

X, Y = np.random.RandomState(0).normal(size=(40, 3)), np.arange(40) % 2
MODELS = {
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y),
    "tree": DecisionTreeClassifier(random_state=0).fit(X, Y),
    "forest": RandomForestClassifier(3, random_state=0).fit(X, Y),
    "neighbours": KNeighborsClassifier(algorithm="kd_tree").fit(X, Y),
    "encoder": OneHotEncoder().fit(np.array([["a"], ["b"]], dtype=object)),
}


def _dump(model: Any, path: Path) -> None:
    joblib.dump(model, path)


def _dump_packed(model: Any, path: Path) -> None:
    joblib.dump(model, path, compress=("zlib", 3))


def _pickle(protocol: int) -> Any:
    return lambda model, path: path.write_bytes(pickle.dumps(model, protocol))


WAYS = {"joblib": _dump, "packed": _dump_packed, "pickle-2": _pickle(2), "pickle-5": _pickle(5)}


def test_every_mutant_of_a_file_whose_digest_is_recorded_is_reported_as_changed(
    tmp_path: Path,
) -> None:
    """Before anything else is known of it: most mutants cannot be read, or are refused."""
    recorded: dict[Path, str] = {}
    for model in MODELS:
        for way, dump in WAYS.items():
            whole = tmp_path / f"{model}-{way}"
            dump(MODELS[model], whole)
            data = whole.read_bytes()
            for number, mutant in enumerate(mutants(data, 20, SEED)):
                if mutant == data:  # two equal bytes changed places
                    continue
                changed = tmp_path / f"{model}-{way}-{number}"
                changed.write_bytes(mutant)
                recorded[changed] = hashlib.sha256(data).hexdigest()
    with Store(tmp_path / "state") as store:
        taken = take_in(list(recorded), store, 2, recorded)
    assert len(taken) > 380
    problems = [one.problem.message for one in taken if one.problem is not None]
    assert len(problems) == len(taken)
    assert all(message.startswith("file changed") for message in problems)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", MODELS)
def test_every_mutant_gets_an_answer(model: str, way: str, tmp_path: Path) -> None:
    path = tmp_path / "model"
    WAYS[way](MODELS[model], path)
    data = path.read_bytes()
    assert refusals(inspect(path)) == ()
    for mutant in mutants(data, COUNT, SEED):
        path.write_bytes(mutant)
        said(path)


def said(path: Path) -> str:
    """What is said of a file that is kept out; empty if it is let in. Nothing else comes of it."""
    try:
        found = refusals(inspect(path))
    except NotAModelError as error:
        return error.problem
    return "; ".join(f"{one.what}: {one.why}" for one in found)


@pytest.mark.parametrize("model", MODELS)
def test_a_mutant_that_is_let_in_holds_no_name_that_is_unknown(model: str, tmp_path: Path) -> None:
    """The disassembler that Python has sees no name in it that is not on the list."""
    path = tmp_path / "model"
    let_in = 0
    for mutant in mutants(pickle.dumps(MODELS[model], 2), 2 * COUNT, SEED):
        path.write_bytes(mutant)
        if not said(path):
            let_in += 1
            assert unknown(mutant) == []
    assert let_in


def unknown(data: bytes) -> list[str]:
    """Names in a pickle of protocol 2 that are not on the list."""
    names = [argument for code, argument, _ in pickletools.genops(data) if code.name == "GLOBAL"]
    pairs = [tuple(name.split(" ", 1)) for name in names]
    renamed = [
        _compat_pickle.NAME_MAPPING.get(pair)
        or (_compat_pickle.IMPORT_MAPPING.get(pair[0], pair[0]), pair[1])
        for pair in pairs
    ]
    return [str(pair) for pair in renamed if Name(*pair) not in allowed_names()]
