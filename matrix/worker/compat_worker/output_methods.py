"""The output methods: which of them a model has, and how each is called."""

import builtins
import inspect
import re
from typing import Any, Callable, Dict, List, Optional, Sequence

MethodCall = Callable[[Any, Any], Any]


class NoSuchMethod(Exception):
    """The model has no such method."""


class WithoutRows:
    """Stands for a model whose outputs need no rows."""

    outputs: Sequence[str] = ()
    """The keys of :data:`CALLS` that it has; no other model has them."""


class PlainData(WithoutRows):
    """Stands for a model whose only output is what it holds.

    Args:
        values: by name.
    """

    outputs = ("values",)

    def __init__(self, values: Dict[str, Any]) -> None:
        self.values = values


class FittedData(PlainData):
    """Stands for an estimator without an output method; it is shown as that is.

    Args:
        values: its fitted attributes, by name.
        model: the estimator.
    """

    def __init__(self, values: Dict[str, Any], model: Any) -> None:
        super().__init__(values)
        self._model = model

    def __repr__(self) -> str:
        return repr(self._model)

    def get_params(self) -> Dict[str, Any]:
        """The parameters of the estimator."""
        return dict(self._model.get_params())


def available(model: Any) -> List[str]:
    """The keys of :data:`CALLS` that a model has, in that order.

    A method whose lookup fails for another reason than its absence is included: calling it shows
    the reason.
    """
    if isinstance(model, WithoutRows):
        return list(model.outputs)
    return [name for name in CALLS if name not in _OF_NO_ESTIMATOR and _has(model, name)]


def taking_rows(model: Any) -> List[str]:
    """The output methods of a model that are called with rows."""
    return [name for name in available(model) if name not in _WITHOUT_ROWS]


def call(model: Any, name: str, rows: Any) -> Any:
    """What a method returns for the rows.

    Raises:
        NoSuchMethod: the model has no such method.
        Exception: whatever the method raises.
    """
    try:
        return CALLS[name](model, rows)
    except AttributeError as error:
        if _is_absence(error, name):
            raise NoSuchMethod(str(error)) from None
        raise


def _has(model: Any, name: str) -> bool:
    attribute, _, option = name.partition("[")
    try:
        found = getattr(model, attribute)
    except AttributeError as error:
        return not _is_absence(error, name)
    except Exception:
        return True
    return not option or _accepts(model, found, option.rstrip("]"))


def _accepts(model: Any, method: Any, option: str) -> bool:
    """Whether a method takes a keyword; a pipeline passes it to the method of its last step."""
    steps = getattr(model, "steps", None)
    last = steps[-1] if isinstance(steps, list) and steps else None
    if isinstance(last, (tuple, list)) and len(last) == 2:  # another class may have other steps
        method = getattr(last[1], method.__name__, None)
    try:
        return option in inspect.signature(method).parameters
    except (TypeError, ValueError):
        return False


def _is_absence(error: BaseException, name: str) -> bool:
    """Whether an AttributeError says that the model lacks this method.

    scikit-learn's conditional methods raise it too, some with the real reason as the cause; a
    pipeline passes on the message of its step.
    """
    attribute = name.partition("[")[0]
    innermost = error
    while isinstance(innermost.__cause__, AttributeError):
        innermost = innermost.__cause__
    text = str(innermost).rstrip(".")
    needed = ("transform", attribute) if attribute == "inverse_transform" else (attribute,)
    owner = _OWNER.search(text)
    if owner is not None and (
        hasattr(builtins, owner.group(1)) or owner.group(1) in _NOT_ESTIMATORS
    ):
        return False  # the method exists, and code inside it failed
    if any(text.endswith("has no attribute '{}'".format(one)) for one in needed):
        return True
    return any(words in text for words in _NOT_OFFERED)


_OWNER = re.compile(r"'(?:\w+\.)*(\w+)' object has no attribute '\w+'$")

#: Types beside the builtins whose missing attributes say nothing about the model's methods.
_NOT_ESTIMATORS = ("NoneType", "ndarray", "DataFrame", "Series", "csr_matrix", "function", "module")

#: Parts of the messages with which SVC, SGD, voting and novelty detectors refuse a method.
_NOT_OFFERED = ("is not available when", "estimates are not available", "only available when")


def _method(name: str) -> MethodCall:
    def run(model: Any, rows: Any) -> Any:
        return getattr(model, name)(rows)

    return run


def _attribute(name: str) -> MethodCall:
    def read(model: Any, rows: Any) -> Any:
        return getattr(model, name)

    return read


def _without_rows(name: str) -> MethodCall:
    def run(model: Any, rows: Any) -> Any:
        return getattr(model, name)()

    return run


def _predict_std(model: Any, rows: Any) -> Any:
    return model.predict(rows, return_std=True)


def _inverse_transform(model: Any, rows: Any) -> Any:
    # Looked up first, so that its absence is found before a long transform.
    inverse = model.inverse_transform
    return inverse(model.transform(rows))


def _own_output(name: str) -> MethodCall:
    def run(model: Any, rows: Any) -> Any:
        if not isinstance(model, WithoutRows) or name not in model.outputs:
            raise NoSuchMethod("it is no time series")
        return getattr(model, name)()

    return run


def _values(model: Any, rows: Any) -> Any:
    if not isinstance(model, PlainData):
        raise NoSuchMethod("it is a model")
    return model.values


_OF_NO_ESTIMATOR = ("forecast", "fitted_values", "values")
"""The outputs of :class:`WithoutRows`: a method of that name of another model takes arguments."""
_WITHOUT_ROWS = (
    "get_feature_names_out",
    "get_support",
    "classes_",
    "feature_names_in_",
    "n_features_in_",
    "training_state",
    "layer_weights",
    "layer_summary",
    *_OF_NO_ESTIMATOR,
)

#: By name, how a method is called; they are called in this order.
CALLS: Dict[str, MethodCall] = {
    "predict": _method("predict"),
    "predict_proba": _method("predict_proba"),
    "predict_log_proba": _method("predict_log_proba"),
    "predict_joint_log_proba": _method("predict_joint_log_proba"),
    "predict[return_std]": _predict_std,
    "decision_function": _method("decision_function"),
    "score_samples": _method("score_samples"),
    "transform": _method("transform"),
    "inverse_transform": _inverse_transform,
    "apply": _method("apply"),
    "decision_path": _method("decision_path"),
    "kneighbors": _method("kneighbors"),
    "mahalanobis": _method("mahalanobis"),
    "evaluate_loss": _method("evaluate_loss"),
    "training_state": _without_rows("training_state"),
    "layer_weights": _without_rows("layer_weights"),
    "layer_summary": _without_rows("layer_summary"),
    "get_feature_names_out": _without_rows("get_feature_names_out"),
    "get_support": _without_rows("get_support"),
    "classes_": _attribute("classes_"),
    "feature_names_in_": _attribute("feature_names_in_"),
    "n_features_in_": _attribute("n_features_in_"),
    "training_step": _method("training_step"),  # changes a model that was not loaded from a file
    "forecast": _own_output("forecast"),
    "fitted_values": _own_output("fitted_values"),
    "values": _values,
}


def to_record(model: Any, listed: Optional[Sequence[str]]) -> List[str]:
    """The methods to record: those that the pipeline file lists, or all that the model has."""
    return list(listed) if listed is not None else available(model)
