"""Run a check as a step of a workflow, and say its answer on GitHub."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any, TextIO, cast

from matrix.atomic_write import draft
from matrix.catalog.git import Repository
from matrix.cli import main as run_command
from matrix.errors import Exit, MatrixError
from matrix.github_action.action_inputs import ActionInputs
from matrix.github_action.annotations import Annotation, from_root
from matrix.github_action.comment import (
    GitHubError,
    NotPermittedError,
    PullRequestComments,
    Send,
    comment_text,
    is_marker,
    marker,
    pull_request_of_run,
    sender,
    untrusted,
)
from matrix.github_action.outcome import CheckOutcome, read_outcome

_COMMENT_FILE = "compat-comment.md"
_LARGEST_COMMENT = 1_000_000


def main(environ: Mapping[str, str] | None = None, send: Send | None = None) -> int:
    """Run the action.

    Args:
        environ: the variables of the step; None for those of this process.
        send: sends requests to GitHub; None for the real one.

    Returns:
        The exit code of the check.
    """
    values = os.environ if environ is None else environ
    inputs = ActionInputs.of(values)
    github = send or sender(
        values.get("GITHUB_API_URL", "https://api.github.com"), values.get("GITHUB_TOKEN", "")
    )
    if inputs.comment_file:
        return _only_comment(Path(inputs.comment_file), values, github)
    event = _event(values)
    code, outcome = _checked(inputs, event)
    root = Path(values.get("GITHUB_WORKSPACE") or ".")
    for annotation in outcome.annotations:
        _print(annotation.command(root))
    mark = marker(values.get("GITHUB_WORKFLOW", ""), values.get("GITHUB_JOB", ""))
    _append(values.get("GITHUB_STEP_SUMMARY"), outcome.text + "\n")
    with draft(Path(_COMMENT_FILE)) as file:  # the checkout may have a link of this name
        file.write_text(comment_text(mark, outcome.text), encoding="utf-8")
        file.replace(_COMMENT_FILE)
    _append(values.get("GITHUB_OUTPUT"), _outputs(outcome, inputs, root))
    number = (event.get("pull_request") or {}).get("number")
    if inputs.comment and number is not None:
        repository = values.get("GITHUB_REPOSITORY", "")
        comments = PullRequestComments(repository, int(number), github)
        _comment(comments, mark, outcome.text, only_update=not outcome.affected)
    return code


def _checked(inputs: ActionInputs, event: Mapping[str, Any]) -> tuple[int, CheckOutcome]:
    """Run the check; its messages are shown as always."""
    merges = "pull_request" in event or "merge_group" in event
    with tempfile.TemporaryDirectory() as folder:
        messages = _Copied(sys.stderr)
        with redirect_stderr(cast(TextIO, messages)):
            words = inputs.command(Path(folder), pull_request=merges, before=_before(event))
            code = run_command(words)
        return code, read_outcome(code, Path(folder), messages.lines_of_error())


def _before(event: Mapping[str, Any]) -> str:
    """The commit that a merge queue or a push compares with; empty if this clone has none.

    A branch that is new, or that was overwritten, has no such commit.
    """
    named = (event.get("merge_group") or {}).get("base_sha") or event.get("before") or ""
    if "pull_request" in event or not re.fullmatch(r"[0-9a-f]{40,64}", str(named)):
        return ""
    try:
        return named if Repository.around(Path.cwd()).find_commit(named) else ""
    except MatrixError:
        return ""


class _Copied:
    """Standard error that is also kept."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kept = StringIO()

    def write(self, text: str) -> int:
        self._kept.write(text)
        return self._stream.write(text)

    def lines_of_error(self) -> str:
        """What follows the last ``error:``; all of it is untrusted, and one text."""
        return self._kept.getvalue().rpartition("error: ")[2]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _comment(comments: PullRequestComments, mark: str, text: str, *, only_update: bool) -> None:
    """Write the comment; without permission the summary has to do."""
    try:
        comments.put(mark, text, only_update=only_update)
    except NotPermittedError:
        _note(
            "The answer is in the step summary: this token may not write comments. It needs the "
            "permission pull-requests: write, which pull requests from forks never have. "
            "docs/ci.md shows how a second workflow writes the comment."
        )
    except GitHubError as error:
        _note(f"The comment could not be written: {error}")


def _only_comment(file: Path, values: Mapping[str, str], send: Send) -> int:
    """Write the comment that a run of another workflow made, on the pull request of that run."""
    text = file.read_bytes()[:_LARGEST_COMMENT].decode("utf-8", "replace")
    mark, _, rest = text.partition("\n")
    repository = values.get("GITHUB_REPOSITORY", "")
    if not is_marker(mark):
        _note(f"{file.name} is no comment of this action, so none was written")
        return Exit.USAGE
    try:
        number = pull_request_of_run(_event(values), repository, send)
        if number is None:
            _note("No open pull request has the commit of that run, so no comment was written")
            return Exit.OK
        PullRequestComments(repository, number, send).put(mark, untrusted(rest))
    except (NotPermittedError, GitHubError) as error:
        _note(f"The comment could not be written: {error}")
        return Exit.CANNOT_TELL
    return Exit.OK


def _outputs(outcome: CheckOutcome, inputs: ActionInputs, root: Path) -> str:
    report = from_root(inputs.report, root) if Path(inputs.report).exists() else ""
    values = {
        "verdict": outcome.verdict,
        "safe": outcome.safe,
        "pin": outcome.pin,
        "report": report,
        "comment": from_root(_COMMENT_FILE, root),
    }
    return "".join(f"{name}={' '.join(value.split())}\n" for name, value in values.items())


def _event(values: Mapping[str, str]) -> dict[str, Any]:
    path = values.get("GITHUB_EVENT_PATH", "")
    if not path or not Path(path).is_file():
        return {}
    try:
        found = json.loads(Path(path).read_bytes())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _append(path: str | None, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(text)


def _note(message: str) -> None:
    _print(Annotation(level="notice", title="compat-matrix", message=message).command(Path()))


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
