"""Make rows that are not tables: documents of words from the vocabulary, dicts, labels."""

from typing import Any, List, Tuple

import numpy as np

from compat_worker.input_model import CATEGORY, InputModel
from compat_worker.row_block import RowBlock

KNOWN = "documents of known words"
STRANGE = "documents with unknown words"
SHORT = "documents of one word"
EMPTY = "empty documents"
ACCENTED = "documents with accents and other scripts"
DICTS = "dicts of known features"

_UNKNOWN = ["qwertzuiop", "Zyxw", "42x", "it's", "e-mail@example.org", "#tag", "__", "I", "..."]
_ACCENTS = ["Café", "naïve", "ÜBER", "straße", "\ufb01ne", "été", "日本語", "Ελλάδα", "İstanbul"]
# Letters only in newer versions of Unicode, so in newer Pythons.
_ACCENTS += ["n\u0308", "a\ua7c1b", "c\ua7d1d", "e\U0002ebf0f", "\U00030ede noodles"]


def make_blocks(known: InputModel, n: int, random: Any) -> List[RowBlock]:
    """About n rows in blocks of one kind each; ``probe_rows.make_blocks`` does so for tables."""
    column = known.columns[0]
    if known.form == "labels":
        values = list(column.categories or ())
        return [
            RowBlock(CATEGORY, [_array([values[i % len(values)] for i in range(2 * len(values))])])
        ]
    if known.form == "dicts":
        return [RowBlock(DICTS, [_dicts(column.words or [], n, random)])]
    words = column.words or []
    made = [RowBlock(KNOWN, [documents(words, n // 2, random)])]
    made.extend(RowBlock(kind, [texts]) for kind, texts in unusual_documents(words, n // 4, random))
    return made


def documents(words: List[str], n: int, random: Any) -> Any:
    """n documents of 1 to 20 words from the vocabulary each."""
    return _array(
        [
            " ".join(words[place] for place in random.randint(len(words), size=length))
            for length in random.randint(1, 21, size=n)
        ]
    )


def unusual_documents(words: List[str], n: int, random: Any) -> List[Tuple[str, Any]]:
    """Documents with unknown words, accents, one word or none, by kind."""
    few = max(2, n // 4)
    known = documents(words, 2 * few, random).tolist()
    strange = ["{} {}".format(_cyclic(_UNKNOWN, i), text.upper()) for i, text in enumerate(known)]
    accents = ["{} {}".format(_cyclic(_ACCENTS, i), text) for i, text in enumerate(known)]
    singles = [words[place] for place in random.permutation(len(words))[:n]]
    return [
        (SHORT, _array(singles)),
        (STRANGE, _array(strange[:few] + _UNKNOWN)),
        (ACCENTED, _array(accents[:few] + _ACCENTS)),
        (EMPTY, _array([""])),
    ]


def _dicts(names: List[str], n: int, random: Any) -> Any:
    """Dicts of some features each; the feature ``name`` gets a number, ``name=value`` a string."""
    made = []
    for _ in range(n):
        chosen = random.permutation(len(names))[: 1 + random.randint(6)]
        one = {}
        for place in sorted(chosen):
            name, _, text = str(names[place]).partition("=")
            one[name] = text if text else float(random.randint(-3, 9))
        if random.randint(4) == 0:
            one["never seen"] = 1.0
        made.append(one)
    return _array(made)


def _cyclic(items: List[str], place: int) -> str:
    return items[place % len(items)]


def _array(items: List[Any]) -> Any:
    found = np.empty(len(items), dtype=object)
    found[:] = items
    return found
