"""Made documents: what a newer Python or another release may read in another way."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from compat_worker import row_making, text_rows
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import MultiLabelBinarizer

GEORGIAN = ["გამარჯობა", "მადლობა", "თბილისი"]
TEXTS = [*GEORGIAN, "straße Köln", "Ελλάδα", "plain words only", "more of the words"]


def documents(kind: str) -> list[str]:
    words = sorted(CountVectorizer().fit(TEXTS).vocabulary_)
    return dict(text_rows.unusual_documents(words, 60, np.random.RandomState(0)))[kind].tolist()


def test_georgian_has_capitals_whatever_the_python() -> None:
    written = text_rows.capitals("აბ ok")
    assert written == "\u1c90\u1c91 OK"
    assert text_rows.small_letters(written) == "აბ ok"


@pytest.mark.parametrize(
    "letter", sorted(set("".join(TEXTS)) - {" "} - {c for c in "".join(TEXTS) if c.isupper()})
)
def test_each_letter_of_the_vocabulary_comes_in_both_cases(letter: str) -> None:
    joined = unicodedata.normalize("NFC", " ".join(documents(text_rows.CASED)))
    assert letter in joined
    assert text_rows.capitals(letter) in joined


def test_there_are_unknown_words_of_the_letters_of_known_ones() -> None:
    known = set(CountVectorizer().fit(TEXTS).vocabulary_)
    words = {word for text in documents(text_rows.STRANGE) for word in text.split()}
    own = {word for word in words - known if word and set(word) <= set("".join(known))}
    assert len(own) >= 5
    assert any("ა" in word for word in own)


def test_documents_may_be_empty_or_blank() -> None:
    empty = documents(text_rows.EMPTY)
    assert "" in empty
    assert " " in empty
    assert not any(CountVectorizer().build_analyzer()(text) for text in empty)


def test_a_model_of_texts_gets_them_all() -> None:
    made = row_making.make_rows(CountVectorizer().fit(TEXTS), 200)
    kinds = (text_rows.CASED, text_rows.STRANGE, text_rows.EMPTY, text_rows.ACCENTED)
    assert all(made.kinds[kind] for kind in kinds)
    assert made.dropped == {}
    assert any("\u1c90" <= letter <= "\u1cbf" for text in made.rows for letter in text)


def test_a_binarizer_of_several_labels_gets_sets_of_labels() -> None:
    """A text would be taken for a set of letters, none of which it knows."""
    labels = MultiLabelBinarizer().fit([("red", "green"), ("blue",), ("black", "red")])
    made = row_making.make_rows(labels, 100)
    assert {one for row in made.rows for one in row} == set(labels.classes_)
    assert {len(row) for row in made.rows} >= {0, 1, 2, 3}
    assert len(np.unique(labels.transform(made.rows), axis=0)) >= 8
