"""Load a user's model in its original environment and record its outputs on made or given rows."""

import os
import warnings
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from compat_worker import (
    bundle_parts,
    content,
    data_files,
    estimator_names,
    evidence_rows,
    expected_outputs,
    feature_inference,
    keras_models,
    keras_rows,
    loader_guard,
    machine_failures,
    output_methods,
    own_table,
    row_making,
    table_source,
)
from compat_worker.answer import Answer, KeptContents, Piece, complete_answer
from compat_worker.call_methods import call_all
from compat_worker.formats import READABLE
from compat_worker.journal import Journal
from compat_worker.loading import call_on_fresh_loads
from compat_worker.observe import SeenWarnings, failure
from compat_worker.output_methods import PlainData, WithoutRows
from compat_worker.row_making import MadeRows
from compat_worker.user_error import UserError

Fresh = Callable[[], Any]


def record_reference(piece: Piece, journal: Journal) -> Answer:
    """The answer to one piece of a ``reference`` request, as ``worker.py`` describes it."""
    seen = SeenWarnings(journal.stage)
    kept = _ReadableContents(journal, piece["expected"] is not None)
    return complete_answer(lambda: _record_reference(piece, journal, seen, kept), seen, kept)


class _ReadableContents(KeptContents):
    """Stored contents that can be read again, to compare them with expected outputs.

    Args:
        journal: where contents are written.
        readable: whether they have to be; those of large models take much memory.
    """

    def __init__(self, journal: Journal, readable: bool) -> None:
        super().__init__(journal)
        self.data: Dict[str, bytes] = {}
        self._readable = readable

    def keep(self, data: Any) -> str:
        name = super().keep(data)
        if self._readable:
            self.data[name] = b"".join(data) if isinstance(data, list) else data
        return name


def _record_reference(
    piece: Piece, journal: Journal, seen: SeenWarnings, kept: _ReadableContents
) -> Answer:
    """The answer for the rows of the piece, or for made rows if an example does not fit."""
    try:
        return _record(piece, journal, seen, kept)
    except UserError:
        if not (piece["data"] or {}).get("example"):
            raise
        return _record(dict(piece, data=None), journal, seen, kept)


def _record(piece: Piece, journal: Journal, seen: SeenWarnings, kept: _ReadableContents) -> Answer:
    chosen = READABLE[piece["format"]]

    def fresh() -> Any:
        with seen.during("load"), loader_guard.guarded(piece.get("allowed")):
            loaded = chosen.load(piece["path"])
        journal.stage("making rows")  # until a method is called to be recorded
        return bundle_parts.take(loaded, piece.get("part"))

    try:
        model = fresh()
    except (Exception, SystemExit) as error:
        return {"stage": "load", "raised": failure(error)}
    try:
        found = _rows(piece, model, fresh)
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        return {"stage": "rows", "raised": failure(error)}
    given, rows = found.given, found.decoded
    answer = {
        "rows": kept.keep(found.data),
        "truth": None if found.truth is None else kept.keep(content.encode(found.truth)),
        "made": given.kinds,
        "dropped": given.dropped,
        "n_rows": given.n,
        "fewer": given.fewer,
        "unfit": found.unfit,
        "only": False,
        "estimators": estimator_names.class_names(model),
        "features": found.names,
    }
    methods = output_methods.taking_rows(model)
    limited = chosen.methods
    measured = _is_measured(piece, model)
    del model  # as few loads at a time as possible: a model may be as large as half of the memory
    if found.source is not None:
        answer["source"] = kept.keep(found.source)
    try:
        answer.update(_record_outputs(fresh, rows, found.source, journal, seen, kept, limited))
    except (Exception, SystemExit) as error:
        return {"stage": "use", "raised": failure(error)}
    answer["evidence"] = found.evidence
    if measured and (piece["data"] is None or found.unfit) and given.n:
        answer["evidence"] = evidence_rows.of_made_rows(fresh, given, rows, piece.get("allowed"))
    if piece["data"] is not None and given.n and not found.unfit:
        _check_accepted(answer["outputs"], methods)
    if piece["expected"] is not None:
        _apply_expected(piece, answer, kept)
    return answer


class _Rows(NamedTuple):
    """The rows that the outputs are recorded for."""

    given: MadeRows
    data: bytes
    """Their content."""
    decoded: Any
    """The rows as readers decode them."""
    source: Optional[bytes]
    """The content of what a table was made of; None for its own values."""
    truth: Any
    """The true targets, or None."""
    names: Optional[List[str]]
    """Of the columns that the model was fitted on, if they have any."""
    evidence: Any
    """Of given rows; None if it is not measured yet."""
    unfit: str
    """Why rows were made although some were given; empty if none were given, or if they fit."""


def _rows(piece: Piece, model: Any, fresh: Fresh) -> _Rows:
    unfit = ""
    try:
        given, truth, names = _given_or_made_rows(piece, model, fresh)
    except UserError as error:
        if not _is_one_of_several(piece):
            raise
        unfit = str(error)
        given, truth, names = _given_or_made_rows({**piece, "data": None}, model, fresh)
    found = None
    if _is_measured(piece, model) and piece["data"] is not None and given.n and not unfit:
        add = piece["expected"] is None
        example, n = piece["data"].get("example", False), given.n
        given, found = evidence_rows.of_given_rows(
            fresh, given, piece["n"], add, piece.get("allowed"), few=example
        )
        if example and given.n == n:
            raise UserError("no rows can be made in the types of the example")
    data = content.encode(given.rows)
    _check_complete(data)
    made_of = None if given.source is None else table_source.encode(given.source)
    return _Rows(given, data, content.decode(data), made_of, truth, names, found, unfit)


def _is_measured(piece: Piece, model: Any) -> bool:
    """Whether to measure what rows would notice.

    The weights of Keras are compared themselves, and in a converted model no fault is planted.
    """
    measured = bool(piece.get("evidence")) and not READABLE[piece["format"]].methods
    return measured and not keras_models.is_keras(model)


def _is_one_of_several(piece: Piece) -> bool:
    """Whether the given rows may be meant for another model of the same file."""
    data = piece["data"]
    given = data is not None and not data.get("example", False)
    return given and bool(piece.get("part")) and piece["expected"] is None


def _check_complete(data: bytes) -> None:
    if not content.is_complete(data):
        raise UserError(
            "the rows hold values other than numbers, text, dates and missing values, which cannot "
            "be used in other environments; remove these columns, or give them as text"
        )


def _given_or_made_rows(piece: Piece, model: Any, fresh: Fresh) -> Any:
    """The rows with their kinds, the true targets or None, and the feature names or None."""
    if keras_models.is_keras(model):
        return _rows_of_keras(piece, model), None, None
    if isinstance(model, WithoutRows):
        if piece["data"] is not None and not isinstance(model, PlainData):
            raise UserError("a fitted time series is compared without rows: leave out --data")
        return MadeRows(np.zeros((0, 0)), {}, {}, 0), None, None
    known = feature_inference.infer(model)
    names = None if known is None or known.names is None else [str(one) for one in known.names]
    data = piece["data"]
    if data is None:
        if piece["expected"] is not None:
            raise UserError(
                "expected outputs need the rows that they were recorded for: add these rows with "
                "--data FILE"
            )
        return row_making.make_rows(model, piece["n"]), None, names
    given = data_files.read(
        data["path"],
        data["kind"],
        data["target"],
        known,
        data.get("dtypes"),
        lambda rows: _accepts(fresh(), rows),
        data.get("hints"),
    )
    if _is_one_of_several(piece) and not _accepts(fresh(), given.rows):
        raise UserError("no method of this {} accepts these rows".format(type(model).__name__))
    made = MadeRows(
        given.rows,
        {"from {}".format(os.path.basename(data["path"])): given.n},
        {},
        given.n,
        given.source,
    )
    return made, _true_targets(given.truth, model), names


def _rows_of_keras(piece: Piece, model: Any) -> MadeRows:
    if piece["expected"] is not None:
        raise UserError("expected outputs are not compared for models of Keras yet")
    data = piece["data"]
    if data is None:
        return keras_rows.make(model, KERAS_ROWS)
    return keras_rows.read(model, data["path"], data["kind"], data["target"])


KERAS_ROWS = 64
"""Rows made for a model of Keras; each may be a picture."""


def _accepts(model: Any, rows: Any) -> bool:
    """Whether some method of a model accepts rows."""
    names = output_methods.taking_rows(model)
    return any(_returns(model, name, rows) for name in names) or not names


def _returns(model: Any, name: str, rows: Any) -> bool:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            output_methods.call(model, name, rows)
        except (Exception, SystemExit) as error:
            machine_failures.raise_if_machine_failed(error)
            return False
    return True


def _true_targets(truth: Any, model: Any) -> Any:
    """The true targets in the dtype of the model's classes, if it has classes."""
    classes = getattr(model, "classes_", None)
    if truth is None or not isinstance(classes, np.ndarray):
        return truth
    return expected_outputs.to_returned_type(
        truth, np.empty(truth.shape, dtype=_target_dtype(classes, truth))
    )


def _target_dtype(classes: Any, truth: Any) -> Any:
    if classes.dtype.kind in "US":
        return str if truth.dtype.kind != "U" else truth.dtype
    return classes.dtype


def _record_outputs(
    fresh: Fresh,
    rows: Any,
    source: Optional[bytes],
    journal: Journal,
    seen: SeenWarnings,
    kept: _ReadableContents,
    limited: Sequence[str] = (),
) -> Answer:
    """Call every method as readers do, compared with the outputs of one more fresh load.

    A model of a runtime has the ``limited`` methods alone, and is no Python object to be shown.
    """
    first = fresh()
    names: List[str] = output_methods.available(first)
    if limited:
        names = [name for name in names if name in limited]
        record = call_all(first, names, rows, seen, kept.keep)
        digests = {name: found["digest"] for name, found in record.items() if "digest" in found}
        del first
        return call_on_fresh_loads(fresh, [fresh()], names, digests, rows, seen, kept.keep)
    shown = call_all(first, ["repr", "get_params"], rows, seen, kept.keep)
    record = call_all(first, names, rows, seen, kept.keep)
    digests = {name: found["digest"] for name, found in record.items() if "digest" in found}
    del first
    answer = call_on_fresh_loads(fresh, [fresh()], names, digests, rows, seen, kept.keep)
    answer["outputs"].update(shown)

    def call(own_rows: Any, own_seen: SeenWarnings) -> Answer:
        return call_all(fresh(), names, own_rows, own_seen, kept.keep)

    answer.update(own_table.outcomes(rows, call, journal.stage, source))
    return answer


def _check_accepted(outputs: Answer, methods: List[str]) -> None:
    """Check that the model accepts the user's rows in its original environment.

    Raises:
        UserError: every method that takes rows raised.
    """
    names = [name for name in methods if name in outputs]
    raised = [outputs[name]["raised"] for name in names if "raised" in outputs[name]]
    if raised and len(raised) == len(names):
        raise UserError(
            "the model does not accept these rows in the environment that it was saved in: its {} "
            "raised {}: {}".format(names[0], raised[0]["type"], raised[0]["message"])
        )


def _apply_expected(piece: Piece, answer: Answer, kept: _ReadableContents) -> None:
    """Replace returned outputs by the expected ones, and add where they differ.

    Raises:
        UserError: a method with expected outputs returned nothing.
    """
    found = expected_outputs.read(
        piece["expected"]["path"], piece["expected"]["kind"], answer["n_rows"]
    )
    outputs = answer["outputs"]
    answer["expected"] = {}
    values = {}
    for name in list(found) + ["classes_"]:
        digest = outputs.get(name, {}).get("digest")
        values[name] = None if digest is None else content.decode(kept.data[digest])
    for name, recorded in found.items():
        if values[name] is None:
            raise UserError(
                "{}: the model returns nothing from {}; remove the expected outputs of this "
                "method".format(piece["expected"]["path"], name)
            )
        recorded = expected_outputs.in_class_order(recorded, values["classes_"])
        expected = expected_outputs.to_returned_type(recorded, values[name])
        count = expected_outputs.count_differing_rows(expected, values[name])
        answer["expected"][name] = {"agrees": count == 0, "rows": count}
        if count:
            outputs[name] = {"digest": kept.keep(content.encode(expected))}
            if "own" in answer:
                answer["own"]["outputs"][name] = outputs[name]
