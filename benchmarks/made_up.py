"""A made-up matrix that looks like a real one, of any size; and small ones for pictures.

The breaks follow what real releases do, so that pictures in tests read like the real thing, and
benchmarks count what real reports would have to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path

from matrix.model import (
    Cell,
    ClassifierScores,
    ClassScore,
    Detection,
    EnvInfo,
    Environment,
    EnvSpec,
    Failure,
    Matrix,
    OutputDifference,
    Pipeline,
    RegressorScores,
    Verdict,
    WarningSeen,
)

STARTED = datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc)

RELEASES = [  # label, scikit-learn, Python, numpy, joblib
    ("0.22", "0.22.2.post1", "3.8.18", "1.18.5", "0.15.1"),
    ("0.23", "0.23.2", "3.8.18", "1.19.2", "0.17.0"),
    ("0.24", "0.24.2", "3.9.18", "1.20.3", "1.0.1"),
    ("1.0", "1.0.2", "3.10.13", "1.22.0", "1.1.0"),
    ("1.1", "1.1.3", "3.11.7", "1.23.4", "1.2.0"),
    ("1.2", "1.2.2", "3.11.7", "1.24.2", "1.2.0"),
    ("1.3", "1.3.2", "3.12.1", "1.26.2", "1.3.2"),
    ("1.4", "1.4.2", "3.12.1", "1.26.4", "1.4.2"),
    ("1.5", "1.5.2", "3.13.0", "2.1.1", "1.4.2"),
    ("1.6", "1.6.1", "3.13.0", "2.2.1", "1.4.2"),
    ("1.7", "1.7.2", "3.13.0", "2.3.3", "1.5.2"),
    ("1.8", "1.8.0", "3.13.0", "2.4.0", "1.5.3"),
    ("1.9", "1.9.1", "3.13.0", "2.5.0", "1.6.0"),
    ("0.24 py3.7", "0.24.2", "3.7.17", "1.20.3", "1.0.1"),
    ("1.5 joblib1.2", "1.5.2", "3.13.0", "2.1.1", "1.2.0"),
    ("1.5 numpy1.26", "1.5.2", "3.12.1", "1.26.4", "1.4.2"),
]

_NAMES = """
adaboost_classifier adaboost_samme_r agglomerative bagging_trees bayesian_ridge birch
calibrated_svc chain_of_logistic column_transformer_remainder column_transformer_names
complement_nb count_vectorizer_nb dbscan_like decision_tree_classifier decision_tree_regressor
elastic_net extra_trees_classifier extra_trees_regressor factor_analysis feature_union
function_transformer gaussian_mixture gaussian_nb gaussian_process gradient_boosting_classifier
gradient_boosting_regressor grid_search_svc hashing_sgd hist_gradient_boosting
hist_gradient_boosting_missing huber isolation_forest iterative_imputer_ridge k_bins_ridge
k_neighbors k_neighbors_ball_tree k_means kernel_pca knn_imputer lasso_lars lda linear_svc
local_outlier_factor logistic_binary logistic_multinomial logistic_one_vs_rest
mini_batch_k_means mlp_classifier mlp_regressor multi_output_forest nmf_text nu_svc
one_hot_logistic one_vs_rest_svc ordinal_forest pandas_columns passive_aggressive pca_svc
perceptron pls_regression polynomial_ridge power_transform_ridge qda quantile_transform_knn
random_forest_classifier random_forest_regressor ridge robust_scaler_svr select_k_best
sgd_classifier simple_imputer_logistic spline_ridge stacking_classifier svc_probability
svr target_encoder_ridge tfidf_linear_svc truncated_svd voting_classifier
with_a_lambda with_an_open_file
"""
NAMES = _NAMES.split()

TREES = ("tree", "forest", "bagging", "adaboost")


def environment(
    label: str,
    sklearn: str = "1.5.2",
    python: str = "3.12.1",
    numpy: str = "1.26.4",
    joblib: str = "1.4.2",
    *,
    like: str | None = None,
) -> Environment:
    """A ready environment."""
    name = "sklearn-" + label.replace(" ", "-")
    return Environment(
        spec=EnvSpec(id=name, label=label, scikit_learn=label.split()[0], like=like),
        info=EnvInfo(
            python=python,
            platform="Linux-x86_64",
            executable=Path("/venv") / name / "bin/python",
            packages={"scikit-learn": sklearn, "numpy": numpy, "joblib": joblib},
        ),
    )


def unavailable(label: str, reason: str) -> Environment:
    """An environment that could not be built."""
    spec = EnvSpec(id="sklearn-" + label, label=label, scikit_learn=label)
    return Environment(spec=spec, reason=reason)


def pipeline(name: str, formats: tuple[str, ...] = ("joblib",)) -> Pipeline:
    """A reference pipeline with only a name."""
    return Pipeline(id=name, file=Path("fixtures/made_up.py"), line=1, doc="", formats=formats)


def binary_scores(recall: float, *, total: int = 1000, rare: int = 20) -> ClassifierScores:
    """Scores of a classifier that finds a share of the rare class and everything else."""
    found = round(rare * recall)
    common = total - rare
    missed = rare - found
    return ClassifierScores(
        accuracy=(total - missed) / total,
        classes=(
            ClassScore(
                label="ham",
                support=common,
                precision=common / (common + missed),
                recall=1.0,
                f1=2 * common / (2 * common + missed),
            ),
            ClassScore(
                label="spam",
                support=rare,
                precision=1.0 if found else 0.0,
                recall=recall,
                f1=2 * recall / (1 + recall),
            ),
        ),
        confusion=((common, 0), (missed, found)),
    )


def failed(cell: Cell, verdict: Verdict, stage: str, kind: str, message: str) -> Cell:
    """The cell with an exception."""
    failure = Failure(type=kind, message=message, traceback=f"Traceback …\n{kind}: {message}")
    return replace(cell, verdict=verdict, stage=stage, exception=failure)


def changed(
    cell: Cell, verdict: Verdict, method: str, max_abs: float, rows: int, of: int = 180
) -> Cell:
    """The cell with a silent change in one method."""
    difference = OutputDifference(
        verdict=verdict, max_abs=max_abs, max_rel=max_abs / 2, n_changed=rows, n=of
    )
    return replace(cell, verdict=verdict, stage=method, silent=True, outputs={method: difference})


@dataclass(frozen=True)
class MadeUpCells:
    """Cells as from a store: they can be iterated any number of times and are never all in memory.

    They come in the order of a real run: pair of environments by pair, as in ``CellIndex``.
    """

    environments: Sequence[Environment]
    pipelines: Sequence[Pipeline]

    def __iter__(self) -> Iterator[Cell]:
        columns = [(built.id, name) for built in self.pipelines for name in built.formats]
        for writer in self.environments:
            for reader in self.environments:
                for pipeline_id, format_name in columns:
                    yield self._cell(pipeline_id, format_name, writer, reader)

    def _cell(self, name: str, fmt: str, writer: Environment, reader: Environment) -> Cell:
        cell = Cell(
            pipeline=name,
            format=fmt,
            writer=writer.id,
            reader=reader.id,
            verdict=Verdict.IDENTICAL,
            n_identical=4,
        )
        for side in (writer, reader):
            if not side.ready:
                return replace(cell, verdict=Verdict.UNAVAILABLE, reason=side.reason)
        if writer is reader and not name.startswith("with_"):
            return cell if _missing(name, writer) is None else _not_there(cell, name)
        answer = _fate(cell, _release(writer), _release(reader))
        if answer.verdict.safe and writer.spec.scikit_learn != reader.spec.scikit_learn:
            seen = WarningSeen(
                category="InconsistentVersionWarning",
                message=f"Trying to unpickle estimator from version {writer.spec.scikit_learn}",
                stage="load",
            )
            answer = replace(answer, warnings=(seen,))
        return _numpy_and_python(answer, writer, reader)


def _release(environment: Environment) -> tuple[int, ...]:
    return tuple(int(part) for part in environment.spec.scikit_learn.split("."))


def _missing(name: str, environment: Environment) -> str | None:
    since = {"hist_gradient": (0, 24), "spline": (1, 0), "target_encoder": (1, 3)}
    for start, release in since.items():
        if name.startswith(start) and _release(environment) < release:
            return start
    return None


def _not_there(cell: Cell, name: str) -> Cell:
    reason = f"no estimator {name.title().replace('_', '')} in this release"
    return replace(cell, verdict=Verdict.UNAVAILABLE, stage="build", reason=reason)


def _fate(cell: Cell, writer: tuple[int, ...], reader: tuple[int, ...]) -> Cell:
    """The verdict of a pair of releases for a pipeline."""
    name = cell.pipeline
    since = {"hist_gradient": (0, 24), "spline": (1, 0), "target_encoder": (1, 3)}
    for start, release in since.items():
        if name.startswith(start) and min(writer, reader) < release:
            return _not_there(cell, name)
    if name == "with_a_lambda":
        message = "Can't pickle <function <lambda> at 0x7f31c0de>: attribute lookup failed"
        return failed(cell, Verdict.NOT_SAVED, "save", "pickle.PicklingError", message)
    if name == "with_an_open_file":
        message = "cannot pickle '_io.TextIOWrapper' object"
        return failed(cell, Verdict.NOT_SAVED, "save", "TypeError", message)
    for rule in (_trees, _linear, _others):
        answer = rule(cell, writer, reader)
        if answer is not None:
            return answer
    return cell


def _trees(cell: Cell, writer: tuple[int, ...], reader: tuple[int, ...]) -> Cell | None:
    name = cell.pipeline
    if any(word in name for word in TREES):
        if (writer < (1, 3)) != (reader < (1, 3)):
            message = (
                "node array from the pickle has an incompatible dtype:\n- expected: {'names': "
                "['left_child', 'right_child', 'feature', 'threshold', 'impurity'], 'formats': "
                f"['<i8', '<i8', '<i8', '<f8', '<f8'], 'itemsize': {64 + len(name) % 2}}}"
            )
            return failed(cell, Verdict.LOAD_FAILED, "load", "ValueError", message)
        if name == "decision_tree_classifier" and writer == (1, 3) and reader > (1, 3):
            return changed(cell, Verdict.SCORES_CHANGED, "predict_proba", 54.0, 171)
        if name == "adaboost_samme_r" and writer <= (1, 5) and reader >= (1, 6):
            answer = changed(cell, Verdict.LABELS_CHANGED, "predict", 1.0, 16, 1000)
            return replace(answer, before=binary_scores(0.9), after=binary_scores(0.1))
    return None


def _linear(cell: Cell, writer: tuple[int, ...], reader: tuple[int, ...]) -> Cell | None:
    name = cell.pipeline
    if "logistic" in name and writer >= (1, 8) and reader <= (1, 7):
        message = "'LogisticRegression' object has no attribute 'multi_class'"
        return failed(cell, Verdict.USE_FAILED, "predict_proba", "AttributeError", message)
    if name == "logistic_one_vs_rest" and writer <= (1, 7) and reader >= (1, 8):
        return changed(cell, Verdict.SCORES_CHANGED, "predict_proba", 0.118, 160)
    if name == "logistic_binary" and writer >= (1, 5) and reader <= (1, 4):
        return changed(cell, Verdict.SCORES_CHANGED, "predict_proba", 0.31, 97)
    if name == "pls_regression" and writer <= (1, 4) and reader >= (1, 5):
        answer = changed(cell, Verdict.SCORES_CHANGED, "predict", 151.0, 180)
        return replace(
            answer,
            before=RegressorScores(r2=0.48, mean_absolute_error=43.1, max_error=152.0),
            after=RegressorScores(r2=-3.2, mean_absolute_error=148.0, max_error=301.0),
        )
    return None


def _others(cell: Cell, writer: tuple[int, ...], reader: tuple[int, ...]) -> Cell | None:
    name = cell.pipeline
    if "imputer" in name and writer <= (1, 7) and reader >= (1, 8):
        message = "'SimpleImputer' object has no attribute '_fill_dtype'"
        return failed(cell, Verdict.USE_FAILED, "transform", "AttributeError", message)
    if name == "column_transformer_remainder" and writer <= (1, 6) and reader >= (1, 7):
        message = (
            "Can't get attribute '_RemainderColsList' on <module 'sklearn.compose."
            "_column_transformer' from '/srv/venv/lib/python3.13/site-packages/sklearn/x.py'>"
        )
        return failed(cell, Verdict.LOAD_FAILED, "load", "AttributeError", message)
    if name.startswith("gradient_boosting") and (writer < (1, 9)) != (reader < (1, 9)):
        message = "Can't get attribute '_loss' on <module 'sklearn.ensemble._gb'>"
        return failed(cell, Verdict.LOAD_FAILED, "load", "AttributeError", message)
    if name == "kernel_pca" and writer < (1, 0) <= reader:
        return changed(cell, Verdict.STRUCTURE_CHANGED, "transform", 0.0, 180)
    if name == "isolation_forest" and (writer, reader) == ((1, 4), (1, 8)):
        return replace(cell, verdict=Verdict.CRASHED, stage="load", reason="SIGSEGV")
    return None


def _numpy_and_python(cell: Cell, writer: Environment, reader: Environment) -> Cell:
    if cell.verdict.group.value == "cannot tell" or writer.info is None or reader.info is None:
        return cell
    new = int(writer.info.packages["numpy"].split(".")[0]) >= 2
    readers = tuple(int(part) for part in reader.info.packages["numpy"].split(".")[:2])
    if new and readers < (1, 26):
        message = "No module named 'numpy._core'"
        return failed(cell, Verdict.LOAD_FAILED, "load", "ModuleNotFoundError", message)
    old_python = reader.info.python.startswith("3.7")
    if cell.format == "pickle-5" and old_python and writer is not reader:
        message = "unsupported pickle protocol: 5"
        return failed(cell, Verdict.LOAD_FAILED, "load", "ValueError", message)
    return cell


def made_up_matrix(
    *,
    copies: int = 1,
    labels: Sequence[str] = tuple(row[0] for row in RELEASES),
    names: Sequence[str] = NAMES,
) -> Matrix:
    """Sixteen environments and some eighty pipelines, or fewer; repeated under other names."""
    environments = []
    for label, sklearn, python, numpy, joblib in RELEASES:
        like = f"sklearn-{label.split()[0]}" if " " in label else None
        if label in labels:
            environments.append(environment(label, sklearn, python, numpy, joblib, like=like))
    pipelines = [
        pipeline(
            name if not copy else f"{name}_{copy}",
            ("joblib", "pickle-5") if name in ("ridge", "lda", "svr") else ("joblib",),
        )
        for copy in range(copies)
        for name in names
    ]
    reason = "no wheel of scikit-learn 0.21 for a Python on this machine (3.8 to 3.13)"
    return Matrix(
        started=STARTED,
        finished=STARTED + timedelta(minutes=5, seconds=12),
        environments=(*environments, unavailable("0.21", reason)),
        pipelines=tuple(pipelines),
        cells=MadeUpCells(environments, pipelines),
        self_check={
            "predictions change": Detection.DETECTED,
            "dies on load": Detection.DETECTED,
            "fails in repr": Detection.DETECTED,
            "never ends": Detection.MISSED,
            "cannot be built": Detection.DETECTED,
        },
    )


def so_many_cells(count: int) -> Matrix:
    """A matrix with a number of distinct cells, and as few pipelines as that needs."""
    once = sum(1 for _ in made_up_matrix().cells)
    matrix = made_up_matrix(copies=-(-count // once))
    environments = [one for one in matrix.environments if one.ready]
    pairs, columns, few = len(environments) ** 2, 0, list[Pipeline]()
    for one in matrix.pipelines:
        if columns * pairs < count:
            few.append(one)
            columns += len(one.formats)
    cells = _First(MadeUpCells(environments, few), count)
    return replace(matrix, pipelines=tuple(few), cells=cells)


@dataclass(frozen=True)
class _First:
    """The first of many cells; can be iterated any number of times."""

    cells: Iterable[Cell]
    count: int

    def __iter__(self) -> Iterator[Cell]:
        return islice(self.cells, self.count)


def small_matrix() -> Matrix:
    """A small matrix with every verdict, for screenshots."""
    return made_up_matrix(
        labels=["1.2", "1.3", "1.5", "1.6", "1.5 numpy1.26"],
        names=[
            "adaboost_samme_r",
            "pls_regression",
            "random_forest_classifier",
            "ridge",
            "target_encoder_ridge",
            "with_a_lambda",
        ],
    )
