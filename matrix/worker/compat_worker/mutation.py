"""The mutation score of rows: the share of small faults planted in a model that they notice.

One fault at a time is planted in the fitted state (:mod:`compat_worker.fault_sites`), the output
methods are called, and the state is restored. A fault is *noticed* if an output differs beyond the
tolerance or a method raises. It is *live* if these rows or a pool of other rows notice it; a fault
that no row notices says nothing about rows.

Faults are drawn with a fixed seed and counted, so that the same model and rows give the same score
on every machine. Only large models reach the limit on processor time, and the result says so.
"""

import io
import pickle
import random
import time
import warnings
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import numpy as np

from compat_worker import (
    fault_sites,
    loader_guard,
    machine_failures,
    output_methods,
    widest_models,
)
from compat_worker.fault_sites import FaultSite, FittedState, SiteGroup
from compat_worker.name_guard import NameRefused
from compat_worker.output_changes import differs, is_constant

FAULTS = 100
"""Faults to plant."""

LIVE = 60
"""Live faults to find, at least, with up to MOST_FAULTS planted."""

MOST_FAULTS = 250

INERT = 12
"""An attribute in which so many faults were planted and none was live has no further turn."""

SECONDS = 5.0
"""Processor time for planting, at most; making the pool does not count."""

LARGE = 10000
"""A model with more tree nodes than this is called through one method, and planting stops as soon
as LIVE faults are found."""

NEAR = 64
"""A changed row of a model of neighbours is looked for among so many of the nearest rows."""

MOST_BYTES = 30000000
"""Pickled size up to which a model is copied for state that is rebuilt when it is loaded."""

_ARRAY_NAMES = [
    *(["numpy.core.multiarray", "_reconstruct"], ["numpy._core.multiarray", "_reconstruct"]),
    *(["numpy.core.multiarray", "scalar"], ["numpy._core.multiarray", "scalar"]),
    *(["numpy", "ndarray"], ["numpy", "dtype"]),
]
"""What a pickle of arrays looks up; a file of joblib has another name for them."""


class FaultCounts(NamedTuple):
    """What was planted, and what was noticed."""

    faults: int
    live: int
    noticed: int
    complete: bool
    """False if planting stopped at the limit on processor time."""
    constant: bool
    """Whether every output is the same for all rows."""


def score(
    model: Any,
    rows: Any,
    pool: Callable[[Any], Any],
    allowed: Any = None,
    methods: Optional[List[str]] = None,
    faults: int = FAULTS,
) -> FaultCounts:
    """The mutation score of rows.

    Args:
        model: a load of its own that nothing else uses afterwards.
        rows: the rows to score.
        pool: makes other rows for the model, ten times as many; called at most once, and may return
            None.
        allowed: the names that the model may look up when it is copied; None for all.
        methods: the methods to call; None for all that take rows.
        faults: how many to plant, at least.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        planting = _Planting(model, rows, pool, allowed, methods, faults)
        try:
            return planting.run()
        finally:
            planting.__dict__.clear()  # its parts refer to it, and would keep the model in memory


class _Planting:
    def __init__(
        self,
        model: Any,
        rows: Any,
        pool: Callable[[Any], Any],
        allowed: Any,
        methods: Optional[List[str]],
        faults: int,
    ) -> None:
        self.model = model
        self.allowed = allowed
        self.state = fault_sites.find(model)
        names = _methods(model) if methods is None else methods
        self.enough = faults
        if _n_nodes(self.state) > LARGE:
            names = _most_telling(names)
            self.enough = LIVE
        self.random_states = _random_states(self.state)
        self.forest = forest_of(model)
        self.on_rows = _FaultlessOutputs(self, rows, names)
        self.on_rows.try_some_first()
        self.methods = list(self.on_rows.before)
        self._make_pool = pool
        self._pool: Optional[_FaultlessOutputs] = None
        self._pool_made = False
        self._pool_seconds = 0.0
        self._copied = self._can_copy()

    def run(self) -> FaultCounts:
        started = time.process_time()
        groups = [group for _, group in sorted(self.state.groups.items())]
        turns = _Turns(groups)
        live = noticed = 0
        complete = True
        if not self.methods:
            return FaultCounts(0, 0, 0, True, True)
        while True:
            enough = turns.planted >= self.enough and live >= LIVE
            enough = enough or turns.planted >= MOST_FAULTS
            late = time.process_time() - started - self._pool_seconds > SECONDS
            chosen = None if enough or late else turns.next()
            if chosen is None:
                complete = not late or enough
                break
            group, site, position = chosen
            found = self._try(site, position)
            if found is None:
                continue
            turns.planted += 1
            turns.tell(group, found != "inert")
            live += found != "inert"
            noticed += found == "noticed"
        return FaultCounts(turns.planted, live, noticed, complete, self.on_rows.constant())

    # -------------------------------------------------------------------------- one fault

    def _try(self, site: FaultSite, position: int) -> Optional[str]:
        """``noticed``, ``missed`` or ``inert``; None if there was nothing to change."""
        if site.rebuilt and not self._copied:
            return None
        found = self._is_noticed(self.on_rows, site, position)
        if found is None or found:
            return "noticed" if found else None
        pool = self.pool()
        if pool is None:
            return "inert"
        return "missed" if self._is_noticed(pool, site, position) else "inert"

    def _is_noticed(
        self, outputs: "_FaultlessOutputs", site: FaultSite, position: int
    ) -> Optional[bool]:
        """Whether rows notice a fault; None if there is nothing to change at this position."""
        member = site.member if self.forest is not None and self.forest.has(site.member) else None
        if member is not None:
            outputs.keep_member(member)
        elif site.kept is not None and site.owner is last_step(self.model):
            outputs = outputs.near(site.point(position))
        restore = site.plant(position)
        if restore is None:
            return None
        try:
            model = self._copy() if site.rebuilt else self.model
            return model is None or outputs.differ(model, member)
        finally:
            restore()

    def pool(self) -> Optional["_FaultlessOutputs"]:
        if not self._pool_made:
            self._pool_made = True
            started = time.process_time()
            self.reset()
            rows = self._make_pool(self.model)
            if rows is not None:
                self._pool = _FaultlessOutputs(self, rows, self.methods, once=True)
            self._pool_seconds = time.process_time() - started
            if self._pool is not None:
                self._pool.try_some_first()
                self._pool = self._pool if self._pool.before else None
        return self._pool

    def _can_copy(self) -> bool:
        """Whether state that is rebuilt on load can be planted: copies behave like the model."""
        if not any(site.rebuilt for group in self.state.groups.values() for site in group.sites):
            return False
        copy = self._copy()
        return copy is not None and not self.on_rows.differ(copy, None)

    def _copy(self) -> Any:
        """The model after a pickle round trip; None if that fails."""
        try:
            data = _BoundedBytes()
            pickle.Pickler(data, protocol=4).dump(self.model)
            names = self.allowed and [*self.allowed, *_ARRAY_NAMES]
            with loader_guard.guarded(names):
                return pickle.loads(data.getvalue())
        except _TooLarge:
            return None
        except NameRefused:  # of something that the file, in its own format, has no need of
            return None
        except (Exception, SystemExit) as error:
            machine_failures.raise_if_machine_failed(error)
            return None

    def reset(self) -> None:
        """Set all random states as they were at first."""
        random.seed(0)
        np.random.seed(0)
        for thing, state in self.random_states:
            if isinstance(thing, np.random.RandomState):
                thing.set_state(state)
            else:
                thing.bit_generator.state = state


class _TooLarge(Exception):
    """More is written than is kept."""


class _BoundedBytes(io.BytesIO):
    """Raises _TooLarge as soon as more than MOST_BYTES are written."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > MOST_BYTES:
            raise _TooLarge
        return super().write(data)


class _FaultlessOutputs:
    """The outputs of the faultless model on some rows, to compare with.

    Args:
        planting: has the model.
        rows: the rows.
        methods: the methods to call.
        once: call each method once; else twice, to leave out those that do not repeat themselves.
    """

    def __init__(
        self, planting: _Planting, rows: Any, methods: List[str], once: bool = False
    ) -> None:
        self.planting = planting
        self.rows = rows
        self.before: Dict[str, Any] = {}
        self._member: Any = None
        self._forest_rows: Any = None
        self._inputs: Any = None
        self._first: Optional[_FaultlessOutputs] = None
        for name in methods:
            try:
                first = self._call(planting.model, name)
                if once or not differs(first, self._call(planting.model, name)):
                    self.before[name] = first
            except (Exception, SystemExit) as error:
                machine_failures.raise_if_machine_failed(error)

    def _call(self, model: Any, name: str) -> Any:
        self.planting.reset()
        value = output_methods.call(model, name, self.rows)
        if isinstance(value, np.ndarray) and value.base is not None:
            return value.copy()  # a view of the state, which is about to change
        return value

    def try_some_first(self) -> None:
        """Call methods on some of many rows first, and on all only if these notice nothing."""
        length = len(self.rows) if isinstance(self.rows, list) else self.rows.shape[0]
        if length > 4 * NEAR:
            chosen = np.unique(np.linspace(0, length - 1, NEAR).astype(int))
            rows = _taken(self.rows, chosen)
            self._first = _FaultlessOutputs(self.planting, rows, list(self.before), once=True)

    def keep_member(self, tree: Any) -> None:
        """Keep what one tree of the forest returns, to compare with after planting."""
        forest = self.planting.forest
        assert forest is not None
        if self._forest_rows is None:
            rows = inputs_of_last_step(self.planting.model, self.rows)
            sparse = hasattr(rows, "tocsr")
            self._forest_rows = (
                rows.tocsr().astype(np.float32)
                if sparse
                else np.ascontiguousarray(rows, dtype=np.float32)
            )
        self._member = tree.predict(self._forest_rows)

    def near(self, point: Any) -> "_FaultlessOutputs":
        """The outputs on the rows nearest to a kept row alone: only these depend on it."""
        if isinstance(self.rows, list) or self.rows.shape[0] <= 2 * NEAR:
            return self
        if self._inputs is None:
            self._inputs = inputs_of_last_step(self.planting.model, self.rows)
        if hasattr(self._inputs, "tocsr"):
            return self
        distances = ((self._inputs - point) ** 2).sum(axis=1)
        chosen = np.argpartition(np.nan_to_num(distances, nan=np.inf), NEAR)[:NEAR]
        rows = _taken(self.rows, chosen)
        return _FaultlessOutputs(self.planting, rows, list(self.before), once=True)

    def differ(self, model: Any, member: Any) -> bool:
        """Whether the faulty model returns something else, or raises."""
        try:
            if member is not None:
                return differs(self._member, member.predict(self._forest_rows))
            if self._first is not None and self._first.differ(model, None):
                return True
            return any(differs(v, self._call(model, name)) for name, v in self.before.items())
        except (Exception, SystemExit) as error:
            machine_failures.raise_if_machine_failed(error)
            return True

    def constant(self) -> bool:
        return all(is_constant(value) for value in self.before.values())


class _Turns:
    """Draws faults: attributes take turns, positions are random and used once."""

    def __init__(self, groups: List[SiteGroup]) -> None:
        self.planted = 0
        self._groups = [group for group in groups if group.count()]
        self._counts = [group.count() for group in self._groups]
        self._used: List[Any] = [set() for _ in self._groups]
        self._results = [[0, 0] for _ in self._groups]
        self._random = np.random.RandomState(0)
        self._next = 0

    def next(self) -> Any:
        """The group's number, a site and a position in it; None if there are no more."""
        for _ in range(len(self._groups)):
            number = self._next
            self._next = (self._next + 1) % len(self._groups)
            planted, live = self._results[number]
            if planted >= INERT and not live:
                continue
            position = self._draw(number)
            if position is not None:
                return (number,) + self._groups[number].at(position)
        return None

    def _draw(self, number: int) -> Optional[int]:
        used, count = self._used[number], self._counts[number]
        for _ in range(20):
            position = int(self._random.randint(count))
            if position not in used:
                used.add(position)
                return position
        rest = [place for place in range(min(count, 1000)) if place not in used]
        if not rest:
            return None
        position = rest[int(self._random.randint(len(rest)))]
        used.add(position)
        return position

    def tell(self, number: int, live: bool) -> None:
        self._results[number][0] += 1
        self._results[number][1] += live


# ----------------------------------------------------------------------------------- the model

_NEIGHBORS = ("kneighbors", "predict_proba", "predict", "transform")

_REDUNDANT = ("decision_path",)

_TELLING = (
    "predict_proba",
    "decision_function",
    "score_samples",
    "predict",
    "transform",
    "kneighbors",
)


def _methods(model: Any) -> List[str]:
    from compat_worker.output_methods import taking_rows

    names = [name for name in taking_rows(model) if name not in _REDUNDANT]
    if "kneighbors" in names:  # the others repeat the same search
        return [name for name in _NEIGHBORS if name in names][:2]
    return names


def _most_telling(names: List[str]) -> List[str]:
    """The one method that shows most of a model."""
    return next(([name] for name in _TELLING if name in names), names[:1])


def _n_nodes(state: FittedState) -> int:
    """Number of tree nodes in the state."""
    return sum(
        group.count()
        for name, group in state.groups.items()
        if name.endswith((".threshold", ".num_threshold", ".value", ".leaf_value"))
    )


def _random_states(state: FittedState) -> List[Any]:
    return [
        (
            one,
            one.get_state() if isinstance(one, np.random.RandomState) else one.bit_generator.state,
        )
        for one in state.random_states
    ]


class ForestTrees:
    """A forest, alone or as the last step of a pipeline.

    Its output is the mean of what its trees return, so that the tree with the fault shows it alone.
    """

    def __init__(self, trees: List[Any]) -> None:
        self._trees = {id(tree): tree for tree in trees}

    def has(self, tree: Any) -> bool:
        """Whether an object is one of the trees."""
        return tree is not None and id(tree) in self._trees


def last_step(model: Any) -> Any:
    """The last step of a pipeline, or the model itself."""
    steps = getattr(model, "steps", None)
    return steps[-1][1] if isinstance(steps, list) and steps else model


def inputs_of_last_step(model: Any, rows: Any) -> Any:
    """The rows as the last step gets them: an array, unless it would be too wide."""
    steps = getattr(model, "steps", None)
    for _, step in steps[:-1] if isinstance(steps, list) else ():
        if step is not None and not isinstance(step, str):
            rows = step.transform(rows)
    if hasattr(rows, "toarray"):
        return rows if rows.shape[1] >= widest_models.WIDEST else rows.toarray()
    return np.asarray(rows)


def _taken(rows: Any, chosen: Any) -> Any:
    if hasattr(rows, "iloc"):
        return rows.iloc[chosen]
    return [rows[place] for place in chosen] if isinstance(rows, list) else rows[chosen]


def forest_of(model: Any) -> Optional[ForestTrees]:
    """The forest in a model; None if its outputs are not the mean of trees."""
    last = last_step(model)
    names = {one.__name__ for one in type(last).__mro__}
    if not names & {"BaseForest", "ForestClassifier", "ForestRegressor"}:
        return None
    trees = [getattr(one, "tree_", None) for one in getattr(last, "estimators_", ())]
    if "RandomTreesEmbedding" in names or not trees or any(tree is None for tree in trees):
        return None
    return ForestTrees(trees)
