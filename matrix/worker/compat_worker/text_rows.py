"""Make rows that are not tables: documents of words from the vocabulary, dicts, labels."""

from typing import Any, List, Set, Tuple

import numpy as np

from compat_worker.input_model import CATEGORY, InputModel
from compat_worker.row_block import RowBlock

KNOWN = "documents of known words"
STRANGE = "documents with unknown words"
SHORT = "documents of one word"
EMPTY = "empty documents"
CASED = "documents in capitals and small letters"
ACCENTED = "documents with accents and other scripts"
DICTS = "dicts of known features"

_UNKNOWN = ["qwertzuiop", "Zyxw", "42x", "it's", "e-mail@example.org", "#tag", "__", "I", "..."]
_ACCENTS = ["Café", "naïve", "ÜBER", "straße", "\ufb01ne", "été", "日本語", "Ελλάδα", "İstanbul"]
# Letters only in newer versions of Unicode, so in newer Pythons.
_ACCENTS += ["n\u0308", "a\ua7c1b", "c\ua7d1d", "e\U0002ebf0f", "\U00030ede noodles"]
_EMPTY = ["", " ", "\n", "\t \u00a0", "\u200b"]

_NEW_CAPITALS = dict(
    # Georgian: Unicode 11, Python 3.7
    [
        (small, small - 0x10D0 + 0x1C90)
        for small in list(range(0x10D0, 0x10FB)) + [0x10FD, 0x10FE, 0x10FF]
    ]
    # Unicode 12, Python 3.8
    + [(0xA794, 0xA7C4), (0x0282, 0xA7C5), (0x1D8E, 0xA7C6)]
    # Unicode 16, Python 3.14
    + [(0x0264, 0xA7CB), (0x019B, 0xA7DC)]
)
"""Capitals that newer Pythons know of letters that older ones have too, by code point. Written
here, so that an old Python makes rows of them as well."""

_NEW_SMALL_LETTERS = {capital: small for small, capital in _NEW_CAPITALS.items()}
_WORDS_IN_A_ROW = 5


def make_blocks(known: InputModel, n: int, random: Any) -> List[RowBlock]:
    """About n rows in blocks of one kind each; ``probe_rows.make_blocks`` does so for tables."""
    column = known.columns[0]
    if known.form == "labels":
        values = list(column.categories or ())
        return [
            RowBlock(CATEGORY, [_array([values[i % len(values)] for i in range(2 * len(values))])])
        ]
    if known.form == "sets":
        return [RowBlock(CATEGORY, [_label_sets(list(column.categories or ()), n, random)])]
    if known.form == "dicts":
        return [RowBlock(DICTS, [_dicts(column.words or [], n, random)])]
    words = column.words or []
    made = [RowBlock(KNOWN, [documents(words, n // 2, random)])]
    made.extend(RowBlock(kind, [texts]) for kind, texts in unusual_documents(words, n // 4, random))
    return made


def _label_sets(labels: List[Any], n: int, random: Any) -> Any:
    """Each label alone, no label, and about n sets of several labels."""
    found = [(label,) for label in labels] + [()]
    for size in random.randint(2, 6, size=n):
        places = random.permutation(len(labels))[:size]
        found.append(tuple(labels[place] for place in sorted(places)))
    made = np.empty(len(found), dtype=object)
    for at, one in enumerate(found):
        made[at] = one
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
    """Documents with unknown words, accents, other cases, one word or none, by kind."""
    few = max(2, n // 4)
    known = documents(words, 2 * few, random).tolist()
    unknown = _UNKNOWN + _unknown_words(words, random, few)
    strange = ["{} {}".format(_cyclic(unknown, i), capitals(text)) for i, text in enumerate(known)]
    accents = ["{} {}".format(_cyclic(_ACCENTS, i), text) for i, text in enumerate(known)]
    singles = [words[place] for place in random.permutation(len(words))[:n]]
    return [
        (SHORT, _array(singles)),
        (STRANGE, _array(strange[:few] + unknown)),
        (ACCENTED, _array(accents[:few] + _ACCENTS)),
        (CASED, _array(_in_other_cases(words, max(2, n // 2)))),
        (EMPTY, _array(_EMPTY)),
    ]


def capitals(text: str) -> str:
    """A text in capitals, as the newest Unicode has them."""
    return text.translate(_NEW_CAPITALS).upper()


def small_letters(text: str) -> str:
    """A text in small letters, as the newest Unicode has them."""
    return text.translate(_NEW_SMALL_LETTERS).lower()


def _in_other_cases(words: List[str], n: int) -> List[str]:
    """Up to n documents that have each letter of the vocabulary as a capital and as a small one."""
    chosen = _words_with_each_letter(words)
    texts = [
        " ".join(chosen[at : at + _WORDS_IN_A_ROW]) for at in range(0, len(chosen), _WORDS_IN_A_ROW)
    ]
    made = []
    for text in texts:
        made += [capitals(text), small_letters(text), text.title(), text.swapcase()]
    return list(dict.fromkeys(made))[:n]


def _words_with_each_letter(words: List[str]) -> List[str]:
    """Words that have every letter of the vocabulary; those with rare scripts come first."""
    seen: Set[str] = set()
    chosen = []
    for word in sorted(
        words, key=lambda word: word.isprintable() and max(word, default="") < "\x7f"
    ):
        letters = {letter for letter in word if letter.isalpha()}
        if not letters <= seen:
            seen |= letters
            chosen.append(word)
    return chosen


def _unknown_words(words: List[str], random: Any, n: int) -> List[str]:
    """Up to n words of the letters of known ones, which are not in the vocabulary."""
    known = set(words)
    drawn = [words[place] for place in random.permutation(len(words))[:n]]
    made = [word[::-1] if i % 2 else word + word[-2:] for i, word in enumerate(drawn)]
    return [word for word in made if word not in known]


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
