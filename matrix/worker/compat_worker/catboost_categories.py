"""Tell whether a CatBoost model has learned a text of a column of categories.

CatBoost keeps no texts but their hashes: the lower half of a 64-bit CityHash of the first release.
A table of counts has a further hash of that as its key; a column with few categories lists it.
"""

import contextlib
import json
import os
import tempfile
from typing import Any, Dict, Optional, Set, Tuple

MOST_BYTES = 200000000
"""The size of the JSON of a model that is read, at most."""
LONGEST = 16
"""The longest text, in bytes, of which a hash is made here; digits are rarely longer."""

_MASK = 2**64 - 1
_EMPTY = _MASK
"""The key of an empty place in a table of counts."""


class LearnedTexts:
    """The texts of one column that a model has learned. It is read when it is first needed."""

    def __init__(self, model: Any, place: int) -> None:
        self._model = model
        self._place = place
        self._found: Optional[Tuple[Set[int], Set[int]]] = None

    def has(self, text: str) -> bool:
        """Whether the model has learned a text; False if it does not show that."""
        data = text.encode("utf-8", "surrogatepass")
        if len(data) > LONGEST:
            return False
        if self._found is None:
            self._found = (set(), set())
            with contextlib.suppress(Exception):  # a release without this form
                self._found = _learned(_as_json(self._model), self._place)
        keys, hashes = self._found
        value = _hash(data) & 0xFFFFFFFF
        return _key(value) in keys or value in hashes


def _as_json(model: Any) -> Dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.json")
        model.save_model(path, format="json")
        if os.path.getsize(path) > MOST_BYTES:
            return {}
        with open(path, encoding="utf-8") as file:
            found: Dict[str, Any] = json.load(file)
            return found


def _learned(text: Dict[str, Any], place: int) -> Tuple[Set[int], Set[int]]:
    """The keys of the tables of counts of one column alone, and the hashes that it lists."""
    columns = text["features_info"]["categorical_features"]
    (own,) = [one for one in columns if one["flat_feature_index"] == place]
    keys: Set[int] = set()
    for name, table in text.get("ctr_data", {}).items():
        parts = json.loads(name)["identifier"]
        if [part.get("cat_feature_index") for part in parts] == [own["feature_index"]]:
            keys.update(int(key) for key in table["hash_map"][:: table["hash_stride"]])
    return keys - {_EMPTY}, {int(value) & 0xFFFFFFFF for value in own.get("values", ())}


# ------------------------------------------------------- CityHash, as CatBoost has it

_K2, _K3 = 0x9AE16A3B2F90404F, 0xC949D7C7509E6557
_MULTIPLIER = 0x9DDFEA08EB382D69
_TABLE_MULTIPLIER = 0x4906BA494954CB65


def _hash(data: bytes) -> int:
    """The CityHash of at most 16 bytes, from 0 to 2**64 - 1."""
    n = len(data)
    if n > 8:
        first, last = _number(data[:8]), _number(data[-8:])
        return _mixed(first, _rotated((last + n) & _MASK, n)) ^ last
    if n >= 4:
        return _mixed((n + (_number(data[:4]) << 3)) & _MASK, _number(data[-4:]))
    if not n:
        return _K2
    one, other = data[0] + (data[n >> 1] << 8), n + (data[-1] << 2)
    return (_shifted(((one * _K2) ^ (other * _K3)) & _MASK) * _K2) & _MASK


def _key(value: int) -> int:
    """The key of a table of counts for a hash of 32 bits, which CatBoost takes as signed."""
    signed = value - (1 << 32) if value >> 31 else value
    return (_TABLE_MULTIPLIER * ((_TABLE_MULTIPLIER * signed) & _MASK)) & _MASK


def _mixed(one: int, other: int) -> int:
    first = _shifted(((one ^ other) * _MULTIPLIER) & _MASK)
    second = _shifted(((other ^ first) * _MULTIPLIER) & _MASK)
    return (second * _MULTIPLIER) & _MASK


def _shifted(value: int) -> int:
    return value ^ (value >> 47)


def _rotated(value: int, by: int) -> int:
    return ((value >> by) | (value << (64 - by))) & _MASK


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
