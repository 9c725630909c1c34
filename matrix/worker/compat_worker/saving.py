"""Fit a pipeline, save it in every format, record its outputs."""

import hashlib
import importlib
import os
import random
import time
import warnings
from typing import Any, Callable, Dict, List, Tuple

import compat_matrix
import numpy as np

from compat_worker import (
    added_rows,
    content,
    estimator_names,
    keras_models,
    machine_failures,
    output_methods,
    own_script,
    own_table,
    table_source,
)
from compat_worker.answer import Answer, KeptContents, Piece, complete_answer
from compat_worker.call_methods import call_all
from compat_worker.formats import FORMATS
from compat_worker.journal import Journal
from compat_worker.observe import SeenWarnings, failure, record_outcome


class Unavailable(Exception):
    """The pipeline is not available in this environment; the message says why."""


class _SavingStage:
    """The current stage of a piece, for the answer if the piece raises."""

    name = "build"


def save(piece: Piece, journal: Journal) -> Answer:
    """The answer to one piece of a ``save`` request, as ``worker.py`` describes it."""
    seen = SeenWarnings()
    kept = KeptContents(journal)

    def work() -> Answer:
        stage = _SavingStage()
        try:
            return _save(piece, stage, journal, seen, kept.keep)
        except Unavailable as error:
            return {"unavailable": str(error)}
        except (Exception, SystemExit) as error:
            return {"stage": stage.name, "raised": failure(error)}

    return complete_answer(work, seen, kept)


def _save(
    piece: Piece,
    stage: _SavingStage,
    journal: Journal,
    seen: SeenWarnings,
    keep: Callable[[Any], str],
) -> Answer:
    registered, model = _build(piece)
    stage.name = "fit"
    with seen.during("fit"):
        data = _load_data(registered.data)
        random.seed(0)
        np.random.seed(0)
        model.fit(data.X, data.y)
    stage.name = "save"
    own_script.use(None, [os.path.dirname(piece["file"])])
    # Saved before the first prediction: predictions advance the random state of some models.
    artifacts = _artifacts(model, piece, data.X)
    stage.name = "rows"
    names = output_methods.to_record(model, registered.methods)
    joined, added = added_rows.add(model, data.X, data.rows, names, output_methods.call)
    rows = content.encode(joined)
    truth = None if data.truth is None else keep(content.encode(data.truth))
    stage.name = "use"
    given = content.decode(rows)
    plain = _plain_rows(registered.data, data.rows)
    source = None
    if plain is not None:
        made = table_source.Source(None, [], plain)
        if added:
            made = table_source.joined(made, data.rows, None, joined.iloc[-added:])
        source = table_source.encode(made)

    def call(own_rows: Any, own_seen: SeenWarnings) -> Dict[str, Answer]:
        return call_all(own_table.copied(model), names, own_rows, own_seen, keep)

    own = own_table.outcomes(
        given, call, journal.stage, source
    )  # before calls change a random state
    return {
        "artifacts": artifacts,
        "rows": keep(rows),
        "truth": truth,
        "rows_by_source": {"declared": _n_rows(joined) - added, "model": added},
        "only": registered.methods is not None,
        "estimators": estimator_names.class_names(model),
        # Outputs of the fitted object, not of the file, on the rows as readers decode them.
        "outputs": call_all(model, ["repr", "get_params"] + names, given, seen, keep),
        **own,
        **({} if source is None else {"source": keep(source)}),
    }


def _n_rows(rows: Any) -> int:
    if isinstance(rows, dict):
        return keras_models.count(rows)
    return int(rows.shape[0]) if hasattr(rows, "shape") else len(rows)


def _build(piece: Piece) -> Tuple[Any, Any]:
    registered = _find_pipeline(piece["file"], piece["pipeline"])
    _check_release(registered)
    random.seed(0)  # layers of networks draw their first weights as they are made
    np.random.seed(0)
    try:
        built = registered.build()
        return registered, keras_models.adapted(built, code=(_module(piece), piece["pipeline"]))
    except ImportError as error:
        machine_failures.raise_if_machine_failed(error)
        raise Unavailable("not available in this environment: {}".format(error))
    except TypeError as error:
        if "unexpected keyword argument" in str(error):
            raise Unavailable("not in this release of scikit-learn: {}".format(error))
        raise


def _module(piece: Piece) -> str:
    """The module that a pipeline file is imported as."""
    return os.path.splitext(os.path.basename(piece["file"]))[0]


def _find_pipeline(path: str, pipeline: str) -> Any:
    """The registered pipeline of a file, whose folder is on ``sys.path``."""
    name = os.path.splitext(os.path.basename(path))[0]
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        machine_failures.raise_if_machine_failed(error)
        raise Unavailable("{} cannot be imported: {}".format(os.path.basename(path), error))
    found = os.path.realpath(getattr(module, "__file__", None) or "")
    if found != os.path.realpath(path):
        raise ImportError(
            "the file {} has the same name as the module {}; rename the file".format(
                path, found or name
            )
        )
    return compat_matrix.REGISTERED[pipeline]


def _check_release(registered: Any) -> None:
    import sklearn

    here = _release_line(sklearn.__version__)
    if registered.since and here < _release_line(registered.since):
        raise Unavailable("needs scikit-learn {} or newer".format(registered.since))
    if registered.until and here > _release_line(registered.until):
        raise Unavailable("needs scikit-learn {} or older".format(registered.until))


def _release_line(version: str) -> Tuple[int, int]:
    parts = version.split(".")
    return int(parts[0]), int(parts[1])


_LOADED_DATA: Dict[Callable[[], Any], Any] = {}


def _load_data(make: Callable[[], Any]) -> Any:
    if make not in _LOADED_DATA:
        _LOADED_DATA[make] = make()
    return _LOADED_DATA[make]


def _plain_rows(make: Callable[[], Any], rows: Any) -> Any:
    """The rows with missing texts as the pipeline's file writes them, which pandas 3 makes NaN of.

    Returns:
        None if pandas keeps them, or the rows are no table of texts.
    """
    texts = [str(dtype) for dtype in getattr(rows, "dtypes", ()) if str(dtype) == "str"]
    if not texts or not hasattr(rows, "columns"):
        return None
    import pandas

    if make not in _PLAIN_ROWS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the option is deprecated
            with pandas.option_context("future.infer_string", False):
                _PLAIN_ROWS[make] = make().rows
    return _PLAIN_ROWS[make]


_PLAIN_ROWS: Dict[Callable[[], Any], Any] = {}


def _artifacts(model: Any, piece: Piece, rows: Any) -> Dict[str, Answer]:
    return {name: save_artifact(model, name, piece["folder"], rows) for name in piece["formats"]}


def save_artifact(model: Any, name: str, folder: str, rows: Any = None) -> Answer:
    """Save a model in a format.

    Args:
        model: a fitted model.
        name: of the format.
        folder: is made if it does not exist.
        rows: rows as the model takes them, for formats that write down their types; None if
            there are none.

    Returns:
        ``path``, ``sha256``, ``size`` (in bytes) of the file, and ``seconds`` of processor time to
        save it; or ``raised`` or ``unavailable``.
    """
    chosen = FORMATS[name]
    missing = chosen.missing()
    if missing is not None:
        return {"unavailable": missing}
    if chosen.methods and not any(hasattr(model, method) for method in chosen.methods):
        return {"unavailable": "the model has no {}".format(" and no ".join(chosen.methods))}
    path = os.path.join(folder, name + chosen.ending)

    def run() -> Answer:
        if not os.path.isdir(folder):
            os.makedirs(folder)
        started = time.process_time()
        if chosen.save_for is None or rows is None:
            chosen.save(model, path)
        else:
            chosen.save_for(model, path, rows)
        seconds = time.process_time() - started
        size = os.path.getsize(path)
        return {"path": path, "sha256": _sha256(path), "size": size, "seconds": seconds}

    return record_outcome(run)


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def import_failures(files: List[str]) -> Dict[str, Dict[str, str]]:
    """By path, the failure of each pipeline file that cannot be imported."""
    found = {}
    for path in files:
        try:
            importlib.import_module(os.path.splitext(os.path.basename(path))[0])
        except (Exception, SystemExit) as error:
            found[path] = failure(error)
    return found
