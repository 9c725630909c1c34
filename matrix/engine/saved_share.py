"""What one shard has saved for all others, and what all of them have saved together.

With a folder of ``--artifacts``, a run has two stages. In the first, each shard saves in its own
environments and publishes one file. In the second, each loads in its own environments what all have
saved. The newest environment is an exception: the rows of every pipeline are measured there, so all
shards build it, and each saves and measures a part of the pipelines in it. Pipelines that it does
not save are measured where an earlier run measured them, by the shard of that environment; without
an earlier run, every shard measures them in the second stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from matrix.engine import saving
from matrix.engine.saving import Savings, digests_of
from matrix.errors import CannotTellError, UsageError
from matrix.model import Artifact, Environment, Evidence, Pipeline, Saving, Shard, codec
from matrix.store import Store, keys, worker_answers
from matrix.store.share_files import ENDING, ShareFile, damaged, open_share, write_share
from matrix.store.worker_answers import WorkerAnswer

_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class SavedShare:
    """What shards have saved: one of them, or several together."""

    environments: Mapping[str, Environment] = field(default_factory=dict)
    """The outcome of each environment that was built, by id."""
    answers: Mapping[tuple[str, str], WorkerAnswer] = field(default_factory=dict)
    """What writers answered, by writer and pipeline."""
    evidence: Mapping[str, Evidence | None] = field(default_factory=dict)
    """Of each measured pipeline; None if nothing could be measured."""
    measured_in: Mapping[str, str] = field(default_factory=dict)
    """The environment in which each of these was measured."""

    def savings(self) -> Savings:
        """The answers of writers in the data model."""
        return {
            (writer, pipeline): worker_answers.saving(answer, pipeline=pipeline, writer=writer)
            for (writer, pipeline), answer in self.answers.items()
        }

    def measured_as(self, expected: Mapping[str, str]) -> SavedShare:
        """The same without the evidence of pipelines that were measured in another environment.

        Args:
            expected: the environment in which one machine would measure each pipeline.
        """
        kept = {
            name: one
            for name, one in self.evidence.items()
            if self.measured_in.get(name) == expected.get(name)
        }
        return replace(self, evidence=kept)

    def digest(self) -> str:
        """A digest of the answers: a result that was made of others is another one."""
        return keys.of(sorted([*place, answer] for place, answer in self.answers.items()))


def slice_of(pipelines: Sequence[Pipeline], shard: Shard) -> tuple[Pipeline, ...]:
    """The pipelines that a shard saves and measures in the newest environment."""
    return tuple(pipelines[shard.index - 1 :: shard.count])


def file_of(folder: Path, shard: Shard) -> Path:
    """The file that a shard publishes."""
    return folder / f"{shard.index}-of-{shard.count}{ENDING}"


# --------------------------------------------------------------------------- publish


def publish(folder: Path, shard: Shard, share: SavedShare, store: Store) -> Path:
    """Write what a shard has saved, with its rows, outputs and files, into the folder of all.

    Raises:
        StoreError: it cannot be written.
    """
    savings = share.savings().values()
    digests = sorted({digest for one in savings for digest in digests_of(one)})
    artifacts = {
        one.sha256: store.artifact(one.sha256, one.format)
        for found in savings
        for one in found.artifacts.values()
        if isinstance(one, Artifact)
    }
    head = {
        "version": _VERSION,
        "shard": codec.to_json(shard),
        "environments": [codec.to_json(one) for one in share.environments.values()],
        "answers": [[*place, answer] for place, answer in share.answers.items()],
        "evidence": {name: codec.to_json(one) for name, one in share.evidence.items()},
        "measured_in": dict(share.measured_in),
    }
    file = file_of(folder, shard)
    contents = ((digest, store.content(digest)) for digest in digests)
    write_share(file, head, contents, sorted(artifacts.items()))
    return file


def answer_of(store: Store, key: str, saved: Saving) -> WorkerAnswer:
    """The answer that a saving was made from; an ending, which is not stored, is made again."""
    return store.answer(key) or {"ending": saved.ending.value, "reason": saved.reason}


# --------------------------------------------------------------------------- take in


def take_in(folder: Path, shard: Shard, store: Store) -> SavedShare:
    """Read what all shards have published, and store its rows, outputs and files.

    Args:
        folder: of ``--artifacts``.
        shard: the one that reads, with its plan.
        store: of this machine.

    Raises:
        CannotTellError: the file of a shard is missing or damaged.
        UsageError: a file is of another plan.
        StoreError: a file cannot be read or stored.
    """
    shards = [replace(shard, index=index + 1) for index in range(shard.count)]
    missing = [one for one in shards if not file_of(folder, one).is_file()]
    if missing:
        names = ", ".join(str(one) for one in missing)
        raise CannotTellError(
            f"{len(missing)} of {shard.count} shards have saved nothing in {folder} yet: {names}",
            advice=f"Run first: compat-matrix run --shard {missing[0]} --save-only "
            f"--artifacts {folder}",
        )
    found = [_read(file_of(folder, one), one, store) for one in shards]
    environments: dict[str, Environment] = {}
    for share in found:
        for name, environment in share.environments.items():
            if name not in environments or not environments[name].ready:
                environments[name] = environment
    return SavedShare(
        environments=environments,
        answers={place: answer for share in found for place, answer in share.answers.items()},
        evidence={name: one for share in found for name, one in share.evidence.items()},
        measured_in={name: one for share in found for name, one in share.measured_in.items()},
    )


def _read(file: Path, shard: Shard, store: Store) -> SavedShare:
    with open_share(file) as opened:
        head = opened.head()
        if head.get("version") != _VERSION:
            raise damaged(file)
        try:
            of = codec.from_json(head["shard"], Shard)
            share = _share(head)
            savings = share.savings()
        except codec.READ_ERRORS as error:
            raise damaged(file) from error
        if of.plan != shard.plan:
            raise UsageError(
                f"{file} is of another plan: other environments, pipelines, settings or code",
                advice="Run all shards anew, from one state of the project.",
            )
        _store(opened, savings, store)
    return share


def _share(head: Mapping[str, Any]) -> SavedShare:
    environments = [codec.from_json(one, Environment) for one in head["environments"]]
    return SavedShare(
        environments={one.id: one for one in environments},
        answers={(writer, pipeline): answer for writer, pipeline, answer in head["answers"]},
        evidence={
            name: None if one is None else codec.from_json(one, Evidence)
            for name, one in head["evidence"].items()
        },
        measured_in=dict(head["measured_in"]),
    )


def _store(opened: ShareFile, savings: Savings, store: Store) -> None:
    """Keep the contents and files of a share.

    Raises:
        CannotTellError: one of them is missing.
    """
    there = set()
    for digest, data in opened.contents():
        store.keep_content(digest, data)
        there.add(digest)
    formats: dict[str, set[str]] = {}
    for one in _artifacts(savings):
        formats.setdefault(one.sha256, set()).add(one.format)
    for digest, data in opened.artifacts():
        for name in formats.pop(digest, ()):
            store.add_artifact(data, name, digest)
    needed = {digest for one in savings.values() for digest in digests_of(one)}
    if formats or not needed <= there:
        raise damaged(opened.file)


def _artifacts(savings: Savings) -> Iterator[Artifact]:
    return (artifact for one in savings.values() for artifact in saving.artifacts_of(one))
