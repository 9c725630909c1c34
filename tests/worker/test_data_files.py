"""Files of rows are converted to the input of the model, or refused with the reason."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compat_worker import content, data_files, evidence_rows, feature_inference
from compat_worker.input_model import InputModel
from compat_worker.user_error import UserError
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = pd.DataFrame({"a": [1.5, 2.5, 3.5], "b": [1.0, 0.0, 2.0], "c": [0.0, 1.0, 1.0]})
SHOP = pd.DataFrame({"code": ["01", "02", "01"], "price": [1.0, 2.5, 3.0]})


def known(model: Any) -> InputModel:
    found = feature_inference.infer(model)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def array_model() -> InputModel:
    return known(LinearRegression().fit(NUMBERS.to_numpy(), [1.0, 2.0, 3.0]))


@pytest.fixture(scope="module")
def frame_model() -> InputModel:
    return known(LinearRegression().fit(NUMBERS, [1.0, 2.0, 3.0]))


@pytest.fixture(scope="module")
def shop_model() -> InputModel:
    columns = [("code", OneHotEncoder(), ["code"]), ("price", StandardScaler(), ["price"])]
    return known(ColumnTransformer(columns).fit(SHOP))


@pytest.fixture(scope="module")
def text_model() -> InputModel:
    return known(CountVectorizer().fit(["good day", "bad day"]))


def write(folder: Path, text: str, name: str = "rows.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def read(path: str, model: InputModel | None, target: str | None = None) -> data_files.GivenRows:
    kind = {"txt": "text"}.get(path.rpartition(".")[2], path.rpartition(".")[2])
    return data_files.read(path, kind, target, model)


def test_a_csv_becomes_an_array_for_a_model_of_arrays(
    tmp_path: Path, array_model: InputModel
) -> None:
    given = read(write(tmp_path, "x,y,z\n1,2,3\n4,5,6\n"), array_model)
    assert given.rows.tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert given.rows.dtype == np.float64


def test_the_columns_are_those_of_the_model_in_its_order(
    tmp_path: Path, frame_model: InputModel
) -> None:
    text = "id,c,a,b,answer\n7,1,2,3,yes\n8,4,5,6,no\n"
    given = read(write(tmp_path, text), frame_model, "answer")
    assert list(given.rows.columns) == ["a", "b", "c"]
    assert given.rows["c"].tolist() == [1, 4]
    assert given.truth.tolist() == ["yes", "no"]


def test_columns_that_were_text_in_training_stay_text(
    tmp_path: Path, shop_model: InputModel
) -> None:
    given = read(write(tmp_path, "code,price\n01,2\n02,3\n"), shop_model)
    assert given.rows["code"].tolist() == ["01", "02"]
    assert given.rows["price"].tolist() == [2, 3]
    data = content.encode(given.rows)
    assert content.encode(content.decode(data)) == data


def test_a_text_has_a_document_in_each_line(tmp_path: Path, text_model: InputModel) -> None:
    given = read(write(tmp_path, "good day\n\nnaïve\n", "rows.txt"), text_model)
    assert given.rows == ["good day", "", "naïve"]


def test_documents_may_be_a_column_beside_the_target(
    tmp_path: Path, text_model: InputModel
) -> None:
    given = read(write(tmp_path, "text,y\ngood day,1\n,0\n"), text_model, "y")
    assert given.rows == ["good day", ""]
    assert given.truth.tolist() == [1, 0]


def test_arrays_come_with_their_truth(tmp_path: Path, array_model: InputModel) -> None:
    np.save(tmp_path / "rows.npy", np.ones((2, 3)))
    np.savez(tmp_path / "rows.npz", X=np.ones((2, 3)), y=np.array([1, 2]))
    assert read(str(tmp_path / "rows.npy"), array_model).rows.shape == (2, 3)
    assert read(str(tmp_path / "rows.npz"), array_model).truth.tolist() == [1, 2]


def test_an_array_gets_the_names_of_the_model(tmp_path: Path, frame_model: InputModel) -> None:
    np.save(tmp_path / "rows.npy", np.ones((2, 3)))
    assert list(read(str(tmp_path / "rows.npy"), frame_model).rows.columns) == ["a", "b", "c"]


MISTAKES = [
    ("array", "x,y\n1,2\n", None, "the data has 2 columns; the model was fitted on 3 columns"),
    ("frame", "p,q\n1,2\n", None, "columns a, b, c are missing; the model was fitted on 3: a"),
    ("frame", "a,c\n1,2\n", None, "the column b is missing; the model was fitted on 3: a, b, c"),
    (
        "frame",
        "a,b,c\n1,2,3\n1,old,3\n",
        None,
        "'b' holds text where the model expects numbers: 'old' in row 2",
    ),
    ("shop", "code,price\n01,cheap\n", None, "'price' holds text where the model expects numbers"),
    ("frame", "a,b,c\n", None, "the file has no rows"),
    ("frame", "", None, "the file is empty"),
    ("frame", "a,b,c\n1,2,3\n", "gone", "no column 'gone' for --target; the file has: a, b, c"),
    ("frame", "a,b,c,y\n1,2,3,\n4,5,6,1\n", "y", "target 'y' is missing in 1 of 2 rows"),
    ("frame", 'a,b\n1,2\n"', None, "pandas cannot read it as CSV"),
    (
        "text",
        "one,two\n1,2\n",
        None,
        "the data has 2 columns; the model takes one column of documents",
    ),
]


@pytest.mark.parametrize(("model", "text", "target", "message"), MISTAKES)
def test_a_table_that_does_not_fit_is_a_mistake_in_words(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    model: str,
    text: str,
    target: str | None,
    message: str,
) -> None:
    knowledge = request.getfixturevalue(f"{model}_model")
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        read(write(tmp_path, text), knowledge, target)
    assert str(caught.value).startswith("rows.csv: ")


def test_other_files_that_do_not_fit_are_mistakes_too(
    tmp_path: Path, array_model: InputModel, text_model: InputModel
) -> None:
    np.save(tmp_path / "objects.npy", np.array([{}, []], dtype=object))
    np.save(tmp_path / "narrow.npy", np.ones((2, 2)))
    np.savez(tmp_path / "other.npz", Z=np.ones((2, 3)))
    np.savez(tmp_path / "uneven.npz", X=np.ones((2, 3)), y=np.ones(3))
    (tmp_path / "latin.txt").write_bytes("Köln".encode("latin-1"))
    (tmp_path / "folder.npy").mkdir()
    messages = {
        "objects.npy": "plain arrays",
        "narrow.npy": "has 2 columns; the model was fitted on 3",
        "other.npz": "no array X; it has: Z",
        "uneven.npz": "2 rows but 3 true targets",
        "gone.npy": "cannot be read",
        "folder.npy": "not a regular file",
    }
    for name, message in messages.items():
        with pytest.raises(UserError, match=message):
            read(str(tmp_path / name), array_model)
    with pytest.raises(UserError, match="not UTF-8"):
        read(str(tmp_path / "latin.txt"), text_model)
    with pytest.raises(UserError, match="does not take documents"):
        read(write(tmp_path, "a text\n", "rows.txt"), array_model)
    with pytest.raises(UserError, match="--target y names a column"):
        read(str(tmp_path / "narrow.npy"), array_model, "y")


def test_more_rows_than_are_compared_at_once_are_a_mistake(
    tmp_path: Path, array_model: InputModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_files, "MAX_ROWS", 2)
    with pytest.raises(UserError, match=r"3 rows; at most 2 can be compared; give a sample"):
        read(write(tmp_path, "x,y,z\n" + "1,2,3\n" * 3), array_model)
    monkeypatch.setattr(data_files, "MAX_BYTES", 10)
    with pytest.raises(UserError, match="give a sample"):
        read(write(tmp_path, "x,y,z\n" + "1,2,3\n" * 3), array_model)


# ----------------------------------------------------------------------------- sparse matrices

COUNTS = sparse.random(40, 3, density=0.4, format="csr", random_state=0)


@pytest.mark.parametrize("layout", ["csr", "csc", "coo", "bsr", "dia"])
def test_a_sparse_matrix_of_scipy_is_read_as_rows(
    layout: str, tmp_path: Path, array_model: InputModel
) -> None:
    path = tmp_path / "rows.npz"
    sparse.save_npz(path, COUNTS.asformat(layout))
    for model in (array_model, None):
        given = read(str(path), model)
        assert (given.n, given.truth, given.rows.format) == (40, None, "csr")
        assert np.array_equal(given.rows.toarray(), COUNTS.toarray())
        assert np.array_equal(
            content.decode(content.encode(given.rows)).toarray(), COUNTS.toarray()
        )


def test_a_sparse_array_is_read_like_a_matrix(tmp_path: Path, array_model: InputModel) -> None:
    sparse.save_npz(tmp_path / "rows.npz", sparse.csr_array(COUNTS))
    given = read(str(tmp_path / "rows.npz"), array_model)
    assert sparse.isspmatrix_csr(given.rows)


def test_a_model_fitted_on_named_columns_gets_them(tmp_path: Path, frame_model: InputModel) -> None:
    sparse.save_npz(tmp_path / "rows.npz", COUNTS)
    given = read(str(tmp_path / "rows.npz"), frame_model)
    assert list(given.rows.columns) == ["a", "b", "c"]
    assert np.array_equal(given.rows.to_numpy(), COUNTS.toarray())


def test_a_sparse_matrix_that_does_not_fit_is_a_mistake(
    tmp_path: Path, array_model: InputModel, text_model: InputModel
) -> None:
    path = str(tmp_path / "rows.npz")
    sparse.save_npz(path, COUNTS)
    with pytest.raises(UserError, match="the model takes documents"):
        read(path, text_model)
    with pytest.raises(UserError, match="a sparse matrix has no column 'y'"):
        read(path, array_model, "y")
    sparse.save_npz(path, COUNTS[:, :2])
    with pytest.raises(UserError, match="the data has 2 columns"):
        read(path, array_model)


BAD_PARTS = {
    "index beyond the columns": {"indices": np.array([0, 9]), "indptr": np.array([0, 1, 2])},
    "index below 0": {"indices": np.array([0, -1]), "indptr": np.array([0, 1, 2])},
    "pointer beyond the data": {"indices": np.array([0, 1]), "indptr": np.array([0, 1, 99])},
    "pointers that fall": {"indices": np.array([0, 1]), "indptr": np.array([0, 2, 1])},
    "too few pointers": {"indices": np.array([0, 1]), "indptr": np.array([0, 2])},
    "no pointers": {"indices": np.array([0, 1])},
    "pointers of text": {"indices": np.array([0, 1]), "indptr": np.array(["a", "b", "c"])},
}


@pytest.mark.parametrize("kind", BAD_PARTS)
def test_a_damaged_sparse_matrix_is_a_mistake_and_no_crash(
    kind: str, tmp_path: Path, array_model: InputModel
) -> None:
    """Computing with wrong indices would read beyond the arrays."""
    parts = {"format": b"csr", "shape": np.array([2, 3]), "data": np.ones(2), **BAD_PARTS[kind]}
    np.savez(tmp_path / "rows.npz", **parts)
    with pytest.raises(UserError, match="is not a sparse matrix that scipy can read"):
        read(str(tmp_path / "rows.npz"), array_model)


def test_made_rows_are_appended_to_sparse_ones() -> None:
    """The given rows come first and stay as they are; a matrix of another width does not fit."""
    made = sparse.csr_matrix(np.ones((2, 3)))
    both = evidence_rows.appended(COUNTS, made)
    assert both is not None
    assert both.format == "csr"
    assert np.array_equal(both.toarray(), np.vstack([COUNTS.toarray(), np.ones((2, 3))]))
    assert evidence_rows.appended(COUNTS, sparse.csr_matrix(np.ones((2, 4)))) is None
    assert evidence_rows.appended(COUNTS, np.ones((2, 3))) is None
