"""Data of nltk are found in a folder that the user names, and missing ones are named."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest
from compat_worker import own_data, row_making
from compat_worker.user_error import NEEDS_DATA_WORDS, UserError

MESSAGE = """
**********************************************************************
  Resource \x1b[93mpunkt_tab\x1b[0m not found.
  >>> import nltk
  >>> nltk.download('punkt_tab')
"""


@pytest.mark.parametrize("imported", [False, True])
def test_nltk_looks_into_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imported: bool
) -> None:
    reader = types.ModuleType("nltk.data")
    reader.path = ["/usr/share/nltk_data"]  # type: ignore[attr-defined]
    monkeypatch.setenv("NLTK_DATA", "before")
    monkeypatch.delitem(sys.modules, "nltk.data", raising=False)
    if imported:
        monkeypatch.setitem(sys.modules, "nltk.data", reader)
    own_data.use([str(tmp_path / "src")])
    assert os.environ["NLTK_DATA"] == "before"
    folder = str(tmp_path / "nltk_data")
    own_data.use([str(tmp_path / "src"), folder])
    assert os.environ["NLTK_DATA"] == folder
    assert (folder in reader.path) is imported  # type: ignore[attr-defined]


def test_data_that_a_model_lacks_are_named() -> None:
    class Own:
        def predict(self, rows: object) -> object:
            raise LookupError(MESSAGE)

    with pytest.raises(UserError, match=f"{NEEDS_DATA_WORDS}punkt_tab$"):
        row_making.make_rows(Own(), 10)
    assert own_data.missing(LookupError("unknown encoding: nltk")) == ""
    assert own_data.missing(ValueError(MESSAGE)) == ""
