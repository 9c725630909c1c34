"""Find where small faults can be planted in the fitted state of a model, plant them, restore them.

A *site* is one place of the state, such as an array of coefficients, with a number of positions. A
*group* holds all sites of one attribute of one class: the thresholds of all trees of a forest, say.
The state is walked without running code of the model.

These parts of the state are never changed, because compiled code trusts them and would crash: the
children of tree nodes, ``indices`` and ``indptr`` of sparse matrices, the counts and positions of
libsvm, scalars of compiled objects. Plain integers and flags (``copy``) are no state that was
learned from data.
"""

from collections import OrderedDict
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import numpy as np

from compat_worker import booster_faults, parts
from compat_worker.booster_faults import Restore

SIZE = 0.01
"""A number is changed by this share of itself, or, if it is 0, of the largest number beside it."""

MAX_OBJECTS = 20000
"""Objects of a model that are visited, at most."""


class FaultSite:
    """One place of the state.

    Args:
        count: number of positions at which a fault can be planted.
        plant: plants a fault at a position; returns a function that restores the state, or None if
            there is nothing to change at this position.
    """

    def __init__(self, count: int, plant: Callable[[int], Optional[Restore]]) -> None:
        self.count = count
        self.plant = plant
        self.rebuilt = False
        """Whether methods use what is rebuilt from it when the model is loaded."""
        self.member: Any = None
        """The tree whose output alone shows the fault, in a forest."""
        self.owner: Any = None
        """The object that has the attribute."""
        self.kept: Any = None
        """For state of a model of neighbours: the kept rows, to which the positions belong."""

    def point(self, position: int) -> Any:
        """The kept row that a position belongs to."""
        return self.kept[position // (self.count // len(self.kept))]


class SiteGroup:
    """The sites of one attribute of one class."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sites: List[FaultSite] = []

    def count(self) -> int:
        """Number of positions in all sites."""
        return sum(site.count for site in self.sites)

    def at(self, position: int) -> Tuple[FaultSite, int]:
        """The site of a position of the group, and the position in the site."""
        for site in self.sites:
            if position < site.count:
                return site, position
            position -= site.count
        raise IndexError(position)


class FittedState:
    """The groups of a model's state, and its random states."""

    def __init__(self) -> None:
        self.groups: Dict[str, SiteGroup] = OrderedDict()
        self.random_states: List[Any] = []

    def add(self, name: str, site: FaultSite) -> None:
        """Add a site to the group of that name."""
        if site.count:
            self.groups.setdefault(name, SiteGroup(name)).sites.append(site)


def find(model: Any) -> FittedState:
    """The state of a model in which faults can be planted.

    Args:
        model: a fitted estimator. Planting a fault changes it until the fault is restored.
    """
    walk = _StateWalk()
    walk.visit(model)
    return walk.state


_NEVER = frozenset(
    """
    children_left children_right indptr indices n_support_ _n_support shape_fit_ copy copy_X
    fit_status_ n_iter_ n_iter n_features_in_ feature_names_in_ _feature_names_in n_outputs_
    oob_score_ oob_prediction_ oob_decision_function_ train_score_ loss_curve_ validation_scores_
    estimators_samples_ cv_results_ _stop_words_id
    """.split()  # noqa: SIM905
)
"""Attributes that crash compiled code when they change, or that no output depends on."""

_NEVER_INTEGERS = frozenset(
    {"support_", "_support", "core_sample_indices_", "estimators_features_"}
)
"""Positions: compiled code reads what lies there."""

_FOREIGN = frozenset(
    {"builtins", "pandas", "types", "functools", "joblib", "threading", "collections", "re", "os"}
)


class _ValuePlace:
    """Where a value stands: in ``holder[key]``, below an attribute of an object."""

    def __init__(
        self, where: str, name: str, rebuilt: bool, parameter: bool, owner: Any, kept: Any
    ) -> None:
        self.where = where
        self.owner = owner
        self.kept = kept
        self.name = name
        self.rebuilt = rebuilt
        self.parameter = parameter
        """Whether the attribute was given and not learned: objects in it are visited, no more."""


class _StateWalk:
    """Visits the objects of a model, each once."""

    def __init__(self) -> None:
        self.state = FittedState()
        self._seen: Dict[int, Any] = {}
        self._waiting: List[Tuple[Any, bool]] = []

    def visit(self, model: Any) -> None:
        self._object(model, False)
        while self._waiting and len(self._seen) < MAX_OBJECTS:
            thing, rebuilt = self._waiting.pop(0)
            self._attributes(thing, rebuilt)

    def _object(self, thing: Any, rebuilt: bool) -> None:
        kind = type(thing)
        if isinstance(thing, type) or id(thing) in self._seen:
            return
        if kind.__module__.partition(".")[0] in _FOREIGN or not parts.state(thing):
            return
        self._seen[id(thing)] = thing
        self._waiting.append((thing, rebuilt or _is_rebuilt(kind)))

    def _attributes(self, thing: Any, rebuilt: bool) -> None:
        own = parts.state(thing)
        params = _parameter_names(thing)
        holder = vars(thing) if hasattr(thing, "__dict__") else None
        kept = _kept_rows(own)
        for name, value in own.items():
            if name in _NEVER or parts.is_prototype(name, own):
                continue
            if name == "_fit_X" and own.get("_tree") is not None:
                continue  # the index has a copy of the rows, and only that is used
            where = "{}.{}".format(type(thing).__name__, name)
            place = _ValuePlace(where, name, rebuilt, name in params, thing, kept)
            self._value(place, value, holder, name, 4)

    def _value(self, place: _ValuePlace, value: Any, holder: Any, key: Any, depth: int) -> None:
        """Add the sites in a value, which stands in ``holder[key]``."""
        if isinstance(value, np.random.RandomState) or type(value).__name__ == "Generator":
            self.state.random_states.append(value)
        elif isinstance(value, (dict, list, tuple)) or _is_object_array(value):
            self._collection(place, value, depth)
        elif isinstance(value, (float, np.floating, str)):
            if not place.parameter and holder is not None and _is_changeable(value, holder):
                self._add(place, "", _scalar_site(holder, key, value))
        elif isinstance(value, (np.ndarray, type(None), bool, int, bytes)):
            if not place.parameter and isinstance(value, np.ndarray):
                self._array(place, value)
        else:
            found = [] if place.parameter else self._compiled(value, holder, key)
            for label, site in found:
                self._add(place, label, site)
            if not found:
                self._object(value, place.rebuilt)

    def _collection(self, place: _ValuePlace, value: Any, depth: int) -> None:
        if depth == 0:
            return
        if isinstance(value, dict) and not place.parameter and _is_vocabulary(value):
            if self._is_new(value):
                self._add(place, "", _vocabulary_site(value))
            return
        holder = None if isinstance(value, tuple) else value
        for key, item in _items(value):
            self._value(place, item, holder, key, depth - 1)

    def _array(self, place: _ValuePlace, value: Any) -> None:
        positions = value.dtype.kind in "iu" and place.name in _NEVER_INTEGERS
        if not positions and self._is_new(value):
            self._add(place, "", _array_site(value))

    def _compiled(self, value: Any, holder: Any, key: Any) -> List[Tuple[str, FaultSite]]:
        if id(value) in self._seen:
            return []
        found = _compiled_sites(value, holder, key)
        if found:
            self._seen[id(value)] = value
        return found

    def _is_new(self, value: Any) -> bool:
        """Whether a value was not visited before; it is from now on."""
        if id(value) in self._seen:
            return False
        self._seen[id(value)] = value
        return True

    def _add(self, place: _ValuePlace, label: str, site: Optional[FaultSite]) -> None:
        if site is not None:
            site.rebuilt = place.rebuilt
            site.owner = place.owner
            if place.kept is not None and site.count % len(place.kept) == 0:
                site.kept = place.kept
            self.state.add("{}.{}".format(place.where, label) if label else place.where, site)


def _kept_rows(own: Dict[str, Any]) -> Any:
    """The rows that a model of neighbours keeps, as a dense array; None for others."""
    index = own.get("_tree")
    rows = np.asarray(index.data) if hasattr(index, "data") else own.get("_fit_X")
    is_table = isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind in "fiu"
    return rows if is_table and len(rows) else None


def _is_changeable(value: Any, holder: Any) -> bool:
    """Whether a plain value is learned: a number, or a text in an array of categories."""
    if isinstance(value, str):
        return isinstance(holder, np.ndarray)
    return bool(np.isfinite(value))


def _is_rebuilt(kind: type) -> bool:
    """Whether a class has a way of its own of restoring its state when it is loaded."""
    own = getattr(kind, "__setstate__", None)
    if own is None or not hasattr(own, "__code__"):
        return False
    return not getattr(own, "__qualname__", "").startswith(("BaseEstimator.", "_Base", "object."))


def _parameter_names(thing: Any) -> Any:
    """The constructor's parameters of an estimator: these were given, not learned."""
    kind = type(thing)
    if not hasattr(kind, "fit"):
        return ()
    try:
        return frozenset(kind._get_param_names())
    except Exception:
        return ()


def _is_object_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == object and value.ndim > 0


def _items(value: Any) -> Iterator[Tuple[Any, Any]]:
    if isinstance(value, dict):
        return iter(list(dict.items(value))[:MAX_OBJECTS])
    if isinstance(value, np.ndarray):
        places = list(np.ndindex(*value.shape))[:MAX_OBJECTS]
        return iter([(place, value[place]) for place in places])
    return iter(list(enumerate(value))[:MAX_OBJECTS])


# ------------------------------------------------------------------------- numbers and texts


def _scalar_site(holder: Any, key: Any, value: Any) -> FaultSite:
    def plant(_: int) -> Restore:
        holder[key] = _changed(value, abs(float(value)) if not isinstance(value, str) else 0.0)

        def restore() -> None:
            holder[key] = value

        return restore

    return FaultSite(1, plant)


def _changed(value: Any, largest: float) -> Any:
    if isinstance(value, str):
        return value + "x"
    step = SIZE * value if value else SIZE * (largest or 1.0)
    return type(value)(value + step)


def _array_site(array: Any) -> Optional[FaultSite]:
    """An array of numbers, flags or strings; None if faults cannot be planted in it."""
    kind = array.dtype.kind
    if kind not in "fciubUS" or not array.size or not array.flags.writeable or array.dtype.names:
        return None
    others = np.unique(array.ravel()[:100000]) if kind in "iu" else None
    if others is not None and len(others) < 2:
        return None

    def plant(position: int) -> Optional[Restore]:
        place = np.unravel_index(position, array.shape) if array.ndim else ()
        before = array[place].copy()
        after = _other_entry(array, before, others)
        if after is None:
            return None
        array[place] = after
        if array[place] == before:
            array[place] = before
            return None

        def restore() -> None:
            array[place] = before

        return restore

    return FaultSite(int(array.size), plant)


def _other_entry(array: Any, before: Any, others: Any) -> Any:
    """The faulty value for an entry of an array; None if there is none.

    A whole number becomes another one of the same array, so that it stays within its range.
    """
    kind = array.dtype.kind
    if kind in "fc":
        if not np.isfinite(before):
            return None
        if before:
            return before * array.dtype.type(1.0 + SIZE)
        finite = np.abs(array[np.isfinite(array)])
        return SIZE * (float(finite.max()) or 1.0)
    if kind == "b":
        return not before
    if kind in "iu":
        return others[(np.searchsorted(others, before) + 1) % len(others)]
    last = before[-1:]
    other = (b"y" if last == b"x" else b"x") if kind == "S" else ("y" if last == "x" else "x")
    return before[:-1] + other


def _is_vocabulary(value: Any) -> bool:
    """Whether a dict maps texts to positions."""
    if len(value) < 2:
        return False
    key, position = next(iter(dict.items(value)))
    return type(key) is str and isinstance(position, (int, np.integer))


def _vocabulary_site(words: Any) -> FaultSite:
    """Two entries exchange their positions."""
    keys = sorted(words)

    def plant(position: int) -> Restore:
        one, other = keys[position], keys[(position + 1) % len(keys)]
        words[one], words[other] = words[other], words[one]

        def restore() -> None:
            words[one], words[other] = words[other], words[one]

        return restore

    return FaultSite(len(keys), plant)


# ------------------------------------------------------------------------- compiled objects


def _compiled_sites(value: Any, holder: Any, key: Any) -> List[Tuple[str, FaultSite]]:
    """The sites of a sparse matrix, a tree, an index of neighbours, a spline or a booster."""
    kind, module = type(value).__name__, type(value).__module__
    if hasattr(value, "indptr") and isinstance(getattr(value, "data", None), np.ndarray):
        return [("", site) for site in [_array_site(value.data)] if site is not None]
    if module.startswith("scipy.sparse") and isinstance(getattr(value, "data", None), np.ndarray):
        return [("", site) for site in [_array_site(value.data)] if site is not None]
    if hasattr(value, "children_left") and hasattr(value, "threshold"):
        return _tree_sites(value)
    if isinstance(getattr(value, "nodes", None), np.ndarray) and value.nodes.dtype.names:
        return _boosting_tree_sites(value)
    if kind.startswith(("KDTree", "BallTree")) and module.startswith("sklearn."):
        return _neighbor_index_sites(value, holder, key)
    if kind == "BSpline" and module.startswith("scipy."):
        # Not the knots: out of order, they make compiled code read uninitialized memory.
        return [("c", site) for site in [_array_site(np.asarray(value.c))] if site is not None]
    return [
        (name, FaultSite(count, plant))
        for name, count, plant in booster_faults.sites(value, holder, key)
    ]


def _entries_site(array: Any, chosen: Any, change: Callable[[Any], Any]) -> FaultSite:
    """Some entries of the first axis of an array; ``change`` gives the faulty one."""

    def plant(position: int) -> Optional[Restore]:
        place = int(chosen[position])
        before = array[place].copy()
        after = change(before)
        if not np.any(after != before):
            return None
        array[place] = after

        def restore() -> None:
            array[place] = before

        return restore

    return FaultSite(len(chosen), plant)


def _larger(largest: float) -> Callable[[Any], Any]:
    def change(before: Any) -> Any:
        step = np.where(before != 0, SIZE * np.asarray(before), SIZE * (largest or 1.0))
        return (before + step).astype(np.asarray(before).dtype)

    return change


def _largest(values: Any) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 1.0


def _tree_sites(tree: Any) -> List[Tuple[str, FaultSite]]:
    """Thresholds, leaf values and, where the tree has seen missing values, their side."""
    inner = np.flatnonzero(np.asarray(tree.children_left) >= 0)
    leaves = np.flatnonzero(np.asarray(tree.children_left) < 0)
    threshold, value = tree.threshold, tree.value
    inner = inner[np.isfinite(threshold[inner])]
    found = [("value", _leaf_value_site(value, leaves))]
    if len(inner):
        change = _larger(_largest(threshold[inner]))
        found.append(("threshold", _entries_site(threshold, inner, change)))
    for _, site in found:
        site.member = tree
    return found


def _leaf_value_site(value: Any, leaves: Any) -> FaultSite:
    """The values of leaves, each entry of the array of a leaf by itself."""
    width = int(np.prod(value.shape[1:]))
    largest = _largest(value)

    def plant(position: int) -> Optional[Restore]:
        leaf = int(leaves[position // width])
        place = (leaf,) + tuple(np.unravel_index(position % width, value.shape[1:]))
        before = value[place].copy()
        if before == 0 and width > 1:  # a class that has no share in this leaf
            return None
        value[place] = before + SIZE * (before or largest or 1.0)

        def restore() -> None:
            value[place] = before

        return restore

    return FaultSite(len(leaves) * width, plant)


def _boosting_tree_sites(tree: Any) -> List[Tuple[str, FaultSite]]:
    """Thresholds, leaf values and categories of a tree of histogram gradient boosting."""
    nodes = tree.nodes
    names = nodes.dtype.names
    name = "num_threshold" if "num_threshold" in names else "threshold"
    numeric = (nodes["is_leaf"] == 0) & np.isfinite(nodes[name])
    if "is_categorical" in names:
        numeric &= nodes["is_categorical"] == 0
    found = []
    for label, mask in ((name, numeric), ("value", nodes["is_leaf"] != 0)):
        chosen, values = np.flatnonzero(mask), nodes[label]
        if len(chosen):
            change = _larger(_largest(values[chosen]))
            found.append((label, _entries_site(values, chosen, change)))
    sets = getattr(tree, "raw_left_cat_bitsets", None)
    if isinstance(sets, np.ndarray) and sets.size and sets.flags.writeable:
        known = np.flatnonzero(sets.ravel())
        flat = sets.reshape(-1)
        found.append(
            ("categories", _entries_site(flat, known, lambda one: one & (one - one.dtype.type(1))))
        )
    return found


def _neighbor_index_sites(index: Any, holder: Any, key: Any) -> List[Tuple[str, FaultSite]]:
    """The rows kept in a KDTree or BallTree, which is rebuilt from its pickled state."""
    rebuild, arguments, state = type(index).__reduce_ex__(index, 2)[:3]
    if holder is None or not isinstance(state, tuple) or not isinstance(state[0], np.ndarray):
        return []
    rows = np.asarray(state[0])

    def plant(position: int) -> Optional[Restore]:
        faulty = rows.copy()
        site = _array_site(faulty)
        if site is None or site.plant(position) is None:
            return None
        other = rebuild(*arguments)
        other.__setstate__((faulty,) + tuple(state[1:]))
        holder[key] = other

        def restore() -> None:
            holder[key] = index

        return restore

    return [("data", FaultSite(int(rows.size), plant))]
