"""Read the user's rows from CSV and Parquet into the table or array that the model takes.

Columns get the types that the model was fitted on, where the model shows them, or those that the
user gives. The others are as pandas reads them.
"""

import contextlib
import json
import os
import sys
from collections import Counter
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

from compat_worker import column_types, csv_table, table_source
from compat_worker.catboost_categories import LONGEST
from compat_worker.column_types import AS_READ, CATEGORY, DATE, NUMBER, SHOWN, TEXT, ColumnType
from compat_worker.csv_table import ColumnError, Recipe, RecipeColumn
from compat_worker.given_rows import (
    DataRequest,
    GivenRows,
    check_width,
    expected_columns,
    first_line,
    listed,
)
from compat_worker.input_model import Column, InputModel
from compat_worker.name_guard import NameRefused, allow_only
from compat_worker.table_source import Source
from compat_worker.user_error import BOOLEAN, GIVE_TYPES, UserError

TRIED_ROWS = 50
"""Rows that the model is called with, to find the form of table that it takes."""


class _TableFile(NamedTuple):
    """A file as pandas reads it without any types."""

    frame: Any
    csv: Optional[bytes]
    """The bytes of a CSV file; None for Parquet."""

    def table(self, recipe: Recipe) -> Any:
        """The columns of a recipe in their types."""
        if self.csv is None:
            return csv_table.of_frame(self.frame, recipe)
        return csv_table.read(self.csv, recipe)


def read_csv(request: DataRequest) -> GivenRows:
    """Rows from a CSV file.

    Raises:
        UserError: it is not CSV, pandas is not installed, or it does not fit the model.
    """
    with open(request.path, "rb") as file:
        data = file.read()
    return _rows(_TableFile(csv_frame(request.path), data), request)


def csv_frame(path: str) -> Any:
    """Read a CSV file into a DataFrame.

    Raises:
        UserError: the file is not CSV, or pandas is not installed.
    """
    pandas = _pandas(path)
    try:
        return pandas.read_csv(path)
    except Exception as error:
        raise UserError(
            "{}: pandas cannot read it as CSV: {}; it must be UTF-8, separated by commas, with the "
            "column names in the first line".format(os.path.basename(path), first_line(error))
        )


def read_parquet(request: DataRequest) -> GivenRows:
    """Rows from a Parquet file.

    Raises:
        UserError: it is not Parquet, a package is missing, or it does not fit the model.
    """
    pandas = _pandas(request.path)
    try:
        with _no_pickles():
            frame = pandas.read_parquet(request.path)
    except NameRefused as refused:
        raise UserError(
            "{}: the type of a column is pickled code ({}), which is not loaded; save the column "
            "as numbers, text or dates".format(request.name, refused)
        )
    except ImportError:
        raise UserError(
            "{}: no package that reads Parquet is installed in this environment; add --with "
            "pyarrow, or give a CSV file".format(request.name)
        )
    except Exception as error:
        raise UserError(
            "{}: pandas cannot read it as Parquet: {}".format(request.name, first_line(error))
        )
    return _rows(_TableFile(frame.reset_index(drop=True), None), request)


@contextlib.contextmanager
def _no_pickles() -> Iterator[None]:
    """Look up no name that a pickle in a Parquet file names.

    pyarrow before 14.0.1 unpickles the types of columns that are extensions (CVE-2023-47248), and
    pandas before 2.1.4 does not prevent it.
    """
    with contextlib.suppress(ImportError):
        import pyarrow

        if not hasattr(sys, "addaudithook"):
            with contextlib.suppress(KeyError):  # it was done before
                pyarrow.unregister_extension_type("arrow.py_extension_type")
    with allow_only([]):
        yield


def _pandas(path: str) -> Any:
    try:
        import pandas
    except ImportError:
        raise UserError(
            "{}: pandas is needed to read it and is not installed in this environment; add --with "
            "pandas, or give an .npy file".format(os.path.basename(path))
        )
    return pandas


def _rows(file: _TableFile, request: DataRequest) -> GivenRows:
    """The rows of a file in the first form that the model accepts, or else the likeliest form."""
    _check_types(file.frame, request)
    file, truth = _without_target(file, request)
    known = request.known
    if known is not None and known.form == "texts":
        return GivenRows(_documents(file.frame, request.name), truth, len(file.frame))
    first = None
    for candidate in _candidates(file, request):
        first = first or candidate
        if request.accepts(_first_rows(candidate.rows)):
            return candidate._replace(truth=truth)
    assert first is not None
    return first._replace(truth=truth)


def _check_types(frame: Any, request: DataRequest) -> None:
    unknown = [name for name in request.types if name not in [str(one) for one in frame.columns]]
    if unknown:
        raise UserError(
            "{}: there is no column {!r}, for which --dtypes gives a type; the file has: {}".format(
                request.name, unknown[0], listed(frame.columns)
            )
        )


def _without_target(file: _TableFile, request: DataRequest) -> Tuple[_TableFile, Any]:
    """The file without the column of true targets, and these."""
    frame, target = file.frame, request.target
    if target is None:
        return file, None
    if target not in frame.columns:
        raise UserError(
            "{}: there is no column {!r} for --target; the file has: {}".format(
                request.name, target, listed(frame.columns)
            )
        )
    truth = _true_targets(frame[target], request.name, target)
    return file._replace(frame=frame.drop(columns=[target])), truth


def _candidates(file: _TableFile, request: DataRequest) -> Iterator[GivenRows]:
    """The rows in each form that the model may take, the likeliest first."""
    known = request.known
    if known is None or known.assumed:
        yield _table(file, _recipe(file, request, _all_columns(file.frame, known)), request)
        if known is not None and set(known.names or ("",)) <= set(file.frame.columns):
            chosen = _chosen_columns(file.frame, request.name, known)
            yield _table(file, _recipe(file, request, chosen), request)
        yield _array(file, _recipe(file, request, _all_columns(file.frame, known)), request)
        return
    chosen = _chosen_columns(file.frame, request.name, known)
    recipe = _recipe(file, request, chosen)
    make = _table if known.named else _array
    yield make(file, recipe, request)
    plain = [
        one if str(one.source) in request.types else one._replace(type=ColumnType(AS_READ))
        for one in recipe
    ]
    if plain != recipe:
        yield make(file, plain, request)


def _table(file: _TableFile, recipe: Recipe, request: DataRequest) -> GivenRows:
    made = _typed(file, recipe, request)
    plain = _plain_types(made)
    return GivenRows(plain, None, len(plain), _source(file, recipe, made, plain))


def _array(file: _TableFile, recipe: Recipe, request: DataRequest) -> GivenRows:
    rows = _as_array(_plain_types(_typed(file, recipe, request)))
    return GivenRows(rows, None, len(rows))


def _typed(file: _TableFile, recipe: Recipe, request: DataRequest) -> Any:
    try:
        return file.table(recipe)
    except ColumnError as error:
        raise UserError(
            "{}: {}; give another type with --dtypes, or correct the file".format(
                request.name, error
            )
        )


def _source(file: _TableFile, recipe: Recipe, made: Any, plain: Any) -> Optional[Source]:
    """What other environments make their own table of."""
    if file.csv is not None and len(file.csv) <= table_source.MAX_BYTES:
        return Source(file.csv, recipe, None)
    texts = [name for name in made.columns if str(made[name].dtype) in ("str", "string")]
    if not texts:
        return None
    values = plain.copy()
    for name in texts:  # a missing text is None in plain Python, and in Parquet files
        column = values[name].astype(object)
        values[name] = column.where(column.notnull(), None)
    return table_source.of_values(values)


def _first_rows(rows: Any) -> Any:
    return rows.iloc[:TRIED_ROWS] if hasattr(rows, "iloc") else rows[:TRIED_ROWS]


# --------------------------------------------------------------------------- columns and types


def _all_columns(frame: Any, known: Optional[InputModel]) -> List[Tuple[Any, Any, Column]]:
    """All columns of the file, with what a later step of the model knows of them."""
    later = {} if known is None or not known.named else dict(zip(known.names or (), known.columns))
    return [(name, name, later.get(name, Column(name))) for name in frame.columns]


def _chosen_columns(frame: Any, name: str, known: InputModel) -> List[Tuple[Any, Any, Column]]:
    """Name in the file, name in the model and facts of each column that the model was fitted on."""
    names = known.names
    if names is None:
        check_width(frame.shape[1], name, known)
        return list(zip(frame.columns, frame.columns, known.columns))
    there = {str(one): one for one in frame.columns}
    letters = Counter(map(_letters, frame.columns))
    alike = {_letters(one): one for one in frame.columns if letters[_letters(one)] == 1}
    sources = [there.get(str(one), alike.get(_letters(one))) for one in names]
    missing = [one for one, source in zip(names, sources) if source is None]
    if missing:
        raise UserError(
            "{}: the column{} {} {} missing; the model was fitted on {}, and the data has: "
            "{}".format(
                name,
                "" if len(missing) == 1 else "s",
                listed(missing),
                "is" if len(missing) == 1 else "are",
                expected_columns(known),
                listed(frame.columns),
            )
        )
    return list(zip(sources, names, known.columns))


def _letters(name: Any) -> str:
    """The letters and digits of a name, in small letters: names that differ in others are one."""
    return "".join(sign for sign in str(name).casefold() if sign.isalnum())


def _recipe(
    file: _TableFile, request: DataRequest, chosen: List[Tuple[Any, Any, Column]]
) -> Recipe:
    """The type of each column: the user's, or that of the model."""
    wanted: Dict[Any, ColumnType] = {}
    for source, _, column in chosen:
        given = request.types.get(str(source))
        shown = column_types.of_model(column)
        if shown.kind == AS_READ and not column.numeric:
            shown = request.hints.get(str(source), shown)
        wanted[source] = given or shown
        if wanted[source].kind == AS_READ and column.numeric and _is_truths(file.frame[source]):
            wanted[source] = ColumnType(NUMBER)
        if given is None:
            _check_numbers(file.frame[source], source, column, request.name)
    texts = [RecipeColumn(name, name, one) for name, one in wanted.items() if one.kind == TEXT]
    written = file.table(texts) if texts else None
    _check_categories(file, request, chosen, wanted)
    for source, _, column in chosen:
        categories, read = column.categories, file.frame[source]
        if source in request.types or written is None or wanted[source].kind != TEXT:
            continue
        if categories and column_types.fits_better_as_shown(written[source], read, categories):
            wanted[source] = ColumnType(SHOWN)
    return [RecipeColumn(source, name, wanted[source]) for source, name, _ in chosen]


def _check_categories(
    file: _TableFile,
    request: DataRequest,
    chosen: List[Tuple[Any, Any, Column]],
    wanted: Dict[Any, ColumnType],
) -> None:
    """Raise UserError for texts that have lost their zeros."""
    texts = {source: column for source, _, column in chosen if column.categories}
    as_text = [RecipeColumn(source, source, ColumnType(TEXT)) for source in texts]
    table = file.table(as_text) if as_text else None
    for source, column in texts.items():
        if source not in request.types and wanted[source].is_read_as_text:
            _check_zeros(table[source], source, column, request.name)


def _check_numbers(values: Any, name: Any, column: Column, file: str) -> None:
    """Raise UserError for text in a column that the model computes with."""
    typed = column_types.of_model(column).kind in (TEXT, CATEGORY, DATE)
    if not column.numeric or typed or getattr(values.dtype, "kind", "O") in "biuf":
        return
    texts = [value for value in values.tolist() if isinstance(value, str)]
    if texts and all(column_types.is_truth(text) for text in texts):
        example = json.dumps({str(name): BOOLEAN}, ensure_ascii=False)
        raise UserError(
            "{}: the column {!r} holds {!r} where the model expects numbers{}{}".format(
                file, str(name), texts[0][:40], GIVE_TYPES, example
            )
        )
    for line, value in enumerate(values.tolist(), start=1):
        if isinstance(value, str) and not _is_number(value):
            raise UserError(
                "{}: the column {!r} holds text where the model expects numbers: {!r} in row "
                "{}".format(file, str(name), value[:40], line)
            )


def _check_zeros(values: Any, name: Any, column: Column, file: str) -> None:
    """Raise UserError if texts of digits have lost the zeros that the model's texts begin with."""
    whole = _whole_by_text(column) if column.learned is None else _whole_by_hash(column)
    fine = set()
    for line, value in enumerate(values.tolist(), start=1):
        if not isinstance(value, str) or value in fine:
            continue
        known = whole(value)
        if known is not None:
            raise UserError(
                "{}: the column {!r} has lost its zeros: {!r} in row {}, where the model knows "
                "{!r}; write the file again from a table that was read with dtype={{{!r}: "
                "str}}".format(file, str(name), value[:40], line, known, str(name))
            )
        fine.add(value)


Whole = Callable[[str], Optional[str]]
"""Gives the text of the model that a text was before it lost its zeros; None if it lost none."""


def _whole_by_text(column: Column) -> Whole:
    known = {one for one in column.categories or () if isinstance(one, str)}
    width = max([len(one) for one in known if one.isdigit() and one.startswith("0")] or [0])

    def whole(text: str) -> Optional[str]:
        padded = text.zfill(width)
        return padded if text not in known and padded in known else None

    return whole


def _whole_by_hash(column: Column) -> Whole:
    def whole(text: str) -> Optional[str]:
        if not text.isdigit() or column.learned.has(text):
            return None
        wider = (text.zfill(width) for width in range(len(text) + 1, LONGEST + 1))
        return next((one for one in wider if column.learned.has(one)), None)

    return whole


def _is_truths(values: Any) -> bool:
    """Whether a column holds true, false and missing values, which pandas reads as objects."""
    found = values.tolist() if str(values.dtype) == "object" else []
    return bool(found) and all(isinstance(one, bool) or one != one for one in found)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# ----------------------------------------------------------------------------------- conversions


def _true_targets(column: Any, name: str, target: str) -> Any:
    missing = column.isnull()
    if missing.any():
        raise UserError(
            "{}: the target {!r} is missing in {} of {} rows; remove these rows".format(
                name, target, int(missing.sum()), len(column)
            )
        )
    values = column.tolist()
    if all(isinstance(value, str) for value in values):
        return np.array(values, dtype=str)
    return np.asarray(values)


def _documents(frame: Any, name: str) -> List[str]:
    if frame.shape[1] != 1:
        raise UserError(
            "{}: the data has {} columns; the model takes one column of documents (name the column "
            "of true targets with --target, and remove the others)".format(name, frame.shape[1])
        )
    return ["" if value != value else str(value) for value in frame.iloc[:, 0].tolist()]


def _plain_types(frame: Any) -> Any:
    """Convert pandas' extension types to numpy types, which are the same in every release."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if str(column.dtype) != "category" and not isinstance(column.dtype, np.dtype):
            values = np.array(column.tolist(), dtype=object)
            missing = np.asarray(column.isnull())
            values[missing] = np.nan
            column = _as_numbers(values)
        columns[name] = column
    return _build_frame(columns) if columns else frame


def _build_frame(columns: Dict[Any, Any]) -> Any:
    import pandas

    series = [pandas.Series(one, dtype=one.dtype) for one in columns.values()]
    frame = pandas.concat([one.reset_index(drop=True) for one in series], axis=1)
    frame.columns = list(columns)
    return frame


def _as_numbers(values: Any) -> Any:
    """An object array converted to float64 if it holds only numbers; else unchanged."""
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return values.astype(np.float64)
    return values


def _as_array(frame: Any) -> Any:
    kinds = {getattr(dtype, "kind", "O") for dtype in frame.dtypes}
    if kinds <= set("biuf"):
        return np.asarray(frame, dtype=np.float64)
    return np.asarray(frame, dtype=object)
