"""Files of pipelines, read without importing them."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.catalog.pipelines import read_pipelines
from matrix.errors import PipelineFileError
from matrix.model import Pipeline

FILE = '''\
import nowhere_to_be_found
from compat_matrix import Data, pipeline
from rows import flowers

SIZE = 3


def used():
    return SIZE


@pipeline(data=flowers, tags=["linear", "deployed"], formats=["pickle-2"], since="1.0")
def ridge():
    """Ridge, as deployed.

    More of it.
    """
    return used()


@pipeline(flowers)
def lasso():
    return ridge()
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models.py").write_text(FILE)
    (tmp_path / "rows.py").write_text("from deep import more\n\ndef flowers(): ...\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/__init__.py").write_text("")
    (tmp_path / "deep/more.py").write_text("X = 1\n")
    (tmp_path / "other.py").write_text("unrelated = 1\n")
    (tmp_path / "rows.csv").write_text("1,2\n")
    for name in ("_private.py", "test_it.py", ".hidden.py", "conftest.py"):
        (tmp_path / name).write_text("not even Python")
    return tmp_path


def test_what_a_file_declares(folder: Path) -> None:
    """Id, file, line, doc, tags and formats are read; tests and private files are not."""
    ridge, lasso = read_pipelines([folder])
    assert ridge == Pipeline(
        id="ridge",
        file=folder / "models.py",
        line=13,
        doc="Ridge, as deployed.",
        tags=("linear", "deployed"),
        formats=("pickle-2",),
        digest=ridge.digest,
    )
    assert (lasso.id, lasso.tags, lasso.formats, lasso.doc) == ("lasso", (), (), "")


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("models.py", "return ridge()", "return ridge", {"lasso"}),
        ("models.py", "return used()", "return used", {"ridge", "lasso"}),
        ("models.py", "SIZE = 3", "SIZE = 4", {"ridge", "lasso"}),
        ("models.py", "\n\n\n@pipeline(flowers)", "\n\n# new\n\n@pipeline(flowers)", set()),
        ("rows.py", "...", "pass", {"ridge", "lasso"}),
        ("deep/more.py", "1", "2", {"ridge", "lasso"}),
        ("rows.csv", "2", "3", {"ridge", "lasso"}),
        ("other.py", "1", "2", set()),
        ("_private.py", "not", "never", set()),
    ],
)
def test_a_digest_changes_with_its_pipeline_alone(
    folder: Path, file: str, old: str, new: str, changed: set[str]
) -> None:
    """A pipeline is made from its function, the rest of its file, its helpers and the data."""
    before = {p.id: p.digest for p in read_pipelines([folder])}
    path = folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    after = {p.id: p.digest for p in read_pipelines([folder])}
    assert {id_ for id_ in before if before[id_] != after[id_]} == changed


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("x = (y := 1)", 1, "3.8 and greater"),
        ("def f(:\n", 1, "invalid syntax"),
        ("from __future__ import annotations", 1, "Python 3.7"),
        ("@pipeline\ndef f(): ...", 1, "it needs its data"),
        ("@pipeline(tags=[])\ndef f(): ...", 1, "needs its data"),
        ("@pipeline(data=1, tag=[])\ndef f(): ...", 1, "not tag"),
        ("@pipeline(data=1, tags='linear')\ndef f(): ...", 1, "a literal list of strings"),
        ("@pipeline(data=1, tags=TAGS)\ndef f(): ...", 1, "a literal list of strings"),
        ("@pipeline(data=1, since=1.0)\ndef f(): ...", 1, "a literal string"),
        (
            "@pipeline(1, methods=['predict_all'])\ndef f(): ...",
            1,
            "'predict_all' is not an output",
        ),
        ("@pipeline(1)\ndef f(): ...\n@pipeline(1)\ndef f(): ...", 4, "another pipeline 'f'"),
    ],
)
def test_mistakes_are_reported_with_file_and_line(
    tmp_path: Path, text: str, line: int, problem: str
) -> None:
    """A file that cannot be used is refused before anything is run."""
    (tmp_path / "models.py").write_text("from compat_matrix import pipeline\n" + text)
    with pytest.raises(PipelineFileError) as caught:
        read_pipelines([tmp_path])
    assert caught.value.message.startswith(f"{tmp_path / 'models.py'}:{line + 1}: ")
    assert problem in caught.value.message


def test_the_same_id_in_two_files_is_refused(tmp_path: Path) -> None:
    """Both places are named."""
    text = "import compat_matrix as cm\n\n@cm.pipeline(data=1)\ndef f(): ...\n"
    (tmp_path / "a.py").write_text(text)
    (tmp_path / "b.py").write_text(text)
    with pytest.raises(PipelineFileError, match=r"b\.py:4: there is another pipeline 'f', at .*a"):
        read_pipelines([tmp_path])
