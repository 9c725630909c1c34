"""A trace shows the calls and states inside a model, and does not change its outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from compat_worker import call_recorder, content, tracing
from compat_worker.journal import Journal
from compat_worker.parts import MAX_MEMBERS, MAX_PARTS, parts_of, state
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    PowerTransformer,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from matrix.executors import protocol

X, Y = load_iris(return_X_y=True)
ROWS = X[::4]


class Slotted:
    """Keeps its state in slots, and is not an estimator of scikit-learn."""

    __slots__ = ("factor", "inner")

    def __init__(self, factor: float, inner: Any = None) -> None:
        self.factor = factor
        self.inner = inner

    def transform(self, rows: Any) -> Any:
        return self.inner.transform(rows) * self.factor if self.inner else rows * self.factor


class Failing(TransformerMixin, BaseEstimator):
    """Raises when it is used."""

    def __init__(self, words: str = "no") -> None:
        self.words = words

    def fit(self, rows: Any, truth: Any = None) -> Failing:
        return self

    def transform(self, rows: Any) -> Any:
        raise RuntimeError(self.words)


class Itself(BaseEstimator):
    """Contains itself, and calls itself recursively."""

    def fit(self, rows: Any, truth: Any = None) -> Itself:
        self.me_ = self
        self.ring_ = [self, {"again": self}]
        return self

    def predict(self, rows: Any, deep: int = 3) -> Any:
        return rows[:, 0] if not deep else self.me_.predict(rows, deep - 1) + 1


class Looking(BaseEstimator):
    """What it returns depends on all that it holds, and on what its methods are."""

    def fit(self, rows: Any, truth: Any = None) -> Looking:
        self.inner_ = StandardScaler().fit(rows)
        return self

    def predict(self, rows: Any) -> Any:
        seen = [*vars(self), *vars(self.inner_), type(self.inner_).__name__]
        seen += [str(callable(self.inner_.transform)), self.inner_.transform.__name__]
        return np.array(seen)


def _columns() -> ColumnTransformer:
    onehot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer(
        [
            ("num", Pipeline([("scale", StandardScaler()), ("power", PowerTransformer())]), [0, 1]),
            (
                "cat",
                Pipeline([("bin", KBinsDiscretizer(3, encode="ordinal")), ("hot", onehot)]),
                [2],
            ),
        ],
        remainder="passthrough",
    )


def _many_targets() -> Any:
    return np.stack([Y == 0, Y == 1], axis=1).astype(int)


MODELS: dict[str, Any] = {
    "columns": lambda: Pipeline([("prep", _columns()), ("clf", GaussianNB())]).fit(X, Y),
    "union": lambda: FeatureUnion([("a", StandardScaler()), ("b", PowerTransformer())]).fit(X),
    "stack": lambda: StackingClassifier(
        [("nb", GaussianNB()), ("off", "drop"), ("tree", DecisionTreeClassifier())], cv=2
    ).fit(X, Y),
    "vote": lambda: VotingClassifier(
        [("nb", GaussianNB()), ("tree", DecisionTreeClassifier())], voting="soft"
    ).fit(X, Y),
    "search": lambda: GridSearchCV(
        Pipeline([("scale", StandardScaler()), ("svm", SVC())]), {"svm__C": [1, 2]}, cv=2
    ).fit(X, Y),
    "calibrated": lambda: CalibratedClassifierCV(GaussianNB(), cv=2, method="isotonic").fit(X, Y),
    "bagging": lambda: BaggingClassifier(GaussianNB(), 4, n_jobs=2, random_state=0).fit(X, Y),
    "forest": lambda: RandomForestClassifier(12, n_jobs=2, random_state=0).fit(X, Y),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=3).fit(X, Y),
    "chain": lambda: ClassifierChain(LogisticRegression()).fit(X, _many_targets()),
    "outputs": lambda: MultiOutputClassifier(GaussianNB(), n_jobs=2).fit(X, _many_targets()),
    "target": lambda: TransformedTargetRegressor(
        LinearRegression(), transformer=StandardScaler()
    ).fit(X, X[:, 0]),
    "process": lambda: GaussianProcessRegressor(RBF() + WhiteKernel()).fit(X, X[:, 0]),
    "own": lambda: Pipeline([("own", FunctionTransformer(np.log1p)), ("nb", GaussianNB())]).fit(
        X, Y
    ),
    "slots": lambda: Slotted(2.0, Slotted(3.0)),
    "itself": lambda: Itself().fit(X),
    "looking": lambda: Looking().fit(X),
    "failing": lambda: Pipeline([("bad", Failing()), ("nb", GaussianNB().fit(X, Y))]),
}


def traced(folder: Path, model: Any, method: str, rows: Any = ROWS) -> dict[str, Any]:
    """The answer of the worker, after validation."""
    joblib.dump(model, folder / "model")
    (folder / "rows").write_bytes(content.encode(rows))
    piece = {
        "path": str(folder / "model"),
        "format": "joblib",
        "rows": str(folder / "rows"),
        "method": method,
        "allowed": None,
    }
    answer = json.loads(json.dumps(tracing.trace(piece, Journal(str(folder)))))
    protocol.check_answer("trace", answer, piece)
    return dict(answer)


def steps(answer: dict[str, Any]) -> list[str]:
    """Every call, as the way to its part and the method."""
    return [
        " → ".join([*answer["parts"][call["part"]]["path"], call["method"]])
        for call in answer["calls"]
    ]


def outcome_of(model: Any, method: str) -> str:
    return content.digest(content.encode(getattr(model, method)(ROWS)))


@pytest.mark.parametrize(
    ("name", "method", "among"),
    [
        (
            "columns",
            "predict_proba",
            [
                "prep → num → scale → transform",
                "prep → cat → hot → transform",
                "clf → predict_proba",
            ],
        ),
        ("union", "transform", ["a → transform", "b → transform", "transform"]),
        ("stack", "predict", ["nb → predict_proba", "tree → predict_proba", "predict"]),
        ("vote", "predict", ["nb → predict_proba", "tree → predict_proba", "predict"]),
        ("search", "decision_function", ["best_estimator_ → svm → decision_function"]),
        (
            "calibrated",
            "predict_proba",
            ["calibrated_classifiers_[1] → estimator → predict_proba"],
        ),
        ("bagging", "predict", ["estimators_[3] → predict_proba"]),
        ("forest", "predict_proba", ["estimators_[7] → predict_proba"]),
        ("boosting", "decision_function", ["decision_function"]),
        ("chain", "predict", ["estimators_[1] → predict"]),
        ("outputs", "predict", ["estimators_[1] → predict"]),
        ("target", "predict", ["regressor_ → predict", "transformer_ → inverse_transform"]),
        ("process", "predict", ["kernel_ → k1 → __call__", "kernel_ → __call__", "predict"]),
        ("own", "predict", ["own → transform", "nb → predict", "predict"]),
        ("slots", "transform", ["inner → transform", "transform"]),
        ("itself", "predict", ["predict"]),
        ("looking", "predict", ["predict"]),
    ],
)
def test_every_step_is_seen_and_the_outcome_is_that_of_the_untraced_call(
    tmp_path: Path, name: str, method: str, among: list[str]
) -> None:
    model = MODELS[name]()
    answer = traced(tmp_path, model, method)
    seen = steps(answer)
    assert set(among) <= set(seen)
    assert answer["outcome"] == answer["untraced"]
    assert answer["outcome"]["digest"] == outcome_of(model, method)
    last = answer["calls"][-1]
    assert last["depth"] == 0
    assert last["returned"]["digest"] == answer["outcome"]["digest"]
    assert getattr(model, method)(ROWS) is not None  # nothing is watched any more
    assert not isinstance(vars(type(model)).get(method), call_recorder._RecordedMethod)


def test_steps_are_reported_in_the_order_in_which_they_end(tmp_path: Path) -> None:
    answer = traced(tmp_path, MODELS["columns"](), "predict")
    order = [step for step in steps(answer) if step.startswith("prep")]
    assert order.index("prep → num → scale → transform") < order.index("prep → num → transform")
    assert order[-1] == "prep → transform"
    by_step = dict(zip(steps(answer), answer["calls"], strict=True))
    scale, power = (
        by_step["prep → num → scale → transform"],
        by_step["prep → num → power → transform"],
    )
    assert scale["returned"]["digest"] == power["given"]["digest"]
    assert scale["depth"] == by_step["prep → num → transform"]["depth"] + 1


def test_a_step_that_raises_is_reported_with_all_that_it_is_inside_of(tmp_path: Path) -> None:
    answer = traced(tmp_path, MODELS["failing"](), "predict")
    assert steps(answer) == ["bad → transform", "predict"]
    raised = {"type": "RuntimeError", "message": "no"}
    assert [call["raised"] for call in answer["calls"]] == [raised, raised]
    assert answer["outcome"]["raised"]["message"] == "no"


def test_the_model_that_raises_is_the_same_afterwards(tmp_path: Path) -> None:
    before = dict(vars(Failing))
    traced(tmp_path, MODELS["failing"](), "predict")
    assert dict(vars(Failing)) == before


def test_tracing_does_not_change_conditional_methods(tmp_path: Path) -> None:
    """SVC has no ``predict_proba`` without ``probability=True``, and raises its own error."""
    answer = traced(tmp_path, SVC().fit(X, Y), "predict_proba")
    assert answer["outcome"] == answer["untraced"]
    assert "absent" in answer["outcome"]
    assert answer["calls"] == []


def test_the_first_members_of_an_ensemble_are_traced_and_the_rest_is_counted(
    tmp_path: Path,
) -> None:
    answer = traced(tmp_path, MODELS["forest"](), "predict_proba")
    members = [step for step in steps(answer) if step.startswith("estimators_")]
    assert len(members) == MAX_MEMBERS
    assert answer["parts_left_out"] == 12 - MAX_MEMBERS
    trees = [part for part in answer["parts"] if part["path"][:1] == ["estimators_[0]"]]
    assert trees[0]["attributes"]["tree_.values"]["shown"] == "0 to 1"


def test_calls_beyond_the_limit_are_counted_and_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_recorder, "MAX_CALLS", 3)
    answer = traced(tmp_path, MODELS["columns"](), "predict")
    assert len(answer["calls"]) == 3
    assert answer["calls_left_out"] > 0
    assert steps(answer)[-1] == "predict"
    assert answer["outcome"] == answer["untraced"]


def test_a_value_that_is_too_large_is_reported_by_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_recorder, "MAX_CONTENT_BYTES", 200)
    answer = traced(tmp_path, MODELS["union"](), "transform")
    assert all(call["returned"]["kept"] is False for call in answer["calls"])
    assert answer["calls"][-1]["returned"]["digest"] == answer["outcome"]["digest"]


def test_without_a_method_only_states_are_reported(tmp_path: Path) -> None:
    answer = traced(tmp_path, MODELS["search"](), "")
    assert answer["outcome"] is None
    assert answer["calls"] == []
    assert ["best_estimator_", "svm"] in [part["path"] for part in answer["parts"]]


def test_a_file_that_does_not_load_is_reported(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"no model")
    (tmp_path / "rows").write_bytes(content.encode(ROWS))
    piece = {
        "path": str(tmp_path / "model"),
        "format": "joblib",
        "rows": str(tmp_path / "rows"),
        "method": "predict",
        "allowed": None,
    }
    answer = tracing.trace(piece, Journal(str(tmp_path)))
    protocol.check_answer("trace", answer, piece)
    assert "raised" in answer


# ------------------------------------------------------------------------- what a model holds


def test_attributes_are_reported_by_type_shape_and_range(tmp_path: Path) -> None:
    parts = traced(tmp_path, StandardScaler().fit(np.array([[0.0], [2.0]])), "")["parts"]
    held = parts[0]["attributes"]
    assert held["mean_"] == {
        "type": "numpy.ndarray",
        "dtype": "float64",
        "shape": [1],
        "shown": "1 to 1",
    }
    assert held["with_mean"] == {"type": "bool", "shown": "True"}


def test_attributes_of_helper_objects_are_reported_too(tmp_path: Path) -> None:
    """Releases drop the compiled classes that are hidden there, and the file loads no more."""
    neighbors = KNeighborsClassifier(algorithm="ball_tree").fit(X, Y)
    held = traced(tmp_path, neighbors, "")["parts"][0]["attributes"]
    metrics = [one["type"] for name, one in held.items() if name.startswith("_tree[")]
    assert any("Distance" in kind for kind in metrics)
    held = traced(tmp_path, PoissonRegressor().fit(X, Y), "")["parts"][0]["attributes"]
    assert "CyHalfPoissonLoss" in held["_base_loss.closs"]["type"]


def test_the_parameters_of_a_class_are_reported(tmp_path: Path) -> None:
    answer = traced(tmp_path, Failing("never"), "")
    (name,) = answer["classes"]
    assert answer["classes"][name]["parameters"] == {"words": "'no'"}
    assert answer["parts"][0]["attributes"]["words"]["shown"] == "'never'"


def test_a_fitted_copy_of_a_prototype_is_named_once() -> None:
    paths = [part.path for part in parts_of(MODELS["stack"]())[0]]
    assert ("nb",) in paths
    assert ("tree",) in paths
    assert len(paths) == len(set(paths))


def test_slots_are_state() -> None:
    assert state(Slotted(2.0)) == {"factor": 2.0, "inner": None}


def test_a_text_is_cut_and_made_fit_to_write(tmp_path: Path) -> None:
    answer = traced(tmp_path, Failing("\ud800" * 10 + "x" * 10_000_000), "")
    assert len(answer["parts"][0]["attributes"]["words"]["shown"]) <= 120


def test_a_model_with_endless_parts_is_traced_up_to_the_limits() -> None:
    outermost = innermost = Slotted(1.0)
    for _ in range(10 * MAX_PARTS):
        innermost.inner = Slotted(1.0)
        innermost = innermost.inner
    parts, left_out = parts_of(outermost)
    assert len(parts) <= MAX_PARTS
    assert left_out


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.floats() | st.builds(Slotted, st.floats()),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.tuples(st.text(), inner)
            | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
            | st.builds(Slotted, inner, inner)
        ),
        max_leaves=30,
    )
)
def test_any_model_can_be_traced(held: Any) -> None:
    model = Slotted(1.0, held)
    parts, left_out = parts_of(model)
    assert parts[0].thing is model
    assert len({id(part.thing) for part in parts}) == len(parts)
    assert left_out >= 0
    described = tracing._describe_parts(parts, left_out)
    assert json.loads(json.dumps(described)) == described


class Odd:
    """An object whose every question ends badly."""

    def predict(self, rows: Any) -> Any:
        return rows[:, 0]


class Dictless(Odd):
    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        raise ValueError("no")


class Answering(Odd):
    def __getattribute__(self, name: str) -> Any:
        if name == "predict":
            return object.__getattribute__(self, name)
        raise RuntimeError(name)


class Crowded(Odd):
    def __init__(self) -> None:
        for number in range(5000):
            setattr(self, "x" * 3000 + str(number), "y" * 3000)


class Endless(Odd):
    def __init__(self) -> None:
        self.ring: list[Any] = []
        self.ring.append(self.ring)
        self.wide = [[[[[[Odd()]]]]], {"a": {"b": {"c": {"d": Odd()}}}}, np.array([None, self])]


class Lying(Odd):
    @property
    def __class__(self) -> Any:
        raise ValueError("no")


class Structured(Odd):
    def __init__(self) -> None:
        fields = [("field" * 20 + str(number), "f8") for number in range(2000)]
        self.table = np.zeros(2, fields)
        self.deep = np.zeros((1,) * 30)
        self.none = np.zeros((0, 2))
        self.times = np.array(["2020-01-01"], "M8[D]")
        self.objects = np.array([object()], object)
        self.huge = 10**4000
        self.text = "\ud800\x00"


@pytest.mark.parametrize("kind", [Dictless, Answering, Crowded, Endless, Lying, Structured])
def test_odd_objects_are_described_as_far_as_they_allow(kind: type) -> None:
    """Whatever they are, the answer passes validation."""
    model = kind()
    parts, left_out = parts_of(model)
    described = json.loads(json.dumps(tracing._describe_parts(parts, left_out)))
    empty = {"outcome": None, "untraced": None, "calls": [], "calls_left_out": 0}
    common = {"contents": [], "warnings": [], "seconds": 0.0}
    protocol.check_answer("trace", {**described, **empty, **common}, {})
    recorder = call_recorder.CallRecorder(parts, content.digest)
    with recorder.recording():
        assert (model.predict(ROWS) == ROWS[:, 0]).all()
    assert not isinstance(vars(Odd)["predict"], call_recorder._RecordedMethod)


def test_texts_go_the_same_way(tmp_path: Path) -> None:
    """A vectorizer calls its parent's ``transform``, and its own helper with words of its own."""
    texts = ["one two", "two three three"]
    model = TfidfVectorizer().fit(texts)
    answer = traced(tmp_path, model, "transform", texts)
    assert steps(answer) == ["_tfidf → transform", "transform"]
    assert answer["outcome"] == answer["untraced"]


def test_a_pipeline_in_an_outer_one_keeps_its_names() -> None:
    inner = Pipeline([("ridge", Ridge())])
    paths = [part.path for part in parts_of(Pipeline([("outer", inner)]))[0]]
    assert paths == [(), ("outer",), ("outer", "ridge")]
