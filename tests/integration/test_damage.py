"""Damage on disk is noticed, and what it hit is computed again: the table stays the same."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from matrix import own_folder

from .durable import assert_kept, finished
from .projects import command, environ, table

Cells = list[dict[str, Any]]


@pytest.fixture(scope="module")
def whole(project: Path) -> Cells:
    """The table of an undamaged run."""
    return table(project)


@pytest.fixture(scope="module")
def sound(project: Path, whole: Cells, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the results of that run, which forgot its table: the next run has to read all."""
    state = tmp_path_factory.mktemp("sound") / "state"
    shutil.copytree(project / ".matrix", state)
    alter(state, "UPDATE runs SET complete = 0")
    return state


@pytest.fixture
def state(project: Path, sound: Path) -> Path:
    """The folder of results, sound again."""
    shutil.rmtree(project / ".matrix")
    shutil.copytree(sound, project / ".matrix")
    own_folder.mark(project / ".matrix")  # a copy is not taken for one's own
    return project / ".matrix"


def alter(state: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(state / "results.sqlite")) as database:
        assert database.execute(statement).rowcount > 0
        database.commit()


def artifacts(state: Path) -> list[Path]:
    return sorted(path for path in (state / "artifacts").rglob("*") if path.is_file())


def truncate_an_artifact(state: Path) -> None:
    os.truncate(artifacts(state)[0], 100)


def flip_a_byte_of_an_artifact(state: Path) -> None:
    path = artifacts(state)[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap_two_artifacts(state: Path) -> None:
    one, other = artifacts(state)[:2]
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def remove_an_artifact(state: Path) -> None:
    artifacts(state)[0].unlink()


def truncate_all_rows(state: Path) -> None:
    for path in (state / "rows").iterdir():
        os.truncate(path, 10)


def damage_a_content(state: Path) -> None:
    alter(
        state,
        "UPDATE contents SET data = x'00' WHERE rowid = (SELECT min(rowid) FROM contents)",
    )


def damage_all_contents(state: Path) -> None:
    alter(state, "UPDATE contents SET data = substr(data, 1, length(data) - 1)")


def swap_the_bodies_of_answers(state: Path) -> None:
    """Each gets that of another, with the digest that belongs to it."""
    alter(
        state,
        "UPDATE answers SET (body, digest) = (SELECT other.body, other.digest FROM answers AS other"
        " WHERE other.key > answers.key ORDER BY other.key LIMIT 1)"
        " WHERE key < (SELECT max(key) FROM answers)",
    )


def cut_the_database_short(state: Path) -> None:
    path = state / "results.sqlite"
    os.truncate(path, path.stat().st_size // 2)


def garble_the_end_of_the_database(state: Path) -> None:
    path = state / "results.sqlite"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(os.urandom(size - size // 2))


def replace_the_database(state: Path) -> None:
    (state / "results.sqlite").write_bytes(os.urandom(10_000))


def put_garbage_in_the_log(state: Path) -> None:
    (state / "results.sqlite-wal").write_bytes(os.urandom(10_000))


@pytest.mark.parametrize(
    "damage",
    [
        damage_all_contents,
        *(
            pytest.param(damage, marks=pytest.mark.nightly)
            for damage in (
                truncate_an_artifact,
                swap_the_bodies_of_answers,
                flip_a_byte_of_an_artifact,
                swap_two_artifacts,
                remove_an_artifact,
                damage_a_content,
            )
        ),
    ],
)
def test_what_is_damaged_is_computed_again_and_the_table_is_the_same(
    project: Path, whole: Cells, state: Path, damage: Callable[[Path], None]
) -> None:
    owed = finished(state)
    damage(state)
    with pytest.raises(AssertionError):
        assert_kept(state, owed)
    assert table(project) == whole
    assert_kept(state, owed)


@pytest.mark.parametrize("damage", [truncate_all_rows, put_garbage_in_the_log])
def test_what_is_kept_twice_is_taken_from_where_it_is_sound(
    project: Path, whole: Cells, state: Path, damage: Callable[[Path], None]
) -> None:
    owed = finished(state)
    damage(state)
    assert table(project) == whole
    assert_kept(state, owed)


@pytest.mark.nightly
@pytest.mark.parametrize("damage", [cut_the_database_short, replace_the_database])
def test_a_database_that_is_none_any_more_is_set_aside_with_a_word(
    project: Path, whole: Cells, state: Path, damage: Callable[[Path], None]
) -> None:
    damage(state)
    (code, said), *more = runs(project)
    assert code == 0
    assert "results.sqlite.damaged" in said
    assert (state / "results.sqlite.damaged").exists()
    assert not more
    assert table(project) == whole


@pytest.mark.nightly
def test_a_database_that_breaks_in_use_is_a_clear_error_once(
    project: Path, whole: Cells, state: Path
) -> None:
    garble_the_end_of_the_database(state)
    said = list(runs(project))
    assert all("Traceback" not in text for _, text in said)
    assert [code for code, _ in said] in ([3, 0], [0])
    assert table(project) == whole


def runs(project: Path) -> Iterator[tuple[int, str]]:
    """Run until it goes well, twice at most."""
    for _ in range(2):
        done = subprocess.run(
            command(), cwd=project, env=environ(), capture_output=True, text=True, check=False
        )
        yield done.returncode, done.stderr
        if done.returncode == 0:
            return
