"""A folder is removed whatever is in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from matrix.remove_tree import remove


@pytest.mark.skipif(os.name != "posix", reason="paths without end are of POSIX")
def test_folders_too_deep_to_name_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    here = Path.cwd()
    os.chdir(folder)
    for _ in range(3000):
        Path("inner").mkdir()
        os.chdir("inner")
    Path("file").touch()
    os.chdir(here)
    remove(folder)
    assert not folder.exists()


def test_what_a_link_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    try:
        (tmp_path / "folder" / "link").symlink_to(tmp_path / "kept")
    except OSError:
        pytest.skip("this account may not make links")
    remove(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
    assert (tmp_path / "kept" / "file").exists()
