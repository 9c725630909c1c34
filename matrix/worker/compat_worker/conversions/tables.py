"""What prepares tables: imputers, encoders, and ``ColumnTransformer``."""

from typing import Any, Dict, List

import numpy as np

from compat_worker.conversions.conversion import Conversion, own, set_missing


def _imputer(one: Any) -> bool:
    """The type that missing values are filled in: until 1.4 that of the data seen in ``fit``."""
    state = own(one)
    if "statistics_" not in state:
        return False
    dtype = np.asarray(state["statistics_"]).dtype
    fit = state.get("_fit_dtype", dtype)
    return set_missing(one, _fit_dtype=fit, _fill_dtype=fit, indicator_=None)


def _one_hot(one: Any) -> bool:
    """No category is infrequent, and the first ones are dropped as before (1.1, 1.2, 1.3)."""
    state = own(one)
    if "categories_" not in state or not hasattr(one, "_compute_n_features_outs"):
        return False
    drop = state.get("drop_idx_")
    new = set_missing(one, _infrequent_enabled=False, drop_idx_=None, _drop_idx_after_grouping=drop)
    if "_n_features_outs" not in state:
        state["_n_features_outs"] = one._compute_n_features_outs()
        return True
    return new


def _ordinal(one: Any) -> bool:
    """No category is infrequent, and missing values are where the categories have them."""
    state = own(one)
    if "categories_" not in state:
        return False
    missing: Dict[int, int] = {}
    for column, categories in enumerate(state["categories_"]):
        places = [place for place, value in enumerate(categories) if value != value]
        if places:
            missing[column] = places[0]
    return set_missing(one, _infrequent_enabled=False, _missing_indices=missing)


def _columns(one: Any) -> bool:
    """Which columns each transformer takes, by number, and their names (1.0)."""
    state = own(one)
    if "transformers_" not in state:
        return False
    names = state.get("_feature_names_in", state.get("_df_columns"))
    new = False
    if names is not None:
        new = set_missing(one, feature_names_in_=np.asarray(names, dtype=object))
    total = int(state.get("n_features_in_", state.get("_n_features", 0)))
    taken = {
        name: _numbers(columns, state.get("feature_names_in_"), total)
        for name, _, columns in state["transformers_"]
    }
    set_missing(one, _name_to_fitted_passthrough={})  # read in 1.2 and 1.3 only
    return set_missing(one, _transformer_to_input_indices=taken) or new


def _numbers(columns: Any, names: Any, total: int) -> List[int]:
    """The numbers of columns that are given by number, name, mask or slice."""
    if isinstance(columns, slice):
        return list(range(total))[columns]
    listed = [columns] if isinstance(columns, (str, int)) else list(columns)
    if listed and all(isinstance(one, (bool, np.bool_)) for one in listed):
        return [number for number, taken in enumerate(listed) if taken]
    known = {} if names is None else {name: number for number, name in enumerate(names)}
    return [known[one] if isinstance(one, str) else int(one) for one in listed]


def _passed_through(one: Any) -> bool:
    """Put a fitted ``FunctionTransformer`` in the place of ``"passthrough"`` (since 1.4)."""
    state = own(one)
    if "transformers_" not in state or not _wants_transformers(one):
        return False
    found = []
    changed = False
    for name, transformer, columns in state["transformers_"]:
        taken = state["_transformer_to_input_indices"].get(name, [])
        if isinstance(transformer, str) and transformer == "passthrough" and taken:
            transformer, changed = _identity(one, taken), True
        found.append((name, transformer, columns))
    state["transformers_"] = found
    return changed


def _wants_transformers(one: Any) -> bool:
    """Whether this release has no ``"passthrough"`` among fitted transformers."""
    import sklearn

    return tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 4)


def _identity(one: Any, taken: List[int]) -> Any:
    """A fitted transformer of some columns that changes nothing."""
    from sklearn.preprocessing import FunctionTransformer

    made = FunctionTransformer(
        accept_sparse=True, check_inverse=False, feature_names_out="one-to-one"
    )
    made.set_output(transform="default")
    made.n_features_in_ = len(taken)
    names = own(one).get("feature_names_in_")
    if names is not None:
        made.feature_names_in_ = np.asarray(names, dtype=object)[taken]
    return made


def _plain_columns(one: Any) -> bool:
    """Lists of columns as plain lists: 1.5 to 1.8 had a class of their own for the remaining."""
    state = own(one)
    lists = [columns for _, _, columns in state.get("transformers_", ()) if _is_own_list(columns)]
    remainder = state.get("_remainder")
    if remainder is not None and _is_own_list(remainder[2]):
        state["_remainder"] = (*remainder[:2], list(remainder[2].data))
    if not lists:
        return False
    state["transformers_"] = [
        (name, transformer, list(columns.data) if _is_own_list(columns) else columns)
        for name, transformer, columns in state["transformers_"]
    ]
    return True


def _is_own_list(columns: Any) -> bool:
    return type(columns).__name__ in ("_RemainderColsList", "_Columns")


_COLUMNS = ("ColumnTransformer",)

CONVERSIONS = (
    Conversion(
        "imputer-type-1.8",
        ("SimpleImputer",),
        _imputer,
        "SimpleImputer fills in values of the type that it has seen",
    ),
    Conversion("one-hot-infrequent-1.3", ("OneHotEncoder",), _one_hot, "no category is infrequent"),
    Conversion(
        "ordinal-infrequent-1.3", ("OrdinalEncoder",), _ordinal, "no category is infrequent"
    ),
    Conversion(
        "remaining-columns-1.5", _COLUMNS, _plain_columns, "lists of columns are plain lists"
    ),
    Conversion(
        "columns-by-number-1.0",
        _COLUMNS,
        _columns,
        "ColumnTransformer has the numbers of the columns of each transformer",
    ),
    Conversion(
        "passthrough-1.4",
        _COLUMNS,
        _passed_through,
        'a fitted FunctionTransformer is in the place of "passthrough"',
    ),
)
