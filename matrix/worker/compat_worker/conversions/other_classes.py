"""Another class in the place of one that this release cannot run: only on request."""

import inspect
from typing import Any

import numpy as np

from compat_worker.conversions.conversion import Conversion, own

_FEW = 2
"""With so many classes there is one model, whatever ``multi_class`` was."""


def _one_vs_rest(one: Any) -> bool:
    """A model of two classes for each row of ``coef_``: 1.8 has multinomial models only."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import LabelBinarizer

    state = own(one)
    if type(one) is not LogisticRegression or "coef_" not in state or not _was_one_vs_rest(one):
        return False
    known = inspect.signature(LogisticRegression.__init__).parameters
    given = {name: state[name] for name in known if name in state}
    members = []
    for row, intercept in zip(state["coef_"], np.ravel(state["intercept_"])):
        member = LogisticRegression(**given)
        member.coef_, member.intercept_ = row[np.newaxis, :].copy(), np.array([intercept])
        member.classes_, member.n_features_in_ = np.array([0, 1]), len(row)
        member.n_iter_ = np.asarray(state["n_iter_"]).ravel()[:1]
        members.append(member)
    made = OneVsRestClassifier(LogisticRegression(**given))
    made.estimators_ = members
    made.label_binarizer_ = LabelBinarizer(sparse_output=True).fit(state["classes_"])
    for name in ("classes_", "n_features_in_", "feature_names_in_"):
        if name in state and not isinstance(getattr(OneVsRestClassifier, name, None), property):
            setattr(made, name, state[name])
    # The object stays the one that pipelines and searches hold.
    one.__class__, one.__dict__ = OneVsRestClassifier, made.__dict__
    return True


def _was_one_vs_rest(one: Any) -> bool:
    state = own(one)
    if len(state["classes_"]) <= _FEW or len(state["coef_"]) != len(state["classes_"]):
        return False
    if "multi_class" in inspect.signature(type(one).__init__).parameters:
        return False  # this release still has them
    kind = state.get("multi_class", "auto")
    return kind in ("ovr", "warn") or (kind == "auto" and state.get("solver") == "liblinear")


CONVERSIONS = (
    Conversion(
        "one-vs-rest-1.8",
        ("LogisticRegression",),
        _one_vs_rest,
        "one-vs-rest logistic regression is a OneVsRestClassifier of models with two classes, "
        "without predict_log_proba and coef_",
        other_class=True,
    ),
)
