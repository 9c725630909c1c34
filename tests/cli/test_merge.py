"""``merge`` gives the table that one machine would have given, or says why it cannot."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import environment, made_up_matrix, pipeline

from matrix.cli import main
from matrix.engine.cell_index import CellIndex
from matrix.engine.plan import EnvironmentWork, Plan, divided
from matrix.engine.shards import readers
from matrix.model import Cell, Detection, Interpreter, Lock, Matrix, Shard, Verdict
from matrix.report.json import read_json, write_json
from matrix.report.plan_json import write_plan

MADE = made_up_matrix(labels=["1.2", "1.3", "1.5"], names=["ridge", "pls_regression", "svr"])
FOUND = dict.fromkeys(MADE.self_check, Detection.DETECTED)
ENVIRONMENTS = MADE.environments[:-1]
MADE_UP = {(c.pipeline, c.format, c.writer, c.reader): c for c in MADE.cells}


def cells(shard: Shard | None = None) -> list[Cell]:
    """In the order of a run."""
    board = CellIndex(ENVIRONMENTS, MADE.pipelines, readers(ENVIRONMENTS, shard))
    places = []
    for place in board.open():
        board.close(MADE_UP[place])
        places.append(place)
    return [MADE_UP[place] for place in places]


WHOLE = replace(MADE, environments=ENVIRONMENTS, cells=cells(), self_check=FOUND)

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a shard of the whole, with something in it changed, and return its file."""
    monkeypatch.chdir(tmp_path)

    def written(index: int, count: int = 3, plan: str = "p", **changes: object) -> str:
        shard = Shard(index=index, count=count, plan=plan)
        part = replace(WHOLE, shard=shard, cells=cells(shard))
        name = f"shard-{index}-{plan}.json"
        with Path(name).open("w", encoding="utf-8") as stream:
            write_json(replace(part, **changes), stream)
        return name

    return written


def merged(*arguments: str) -> Matrix:
    assert main(["merge", *arguments, "--output", "json:merged.json"]) == 0
    return read_json(Path("merged.json"))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_the_union_of_all_shards_is_the_whole(count: int) -> None:
    shards = [cells(Shard(index=i, count=count)) for i in range(1, count + 1)]
    assert sum(map(len, shards)) == len(list(WHOLE.cells))
    assert {id(cell) for shard in shards for cell in shard} == {id(cell) for cell in WHOLE.cells}


def test_merged_shards_are_what_one_machine_gives(write: Write) -> None:
    files = [write(i) for i in (3, 1, 2)]
    result = merged(*files)
    assert list(result.cells) == list(WHOLE.cells)
    assert result.environments == WHOLE.environments
    assert result.self_check == FOUND
    assert result.shard is None


def test_a_missing_shard_is_an_error(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", write(1), write(3), "--output", "json:merged.json"]) == 3
    assert "1 of 3 shards are missing: 2/3" in capsys.readouterr().err
    assert not Path("merged.json").exists()


def test_the_cells_of_a_shard_that_may_be_missing_are_not_run(write: Write) -> None:
    files = write(1), write(3)
    code = main(["merge", *files, "--allow-missing", "--output", "json:merged.json"])
    assert code == 3
    found = list(read_json(Path("merged.json")).cells)
    assert len(found) == len(list(WHOLE.cells))
    theirs = {one.id for one in readers(ENVIRONMENTS, Shard(index=2, count=3))}
    for cell, whole in zip(found, WHOLE.cells, strict=True):
        if cell.reader in theirs:
            assert (cell.verdict, cell.reason) == (Verdict.NOT_RUN, "shard 2/3 is missing")
        else:
            assert cell == whole


def divided_by_time(write: Write, *shares: tuple[str, ...]) -> list[str]:
    """Write shards that have the named environments each."""
    files = []
    for index, share in enumerate(shares, 1):
        shard = Shard(index=index, count=len(shares), plan="p", readers=share)
        files.append(write(index, count=len(shares), shard=shard, cells=cells(shard)))
    return files


def test_shards_that_were_divided_by_time_are_merged_by_the_environments_they_name(
    write: Write,
) -> None:
    first, second, third = (one.id for one in ENVIRONMENTS)
    files = divided_by_time(write, (third,), (first, second))
    assert list(merged(*files).cells) == list(WHOLE.cells)


def test_shards_that_overlap_or_leave_something_out_are_refused(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = (one.id for one in ENVIRONMENTS)
    for shares in [((first, second), (second, third)), ((first,), (second,))]:
        assert main(["merge", *divided_by_time(write, *shares)]) == 2
        assert "divide the environments in different ways" in capsys.readouterr().err


def test_what_was_not_run_is_not_new(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    with Path("whole.json").open("w", encoding="utf-8") as stream:
        write_json(WHOLE, stream)
    main(["baseline", "update", "--result", "whole.json"])
    files = write(1), write(3)
    capsys.readouterr()
    code = main(["merge", *files, "--allow-missing", "--baseline", "compat-baseline.toml"])
    assert code == 3
    assert "0 new, 0 worse, 0 fixed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"plan": "q"}, "shards of different plans"),
        ({"count": 4}, "shards of different plans"),
        ({"shard": None}, "is not a shard"),
        ({"index": 1, "plan": "p "}, "are both shard"),
    ],
)
def test_what_does_not_belong_together_is_refused(
    write: Write, capsys: pytest.CaptureFixture[str], changes: dict[str, object], message: str
) -> None:
    files = write(1), write(**{"index": 2, **changes})
    assert main(["merge", *files]) == 2
    assert message in capsys.readouterr().err


def test_a_shard_without_some_of_its_cells_is_an_error(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    short = write(2, cells=cells(Shard(index=2, count=3))[:-1])
    assert main(["merge", write(1), short, write(3)]) == 3
    assert "shard 2 does not hold the cells that it should" in capsys.readouterr().err


def test_a_planted_fault_that_one_shard_missed_is_missed(write: Write) -> None:
    missed = {**FOUND, next(iter(FOUND)): Detection.MISSED}
    assert main(["merge", write(1), write(2, self_check=missed), write(3)]) == 3


def test_environments_that_hold_other_packages_are_no_shards_of_one_plan(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    def locked(numpy: str) -> tuple[object, ...]:
        interpreter = Interpreter(path=Path("python"), version="3.12.1")
        pins = {"numpy": numpy}
        return tuple(
            replace(
                one,
                lock=Lock(interpreter=interpreter, pins=pins, as_of=None),
            )
            for one in ENVIRONMENTS
        )

    files = [write(i, environments=locked("2.1" if i == 2 else "2.0")) for i in (1, 2, 3)]
    assert main(["merge", *files]) == 2
    assert "holds other packages" in capsys.readouterr().err


def test_every_reader_is_in_one_shard_of_a_plan_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shares = tuple(EnvironmentWork(environment=environment(f"1.{i}")) for i in range(10))
    stream = io.StringIO()
    plan = Plan(shares=shares, seconds=None, digest="d")
    write_plan(plan, stream, divided(plan))
    (line,) = stream.getvalue().splitlines()
    document = json.loads(line)
    assert [group["shard"] for group in document["groups"]] == ["1/4", "2/4", "3/4", "4/4"]
    handed = [one for group in document["groups"] for one in group["readers"]]
    assert sorted(handed) == sorted(share.environment.id for share in shares)


def test_a_board_of_some_readers_has_their_cells_only() -> None:
    board = CellIndex(ENVIRONMENTS, [pipeline("a", ("x", "y"))], ENVIRONMENTS[1:2])
    found = []
    for place in board.open():
        found.append(place)
        board.close(
            Cell(
                pipeline=place[0],
                format=place[1],
                writer=place[2],
                reader=place[3],
                verdict=Verdict.IDENTICAL,
            )
        )
    assert found == [
        ("a", name, writer.id, ENVIRONMENTS[1].id) for writer in ENVIRONMENTS for name in ("x", "y")
    ]


def forged(file: str, **shard: object) -> str:
    """Change the shard that a file says it is."""
    path = Path(file)
    document = json.loads(path.read_text("utf-8"))
    document["shard"].update(shard)
    path.write_text(json.dumps(document), "utf-8")
    return file


@pytest.mark.parametrize(
    "shard",
    [
        {"index": 0},
        {"index": -1},
        {"index": 7},
        {"index": 2**70},
        {"count": 0},
        {"count": -3},
        {"index": "2"},
        {"index": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("options", [[], ["--allow-missing"]], ids=["all", "some"])
def test_a_shard_that_cannot_be_is_refused(
    write: Write,
    capsys: pytest.CaptureFixture[str],
    shard: dict[str, object],
    options: list[str],
) -> None:
    assert main(["merge", write(1), forged(write(2), **shard), *options]) in (2, 3)
    said = capsys.readouterr().err
    assert "shard-2-p.json" in said or "shard" in said
    assert "Traceback" not in said


def test_a_count_of_shards_beyond_all_readers_ends(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [forged(write(index), count=10**15) for index in (1, 2)]
    assert main(["merge", *files, "--allow-missing"]) in (2, 3)
    assert "Traceback" not in capsys.readouterr().err


def test_cells_of_another_shard_are_no_cells_of_this_one(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write(2, cells=cells(Shard(index=3, count=3, plan="p")))
    assert main(["merge", write(1), other, write(3)]) == 3
    assert "shard 2 does not hold the cells that it should" in capsys.readouterr().err


def test_cells_beyond_those_of_a_shard_are_an_error(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    own = cells(Shard(index=2, count=3, plan="p"))
    assert main(["merge", write(1), write(2, cells=[*own, own[-1]]), write(3)]) == 3
    assert "shard 2" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["pipe", "folder", "deep"])
def test_what_is_no_result_is_refused(
    write: Write, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = Path("shard-2.json")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_text("[" * 100_000, "utf-8")
    assert main(["merge", write(1), str(path)]) in (2, 3)
    said = capsys.readouterr().err
    assert "shard-2.json" in said
    assert "Traceback" not in said
