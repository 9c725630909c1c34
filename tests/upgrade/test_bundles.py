"""Each model of a bundle is checked and reported on its own."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from matrix.errors import Exit
from matrix.store import Store
from matrix.upgrade.answer import Model
from matrix.upgrade.bundles import unbundled
from matrix.upgrade.intake import take_in

TEXTS = ["good day", "bad day"]
WORDS = TfidfVectorizer().fit(TEXTS)
LOGISTIC = LogisticRegression().fit(WORDS.transform(TEXTS), [1, 0])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "state") as opened:
        yield opened


def models_in(held: Any, folder: Path, store: Store) -> list[Model]:
    path = folder / "file.pkl"
    path.write_bytes(pickle.dumps(held))
    return unbundled(take_in([path], store, 1))


def test_a_bundle_is_its_models_what_fits_together_and_the_rest(
    tmp_path: Path, store: Store
) -> None:
    found = models_in({"vec": WORDS, "clf": LOGISTIC, "threshold": 0.4}, tmp_path, store)
    assert [one.id.rpartition("file.pkl → ")[2] for one in found] == [
        '["vec"]',
        '["clf"]',
        '["clf"] after ["vec"]',
        "the rest of the dict",
    ]
    assert [one.part for one in found] == [
        (("key", "vec"),),
        (("key", "clf"),),
        (("together", [(("key", "vec"),), (("key", "clf"),)]),),
        (("data", [(("key", "threshold"),)]),),
    ]
    assert [one.optional for one in found] == [False, False, True, False]
    assert found[1].part_kind == "sklearn.linear_model._logistic.LogisticRegression"
    assert len({one.inspection.sha256 for one in found if one.inspection}) == 1


def test_a_model_stays_as_it_is(tmp_path: Path, store: Store) -> None:
    (found,) = models_in(LOGISTIC, tmp_path, store)
    assert (found.id, found.part, found.problem) == (str(tmp_path / "file.pkl"), (), None)


@pytest.mark.parametrize(
    ("held", "what"),
    [
        (np.zeros((569, 30)), "float64 (569, 30)"),
        (["a", "b"], "['a', 'b']"),
        ({"threshold": 0.4}, "dict"),
    ],
)
def test_a_file_without_a_model_says_what_it_is(
    held: Any, what: str, tmp_path: Path, store: Store
) -> None:
    (found,) = models_in(held, tmp_path, store)
    assert found.problem is not None
    assert found.problem.message == f"{what}: no model in it"
    assert found.problem.exit_code is Exit.CANNOT_TELL
