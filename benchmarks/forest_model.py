"""Save a random forest of about so many MB: ``forest_model.py FILE MB``. Needs scikit-learn.

A few trees are fitted to noise, and copied: what counts is the memory that the file takes.
"""

from __future__ import annotations

import pickle
import sys
from copy import deepcopy


def main(path: str, megabytes: str) -> None:
    """Fit, copy and save."""
    import joblib
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier

    random = np.random.RandomState(0)
    X, y = random.normal(size=(20_000, 8)), random.randint(0, 2, 20_000)
    forest = RandomForestClassifier(4, max_features=1, random_state=0).fit(X, y)
    size = sum(len(pickle.dumps(tree)) for tree in forest.estimators_)
    copies = int(float(megabytes) * 1e6 / size)
    forest.estimators_ = [deepcopy(tree) for _ in range(copies) for tree in forest.estimators_]
    forest.n_estimators = len(forest.estimators_)
    joblib.dump(forest, path)


if __name__ == "__main__":
    main(*sys.argv[1:])
