"""The trees of xgboost, LightGBM and CatBoost: read them, and plant faults in them.

These libraries keep their trees in compiled memory. A faulty booster is therefore made from the
text of the model, in which one number is changed, and takes the place of the original. Of CatBoost
only the values of leaves are changed, and only in models without columns of categories: it cannot
write these as text without the training data.
"""

import json
import os
import tempfile
from typing import Any, Callable, Dict, List, Optional, Tuple

Restore = Callable[[], None]
PlantFault = Callable[[int], Restore]

SIZE = 0.01
"""A number is changed by this share of itself."""


def kind(value: Any) -> Optional[str]:
    """``xgboost`` or ``lightgbm`` for a booster of that library, else None."""
    own = type(value)
    module = own.__module__.partition(".")[0]
    return module if own.__name__ == "Booster" and module in ("xgboost", "lightgbm") else None


def sites(value: Any, holder: Any, key: Any) -> List[Tuple[str, int, PlantFault]]:
    """Name, number of positions and planting function of each kind of fault in a booster.

    Args:
        value: any object; those that are no booster have none.
        holder: the dict or list in which the booster stands, or None.
        key: its key there.
    """
    library = kind(value)
    if holder is None:
        return []
    try:
        if type(value).__module__ == "_catboost":
            return _catboost_sites(value, holder, key)
        if library is None:
            return []
        return (_xgboost_sites if library == "xgboost" else _lightgbm_sites)(value, holder, key)
    except Exception:  # a release without this text form
        return []


def _replaced(holder: Any, key: Any, value: Any, other: Any) -> Restore:
    holder[key] = other

    def restore() -> None:
        holder[key] = value

    return restore


# ----------------------------------------------------------------------------------- CatBoost


def _catboost_sites(model: Any, holder: Any, key: Any) -> List[Tuple[str, int, PlantFault]]:
    import catboost

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.json")
        whole = catboost.CatBoost()
        whole._object = model
        whole.save_model(path, format="json")  # raises for models with columns of categories
        with open(path) as file:
            text = json.load(file)
    places = [
        (tree["leaf_values"], place)
        for tree in text["oblivious_trees"]
        for place in range(len(tree["leaf_values"]))
    ]

    def plant(position: int) -> Restore:
        values, place = places[position]
        before = values[place]
        values[place] = before + SIZE * (before or 1.0)
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "model.json")
                with open(path, "w") as file:
                    json.dump(text, file)
                other = catboost.CatBoost().load_model(path, format="json")
        finally:
            values[place] = before
        return _replaced(holder, key, model, other._object)

    return [("value", len(places), plant)]


# ------------------------------------------------------------------------------------ xgboost


def xgboost_trees(booster: Any) -> List[Dict[str, Any]]:
    """The trees of an xgboost booster, as its JSON has them.

    Raises:
        Exception: this release cannot write JSON to memory, or the booster has no trees.
    """
    trees: List[Dict[str, Any]] = _learner(_xgboost_text(booster))["model"]["trees"]
    return trees


def _xgboost_text(booster: Any) -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads(bytes(booster.save_raw("json")).decode("utf-8"))
    return found


def _learner(text: Dict[str, Any]) -> Dict[str, Any]:
    found: Dict[str, Any] = text["learner"]["gradient_booster"]
    inner: Dict[str, Any] = found.get("gbtree", found)  # dart has one inside
    return inner


def _xgboost_sites(booster: Any, holder: Any, key: Any) -> List[Tuple[str, int, PlantFault]]:
    import xgboost

    text = _xgboost_text(booster)
    model = _learner(text)["model"]
    if "trees" not in model:  # linear booster: weights
        numbers = {"weights": [(model["weights"], place) for place in range(len(model["weights"]))]}
    else:
        numbers = {"threshold": [], "value": []}
        for tree in model["trees"]:
            for place, left in enumerate(tree["left_children"]):
                name = "value" if left == -1 else "threshold"
                numbers[name].append((tree["split_conditions"], place))

    def planting(entries: List[Any]) -> PlantFault:
        def plant(position: int) -> Restore:
            values, place = entries[position]
            before = values[place]
            values[place] = before + SIZE * (before or 1.0)
            try:
                other = xgboost.Booster(model_file=None)
                other.load_model(bytearray(json.dumps(text).encode("utf-8")))
            finally:
                values[place] = before
            return _replaced(holder, key, booster, other)

        return plant

    return [(name, len(entries), planting(entries)) for name, entries in numbers.items() if entries]


# ----------------------------------------------------------------------------------- LightGBM


def lightgbm_trees(booster: Any) -> List[Dict[str, Any]]:
    """The trees of a LightGBM booster, each with the lists of its text form.

    Raises:
        Exception: the text has another form.
    """
    found: List[Dict[str, Any]] = []
    for line in booster.model_to_string().split("\n"):
        name, equals, text = line.partition("=")
        if line.startswith("Tree="):
            found.append({})
        elif line.startswith("end of trees"):
            break
        elif equals and found:
            found[-1][name] = text.split()
    return found


def lightgbm_ranges(booster: Any) -> List[Optional[Tuple[float, float]]]:
    """The smallest and the largest value of each feature in training; None for others."""
    for line in booster.model_to_string().split("\n"):
        if line.startswith("feature_infos="):
            return [_range(one) for one in line.partition("=")[2].split()]
    return []


def _range(text: str) -> Optional[Tuple[float, float]]:
    if not text.startswith("["):
        return None  # a category, or a feature that is not used
    low, _, high = text.strip("[]").partition(":")
    return float(low), float(high)


def _lightgbm_sites(booster: Any, holder: Any, key: Any) -> List[Tuple[str, int, PlantFault]]:
    import lightgbm

    # Without the sizes of the trees in bytes, the text is read line by line.
    lines = [one for one in booster.model_to_string().split("\n") if not one.startswith("tree_siz")]
    numbers: Dict[str, List[Tuple[int, int]]] = {"threshold": [], "leaf_value": []}
    for number, line in enumerate(lines):
        name, _, text = line.partition("=")
        if name in numbers:
            numbers[name].extend((number, place) for place in range(len(text.split())))

    def planting(entries: List[Tuple[int, int]]) -> PlantFault:
        def plant(position: int) -> Restore:
            number, place = entries[position]
            name, _, text = lines[number].partition("=")
            values = text.split()
            before = float(values[place])
            values[place] = repr(before + SIZE * (before or 1.0))
            changed = list(lines)
            changed[number] = "{}={}".format(name, " ".join(values))
            other = lightgbm.Booster(model_str="\n".join(changed))
            other.pandas_categorical = getattr(booster, "pandas_categorical", None)
            return _replaced(holder, key, booster, other)

        return plant

    return [(name, len(entries), planting(entries)) for name, entries in numbers.items() if entries]
