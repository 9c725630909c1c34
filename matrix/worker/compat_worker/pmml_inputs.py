"""Infer the rows that a PMML model takes from its text: fields, categories and thresholds.

Fields that are derived from one column by arithmetic are followed, so that a threshold behind a
scaler is found in values of the column: its two rows are neighbours in the precision of the field.
The inspection has refused document types and entities in the file before.
"""

from typing import Any, List, Optional
from xml.etree import ElementTree

import numpy as np

from compat_worker import input_model
from compat_worker.float_search import FloatFunction
from compat_worker.input_model import Column, InputModel
from compat_worker.traced_columns import MAX_STORED, Traced, add_categories, add_cuts

_ARITHMETIC = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
_NUMBERS = ("float", "double", "integer")
_ORDERED = ("lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual")


def known_inputs(path: str) -> Optional[InputModel]:
    """What a file shows of the rows that its model takes.

    Args:
        path: of the file.

    Returns:
        None if no field of it is an input.
    """
    root = ElementTree.parse(path).getroot()  # noqa: S314  (the inspection refused entities)
    model = next((one for one in root if _tag(one).endswith("Model")), None)
    schema = None if model is None else _child(model, "MiningSchema")
    if schema is None:
        return None
    used = {one.get("name") for one in schema if one.get("usageType", "active") == "active"}
    fields = [one for one in root.iter() if _tag(one) == "DataField" and one.get("name") in used]
    reader = _FieldReader(fields)
    for element in root.iter():
        reader.read(element)
    found = InputModel(reader.columns, "table", True)
    found.stored.extend(reader.stored)
    return found if reader.columns else None


class _FieldReader:
    """Notes what the elements of a file tell of the columns.

    Args:
        fields: the elements of the columns.
    """

    def __init__(self, fields: List[Any]) -> None:
        self.columns = []  # type: List[Column]
        self.stored = []  # type: List[Dict[int, Any]]
        self._traced = {}  # type: Dict[str, Traced]
        self._at = []  # type: List[Optional[Traced]]
        for field in fields:
            self._add(field)

    def _add(self, field: Any) -> None:
        column = Column(field.get("name"))
        column.certain = True
        column.numeric = field.get("dataType") in _NUMBERS
        column.whole = field.get("dataType") == "integer"
        dtype = np.float32 if field.get("dataType") == "float" else np.float64
        self._traced[field.get("name")] = Traced(column, len(self.columns), dtype)
        self.columns.append(column)
        known = [one.get("value") for one in field if _tag(one) == "Value"]
        if known:
            add_categories(column, [float(one) if column.numeric else one for one in known])

    def read(self, element: Any) -> None:
        """Note what one element tells; derived fields stand before what uses them."""
        tag = _tag(element)
        if tag == "DerivedField" and len(element):
            traced = self._derived(element[-1])
            if traced is not None:
                if element.get("dataType") == "float":
                    traced = traced.then(lambda values: np.asarray(values, dtype=np.float32))
                self._traced[element.get("name")] = traced
        elif tag == "SimplePredicate":
            self._compared(element)
        elif tag == "MiningField":
            self._filled(element)
        elif tag == "ClusteringModel":
            self._clusters(element)
        elif tag == "CategoricalPredictor":
            self._category(element.get("name"), element.get("value"))

    def _derived(self, element: Any) -> Optional[Traced]:
        """What an expression makes of one column; None if it is something else."""
        if _tag(element) == "FieldRef":
            return self._traced.get(element.get("field"))
        if _tag(element) != "Apply" or len(element) != 2 or _tag(element[1]) != "Constant":
            return None
        before, by = self._derived(element[0]), _number(element[1].text)
        function = _ARITHMETIC.get(element.get("function"))
        if before is None or by is None or function is None:
            return None
        self._span(before, element.get("function"), by)
        return before.then(_with(function, by))

    def _span(self, before: Traced, sign: str, by: float) -> None:
        """Set the range of a column from its scaler: minus its mean, through its deviation."""
        column = before.column
        if sign == "-" and before.forward is None and column.centre is None:
            column.centre, column.spread = by, abs(by) / 3.0 + 1.0
        elif sign == "/" and column.centre is not None and by:
            column.spread = abs(by)

    def _compared(self, element: Any) -> None:
        traced = self._traced.get(element.get("field"))
        value = _number(element.get("value"))
        if traced is None or not traced.column.numeric:
            self._category(element.get("field"), element.get("value"))
        elif value is not None and element.get("operator") in _ORDERED:
            traced.column.add_special(input_model.MISSING, np.nan)
            limit = np.array([value])
            if element.get("operator") in ("lessThan", "greaterOrEqual"):
                limit = np.nextafter(limit, -np.inf)
            add_cuts(traced, limit, input_model.THRESHOLD)

    def _filled(self, element: Any) -> None:
        traced = self._traced.get(element.get("name"))
        if traced is not None and element.get("missingValueReplacement") is not None:
            traced.column.add_special(
                input_model.MISSING, np.nan if traced.column.numeric else None
            )

    def _category(self, field: Optional[str], value: Optional[str]) -> None:
        traced = self._traced.get(field or "")
        if traced is not None and value is not None and not traced.column.numeric:
            add_categories(traced.column, [value])

    def _clusters(self, model: Any) -> None:
        fields = [one.get("field") for one in model if _tag(one) == "ClusteringField"]
        texts = [one[-1].text for one in model if _tag(one) == "Cluster" and len(one)]
        rows = [[float(value) for value in (text or "").split()] for text in texts[:MAX_STORED]]
        if not rows or any(len(row) != len(fields) for row in rows):
            return
        stored = {}
        for at, name in enumerate(fields):
            traced = self._traced.get(name)
            if traced is not None:
                values = np.array([row[at] for row in rows])
                stored[traced.place] = traced.below(values).astype(np.float64)
        if stored:
            self.stored.append(stored)


def _with(function: Any, by: float) -> FloatFunction:
    return lambda values: function(values, by)


def _number(text: Optional[str]) -> Optional[float]:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _tag(element: Any) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _child(element: Any, tag: str) -> Any:
    return next((one for one in element if _tag(one) == tag), None)
