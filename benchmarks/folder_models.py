"""Make a folder of models of different kinds: ``folder_models.py FOLDER COUNT``.

Runs in an environment with scikit-learn. The models are small, as most are; no two are the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any


def models() -> Iterator[tuple[str, Any]]:
    """Names and fitted models without end, one kind after the other, on data of each round."""
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.ensemble import (
        GradientBoostingRegressor,
        HistGradientBoostingClassifier,
        RandomForestClassifier,
    )
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    words = ["red", "green", "blue", "apple", "tea", "sky", "pie", "cup", "day", "night"]
    for seed in count():
        random = np.random.RandomState(seed)
        X = random.normal(size=(150, 6)) * [1, 5, 0.1, 30, 1, 2]
        y = (X[:, 0] + X[:, 1] / 5 > 0).astype(int) + (X[:, 3] > 20)
        texts = [" ".join(random.choice(words, 5)) for _ in y]
        for kind, (estimator, data, answers) in {
            "scaled": (make_pipeline(StandardScaler(), LogisticRegression()), X, y),
            "ridge": (Ridge(), X, X[:, 2]),
            "forest": (RandomForestClassifier(10, random_state=seed), X, y),
            "boosting": (GradientBoostingRegressor(n_estimators=20), X, X[:, 1]),
            "bins": (HistGradientBoostingClassifier(max_iter=10), X, y),
            "svc": (SVC(random_state=seed), X, y),
            "text": (make_pipeline(TfidfVectorizer(), LogisticRegression()), texts, y),
            "neighbours": (KNeighborsClassifier(), X, y),
            "clusters": (KMeans(3, n_init=1, random_state=seed), X, None),
            "bayes": (GaussianNB(), X, y),
        }.items():
            yield f"{kind}-{seed}", estimator.fit(data, answers)


def main(folder: str, number: str) -> None:
    """Save so many models."""
    import joblib

    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, model in islice(models(), int(number)):
        joblib.dump(model, Path(folder, f"{name}.joblib"))


if __name__ == "__main__":
    main(*sys.argv[1:])
