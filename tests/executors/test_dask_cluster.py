"""What of a Dask cluster can be tested without Dask."""

from __future__ import annotations

import sys

import pytest

from matrix.errors import UsageError
from matrix.executors import dask_cluster
from matrix.executors.dask_cluster import DaskCluster, bundled
from matrix.executors.portable import SentFile


def test_requests_for_the_same_files_share_their_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first files of two requests are the same: they are sent once."""
    monkeypatch.setattr(dask_cluster, "_BUNDLE", 10)
    files = {f"digest {number}": SentFile.of(b"8 bytes.") for number in range(5)}
    first = [list(bundle) for bundle in bundled(files)]
    second = [list(bundle) for bundle in bundled({**files, "another": SentFile.of(b"9")})]
    assert [name for bundle in first for name in bundle] == list(files)
    assert len(first) == 3
    assert first[:2] == second[:2]


def test_without_dask_it_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'sklearn-compat-matrix\[dask\]'"):
        DaskCluster("tcp://scheduler:8786")
