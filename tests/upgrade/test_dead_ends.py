"""A file that no option makes loadable says what it is, what it shows, and what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.catalog import Trust
from matrix.inspection import Inspection, Name
from matrix.inspection.result import ModelNode, Note
from matrix.upgrade.admission import admit
from matrix.upgrade.answer import Model, Problem

Refused = Callable[..., Problem]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """Why a file that looks up some names is not loaded."""

    def ask(*names: str, notes: tuple[Note, ...] = (), **facts: object) -> Problem:
        pairs = tuple(Name(*one.rsplit(".", 1)) for one in names)
        tops = tuple(sorted({one.module.partition(".")[0] for one in pairs}))
        found = Inspection(
            path=tmp_path / "m.pkl",
            size=1,
            sha256="0" * 64,
            container="pickle",
            protocol=4,
            names=pairs,
            modules=tops,
            notes=notes,
            root=ModelNode(kind="unknown"),
            **facts,  # type: ignore[arg-type]
        )
        (answer,) = admit([Model(id="m", path=found.path, inspection=found)], Trust())
        assert answer.problem is not None
        return answer.problem

    return ask


NUMBA = "numba.core.serialize._unpickle__CustomPickled"
CALLED = Note("made-callable", "it calls the result of another call")


@pytest.mark.parametrize(
    ("names", "what", "advice"),
    [
        (["statsmodels.tsa.arima_model.ARIMA"], "statsmodels 0.13 removed", "Fit it again with"),
        (["theano.tensor.type.TensorType"], "Theano, whose last release", "get_value()"),
        (["fbprophet.forecaster.Prophet"], "old name of prophet", "Fit it again with prophet"),
        ([NUMBA, "umap.umap_.UMAP"], "is of UMAP with functions that numba", "random_state"),
        ([NUMBA, "shap.models._model.Model"], "an explainer of shap", "shap.Explainer(model"),
        (["numba.core.serialize.custom_rebuild"], "functions that numba compiled", "in a file"),
        (["keras.src.models.sequential.Sequential"], "a model of Keras", 'save("model.keras")'),
        (["keras.preprocessing.text.Tokenizer"], "a Tokenizer of Keras", "tokenizer.to_json()"),
        (["keras_preprocessing.text.Tokenizer"], "a Tokenizer of Keras", "tokenizer.to_json()"),
        (["torch.storage._load_from_bytes"], "a model of PyTorch", "state_dict()"),
        (["jieba.Tokenizer"], "needs jieba, which is published without wheels", "without it"),
    ],
)
def test_it_says_what_it_is_and_what_to_do(
    refused: Refused, names: list[str], what: str, advice: str
) -> None:
    problem = refused(*names)
    assert what in problem.message
    assert advice in problem.advice
    assert not problem.paste  # no option answers it
    assert not problem.options
    assert all(one in problem.advice for one in names)  # why the gate keeps it out is said too


def test_a_network_in_a_pickle_names_the_other_reasons_of_the_gate(refused: Refused) -> None:
    """Keras writes its models with the result of a call that is called itself."""
    problem = refused("keras.src.models.sequential.Sequential", "os.system", notes=(CALLED,))
    assert "a model of Keras" in problem.message
    assert "calls the result of another call" in problem.advice
    assert "os.system" in problem.advice


def test_the_versions_that_it_shows_are_said(refused: Refused) -> None:
    facts = {"versions": {"umap-learn": ("0.5.9",)}, "bounds": {"pandas": ">=2"}, "numpy": "2"}
    problem = refused(NUMBA, "umap.umap_.UMAP", **facts)
    assert "The file shows umap-learn 0.5.9, pandas>=2, numpy 2." in problem.advice


def test_a_model_that_the_user_may_trust_is_no_dead_end(refused: Refused) -> None:
    problem = refused("shap.explainers._tree.TreeExplainer")
    assert "--with shap --trust shap.explainers._tree.TreeExplainer" in problem.paste[0][1]


def test_a_line_that_lacks_a_path_says_so(refused: Refused) -> None:
    """It cannot be pasted as it is."""
    problem = refused("their_package.models.Model", "__main__.clip")
    label, line = problem.paste[0]
    assert label == "Put the right path in place of FILE and DIR, and add to this command:"
    assert line.startswith("--main FILE --path DIR --trust their_package.models.Model")
