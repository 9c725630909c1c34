"""How much made rows notice: the tables of ``docs/evidence.md``.

Models of users' size are scored with made rows alone, reference pipelines with their declared rows
and with those that the environment that saves them adds. Runs in an environment with scikit-learn,
pandas, xgboost and lightgbm::

    nox -s evidence              # both tables
    nox -s evidence -- large     # models of users' size
    nox -s evidence -- fixtures  # reference pipelines below 0.95, and the pooled score
"""

from __future__ import annotations

import importlib
import pickle
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "matrix" / "worker"), str(ROOT / "fixtures")]

Model = Any
RANDOM = np.random.RandomState(0)


# ------------------------------------------------------------------------------- users' size


def large_models() -> dict[str, Callable[[], Model]]:
    """The models of the design's targets, by name."""
    import lightgbm
    import xgboost
    from sklearn import datasets, ensemble, neighbors, tree

    X, y = datasets.make_classification(5000, 10, n_informative=6, flip_y=0.05, random_state=1)
    return {
        "forest of 100 full trees": lambda: ensemble.RandomForestClassifier(
            100, random_state=0
        ).fit(X, y),
        "full tree": lambda: tree.DecisionTreeClassifier(random_state=0).fit(X, y),
        "gradient boosting": lambda: ensemble.GradientBoostingClassifier(random_state=0).fit(X, y),
        "histogram boosting": lambda: ensemble.HistGradientBoostingClassifier(random_state=0).fit(
            X, y
        ),
        "200 categories, one-hot": _cities,
        "neighbours of 5,000 samples": lambda: neighbors.KNeighborsClassifier().fit(X, y),
        "tf-idf of 4,000 words": _words,
        "xgboost": lambda: xgboost.XGBClassifier(n_estimators=100).fit(X, y),
        "LightGBM": lambda: lightgbm.LGBMClassifier(verbose=-1).fit(X, y),
    }


def _cities() -> Model:
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    n = 4000
    table = pd.DataFrame(
        {
            "city": RANDOM.choice([f"city {place}" for place in range(200)], n),
            "age": RANDOM.randint(18, 80, n).astype(float),
            "amount": RANDOM.gamma(2, 50, n),
        }
    )
    y = (table.age / 80 + table.city.str.len() % 2 + RANDOM.normal(size=n) > 1.5).astype(int)
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["city"]), (StandardScaler(), ["age", "amount"])
    )
    return make_pipeline(columns, LogisticRegression()).fit(table, y)


def _words() -> Model:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = np.array([f"w{place:04d}" for place in range(4000)])
    share = 1 / np.arange(1, 4001) ** 0.7
    texts = [" ".join(RANDOM.choice(words, 40, p=share / share.sum())) for _ in range(3000)]
    texts += [" ".join(words[start : start + 40]) for start in range(0, 4000, 40)]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    return model.fit(texts, RANDOM.randint(0, 3, len(texts)))


def large() -> None:
    """Print the table of models of users' size."""
    from compat_worker import evidence_rows, row_making

    print("| model | rows | faults noticed | mutation score | leaves reached | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, make in large_models().items():
        model = make()
        started = time.process_time()
        made = row_making.make_rows(model, 200)
        found = evidence_rows.of_made_rows(_loads(model), made, made.rows, None)
        seconds = time.process_time() - started
        print(f"| {name} | {made.n:,} | {_shown(found)} | {seconds:.1f} |", flush=True)


def _loads(model: Model) -> Callable[[], Model]:
    data = pickle.dumps(model)
    return lambda: pickle.loads(data)


def _shown(found: dict[str, Any]) -> str:
    live, noticed = found["live"], found["noticed"]
    score = f"{noticed / live:.2f}" if live else "-"
    leaves = f"{found['reached'] / found['leaves']:.0%}" if found["leaves"] else "-"
    early = "" if found["complete"] else ", stopped early"
    return f"{noticed} of {live}{early} | {score} | {leaves.replace('%', ' %')}"


# ------------------------------------------------------------------------- reference pipelines


def fixtures() -> None:
    """Print the pipelines below 0.95 as they are found, then the pooled scores."""
    totals = np.zeros((2, 2), dtype=int)
    count = 0
    print("| pipeline | declared rows | with added rows |\n| --- | --- | --- |")
    for name, own, both in _scored():
        count += 1
        totals += [[own["noticed"], own["live"]], [both["noticed"], both["live"]]]
        if not both["live"] or both["noticed"] < 0.95 * both["live"]:
            print(f"| `{name}` | {_score(own)} | {_score(both)} |", flush=True)
    pooled = totals[:, 0] / np.maximum(totals[:, 1], 1)
    print(f"\n{count} pipelines; declared rows {pooled[0]:.3f}, with added rows {pooled[1]:.3f}")


def _score(found: dict[str, Any]) -> str:
    if not found["live"]:
        return "-"
    return f"{found['noticed'] / found['live']:.2f} ({found['noticed']} of {found['live']})"


def _scored() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    import compat_matrix
    from compat_worker import added_rows, evidence, evidence_rows, output_methods

    for file in sorted((ROOT / "fixtures").glob("*.py")):
        importlib.import_module(file.stem)
    for name, registered in compat_matrix.REGISTERED.items():
        try:
            data = registered.data()
            model = registered.build()
            model.fit(data.X, data.y)
            loads, rows = _loads(model), data.rows
        except Exception as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        length = rows.shape[0] if hasattr(rows, "shape") else len(rows)
        pool = evidence_rows.pool_of(length)
        own = evidence.measure(loads, rows, pool)
        methods = output_methods.to_record(model, registered.methods)
        joined, added = added_rows.add(loads(), data.X, rows, methods, output_methods.call)
        yield name, own, evidence.measure(loads, joined, pool) if added else own


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for chosen in sys.argv[1:] or ["large", "fixtures"]:
        {"large": large, "fixtures": fixtures}[chosen]()
