"""Read files of a revision of a git repository, without a checkout.

Only commands that read objects are used: no filter, hook, text conversion or program of the
repository runs, and nothing is fetched.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path, PurePosixPath

from matrix.catalog.source_file import LARGEST, SourceFile
from matrix.errors import UsageError

_COMMAND = (
    *("git", "--no-pager", "--no-replace-objects", "--literal-pathspecs"),
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "protocol.allow=never"),
)
_VARIABLES = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
_COMMITTED = re.compile(rb"^committer [^\n]*> (\d+) [+-]\d+$", re.M)
_SECONDS = 60
_LINK = "120000"
_LONGEST_CHAIN = 5
_NAMED = re.compile(r"(?P<revision>[^:\s]+):(?P<path>(?!//)[^:]+)")


def split(text: str) -> tuple[str, str] | None:
    """Split ``origin/main:uv.lock`` into revision and path; None if a text has not that form."""
    found = _NAMED.fullmatch(text)
    if found is None or re.fullmatch(r"[A-Za-z]:[\\/].*", text):
        return None
    return found["revision"], found["path"]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a working tree."""

    root: Path

    @classmethod
    def around(cls, folder: Path) -> Repository:
        """Return the repository that a folder is in.

        Raises:
            UsageError: the folder is in no repository, or git is not installed.
        """
        done = _git(folder, "rev-parse", "--show-toplevel")
        if done.returncode == 0:
            return cls(Path(os.fsdecode(done.stdout.rstrip(b"\n"))))
        problem = _problem(done)
        if "dubious ownership" in problem:
            raise UsageError(
                f"{folder}: the repository belongs to another user, so git does not read it",
                advice="If you trust it: git config --global --add safe.directory "
                f"{folder.absolute()}",
            )
        raise UsageError(
            f"{folder}: is not in a git repository",
            advice="Run the command inside of the repository, or name files instead of revisions.",
        )

    def commit(self, revision: str) -> str:
        """Return the digest of the commit that a revision names.

        Raises:
            UsageError: there is no such revision.
        """
        found = self.find_commit(revision)
        if found:
            return found
        advice = "See which there are: git branch --all"
        if self.is_shallow():
            remote, _, branch = revision.partition("/")
            fetched = f"{remote} {branch}" if branch else f"origin {revision}"
            advice = (
                "This clone is shallow and may lack it. Fetch it: git fetch --depth=1 "
                f"{fetched}:refs/remotes/{fetched.replace(' ', '/')}"
            )
        raise UsageError(f"git knows no revision {revision}", advice=advice)

    def find_commit(self, revision: str) -> str:
        """Return the digest of the commit that a revision names; empty if there is none."""
        name = f"{revision}^{{commit}}"
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        return done.stdout.decode("ascii").strip() if done.returncode == 0 else ""

    def merge_base(self, revision: str) -> str:
        """Return the commit where the current branch left another one.

        Raises:
            UsageError: there is no such revision, no commit yet, or no common commit.
        """
        if not self.find_commit(revision):
            self.refuse_shallow(revision)
        base, head = self.commit(revision), self.commit("HEAD")
        done = self._run("merge-base", "--end-of-options", base, head)
        if done.returncode == 0:
            return done.stdout.decode("ascii").split()[0]
        self.refuse_shallow(revision)
        raise UsageError(f"HEAD and {revision} have no common commit")

    def refuse_shallow(self, revision: str) -> None:
        """Refuse a clone whose history ends before the commit that it shares with a revision.

        Raises:
            UsageError: it is shallow.
        """
        if self.is_shallow():
            raise UsageError(
                f"this shallow clone does not have the commit that it shares with {revision}",
                advice="Fetch it: git fetch --unshallow origin "
                "'+refs/heads/*:refs/remotes/origin/*'\n  In GitHub Actions: actions/checkout "
                "with fetch-depth: 0",
            )

    def day(self, commit: str) -> str:
        """Return the day of a commit (UTC), as ``2026-05-01``; empty if it does not say."""
        found = _COMMITTED.search(self._checked("cat-file", "commit", commit))
        if found is None:
            return ""
        try:
            return datetime.fromtimestamp(int(found[1]), timezone.utc).date().isoformat()
        except (ValueError, OverflowError, OSError):
            return ""

    def is_shallow(self) -> bool:
        """Whether the clone lacks a part of the history."""
        return self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"

    def paths(self, commit: str) -> list[str]:
        """Return the paths of all regular files in a commit, relative to the root."""
        done = self._checked("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit)
        entries = (line.partition(b"\t") for line in done.split(b"\0") if line)
        return [os.fsdecode(path) for kind, _, path in entries if kind.startswith(b"100")]

    def working_paths(self) -> list[str]:
        """Return the paths of all files of the working tree that git does not ignore."""
        done = self._checked("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        found = (os.fsdecode(path) for path in done.split(b"\0") if path)
        return sorted({path for path in found if (self.root / path).is_file()})

    def entry(self, commit: str, path: str) -> tuple[str, str] | None:
        """Return mode and digest of a file in a commit; None if there is none."""
        done = self._checked("ls-tree", "-z", "--full-tree", "--end-of-options", commit, path)
        for line in done.split(b"\0"):
            kind, _, name = line.partition(b"\t")
            if os.fsdecode(name) == path and b" blob " in kind:
                mode, _, digest = kind.decode("ascii").split()
                return mode, digest
        return None

    def blob(self, digest: str, shown: str) -> bytes:
        """Return the bytes of an object, as they are stored.

        Raises:
            UsageError: it is too large, or not in this clone.
        """
        size = self._run("cat-file", "-s", digest)
        if size.returncode:
            raise UsageError(
                f"{shown}: git cannot read it: {_problem(size)}",
                advice="A partial clone may lack it: git fetch",
            )
        if int(size.stdout) > LARGEST:
            raise UsageError(f"{shown}: is too large: more than {LARGEST // 2**20} MB")
        return self._checked("cat-file", "blob", digest)

    def _checked(self, *arguments: str) -> bytes:
        done = self._run(*arguments)
        if done.returncode:
            raise UsageError(f"git {arguments[0]} failed: {_problem(done)}")
        return done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return _git(self.root, *arguments)


@dataclass(frozen=True, slots=True)
class GitFile(SourceFile):
    """A file of a commit; ``str()`` is ``origin/main:uv.lock``."""

    repository: Repository
    revision: str
    """As the user named it."""
    commit: str
    path: str
    """From the root of the repository, with ``/``; refused if it leads outside."""
    why: str = ""

    @classmethod
    def named(cls, revision: str, path: str, folder: Path) -> GitFile:
        """Return the file that the user named.

        Args:
            revision: a branch, a tag, or whatever git takes for a commit.
            path: from the root of the repository, or with ``./`` from the folder.
            folder: the current one.

        Raises:
            UsageError: there is no such repository, revision or file.
        """
        if not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder")
        repository = Repository.around(folder)
        start = ""
        if path.startswith(("./", "../")):
            here = Path(os.path.realpath(folder))
            start = here.relative_to(os.path.realpath(repository.root)).as_posix()
        whole = posixpath.normpath(posixpath.join(start, path))
        file = cls(repository, revision, repository.commit(revision), whole)
        if not file.exists():
            raise UsageError(
                f"{file}: there is no such file in that revision",
                advice="See which there are: git ls-tree -r --name-only "
                f"{revision}; paths start at the root of the repository",
            )
        return file

    def __str__(self) -> str:
        return f"{self.revision}:{self.path}"

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def identity(self) -> Hashable:
        return self.commit, self.path

    @property
    def outside(self) -> bool:
        return _leads_outside(self.path)

    @property
    def day(self) -> str:
        return self.repository.day(self.commit)

    def exists(self) -> bool:
        return self._blob() is not None

    def beside(self, relative: str, why: str = "") -> GitFile:
        folder = posixpath.dirname(self.path)
        path = posixpath.normpath(posixpath.join(folder, relative))
        return GitFile(self.repository, self.revision, self.commit, path, why)

    def content(self) -> bytes:
        if self.outside:
            why = self.why or str(self)
            raise UsageError(f"{why}: {self.path} is outside of the repository")
        digest = self._blob()
        if digest is None:
            raise UsageError(f"{self}: there is no such file in that revision")
        return self.repository.blob(digest, str(self))

    def _blob(self) -> str | None:
        """The digest of its content, when links inside of the repository are followed."""
        path = self.path
        for _ in range(_LONGEST_CHAIN):
            if _leads_outside(path):
                return None
            found = _entry(self.repository, self.commit, path)
            if found is None or found[0] != _LINK:
                return None if found is None else found[1]
            target = self.repository.blob(found[1], str(self))
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(target)))
        return None


@lru_cache(maxsize=4096)
def _entry(repository: Repository, commit: str, path: str) -> tuple[str, str] | None:
    return repository.entry(commit, path)


def _leads_outside(path: str) -> bool:
    return path.startswith(("/", "../")) or path in {"..", "."} or "\0" in path


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [*_COMMAND, *arguments],
            cwd=folder,
            env={**os.environ, **_VARIABLES},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("git is not installed, so no revision can be read") from None
    except ValueError:
        raise UsageError("a revision or path holds a null character") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git {arguments[0]} did not end within {_SECONDS} seconds") from None


def _problem(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("fatal: ") if lines else f"exit code {done.returncode}"
