"""One comment on a pull request, which later runs update in place.

A hidden marker in the comment finds it again. Comments of other people are never updated: anybody
may write the marker into a comment of their own.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 65_536
"""Characters of a comment on GitHub."""
_PER_PAGE = 100
_MOST_PAGES = 30
_SECONDS = 30
_ROBOT = "[bot]"
"""The end of the names of apps, which no person can have; apps write only where they are
installed."""
_LEFT_OUT = "\n\n… the rest is left out here; the step summary and the report have it.\n"
Send = Callable[[str, str, Mapping[str, object] | None], Any]
"""Sends one request: method, path, and the JSON to send. Returns the JSON of the answer."""


class NotPermittedError(Exception):
    """The token may not do that, as for pull requests from forks."""


class GitHubError(Exception):
    """GitHub could not be reached, or refused for another reason."""


def marker(workflow: str, job: str) -> str:
    """Return the hidden line that finds the comment of one job again."""
    name = re.sub(r"[^\w ./-]|--+", "_", f"{workflow}/{job}")[:100]
    return f"<!-- compat-matrix comment: {name} -->"


def is_marker(line: str) -> bool:
    """Whether a line is the marker of some job."""
    return re.fullmatch(r"<!-- compat-matrix comment: [\w ./-]{1,100} -->", line) is not None


def comment_text(mark: str, text: str) -> str:
    """Return the text of a comment, which GitHub accepts."""
    whole = f"{mark}\n{text}"
    if len(whole) <= LONGEST:
        return whole
    kept = whole[: LONGEST - len(_LEFT_OUT)]
    return kept[: kept.rfind("\n")] + _LEFT_OUT


_TAGS = re.compile(r"<(?!/?(?:details|summary|br|code)>)", re.I)


def untrusted(text: str) -> str:
    """Return the Markdown of a stranger's run without mentions, links, pictures and other tags.

    The workflow of a pull request from a fork is the fork's, so its text may say anything. An
    invisible space keeps GitHub from reading it as more than text.
    """
    text = _TAGS.sub("&lt;", text)
    for before in ("@", "](", "][", "]:", "://", "www."):
        text = text.replace(before, f"{before[0]}\u200b{before[1:]}")
    return text


@dataclass(frozen=True, slots=True)
class PullRequestComments:
    """The comments of one pull request.

    Args:
        repository: ``owner/name``.
        number: of the pull request.
        send: sends requests.
    """

    repository: str
    number: int
    send: Send

    def put(self, mark: str, text: str, *, only_update: bool = False) -> bool:
        """Update the comment with a marker, or write a new one.

        Args:
            mark: as :func:`marker` returns it.
            text: of the comment, without the marker.
            only_update: do not write a new one.

        Returns:
            Whether there is such a comment now.

        Raises:
            NotPermittedError: the token may not write.
            GitHubError: GitHub refuses, or cannot be reached.
        """
        body = {"body": comment_text(mark, text)}
        found = self._find(mark)
        if found is not None:
            self.send("PATCH", f"/repos/{self.repository}/issues/comments/{found}", body)
        elif not only_update:
            self.send("POST", f"/repos/{self.repository}/issues/{self.number}/comments", body)
        return found is not None or not only_update

    def _find(self, mark: str) -> int | None:
        author = self._author()
        for one in self._comments():
            login = str((one.get("user") or {}).get("login", ""))
            own = login == author if author else login.endswith(_ROBOT)
            if own and str(one.get("body") or "").startswith(mark):
                return int(one["id"])
        return None

    def _author(self) -> str:
        """The name that the token writes under; empty for tokens of workflows and of apps."""
        try:
            return str(self.send("GET", "/user", None)["login"])
        except (NotPermittedError, GitHubError):
            return ""  # these may not ask

    def _comments(self) -> Iterator[dict[str, Any]]:
        path = f"/repos/{self.repository}/issues/{self.number}/comments?per_page={_PER_PAGE}"
        for page in range(1, _MOST_PAGES + 1):
            found = self.send("GET", f"{path}&page={page}", None)
            yield from found
            if len(found) < _PER_PAGE:
                return


def sender(api: str, token: str) -> Send:
    """Return what sends requests to GitHub.

    Args:
        api: the address of its API.
        token: of the workflow.
    """

    def send(method: str, path: str, body: Mapping[str, object] | None) -> Any:
        request = urllib.request.Request(  # noqa: S310 (the address is that of the workflow)
            api + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            if error.code in (401, 403, 404):
                raise NotPermittedError(f"{method} {path}: {error.code}") from None
            raise GitHubError(f"{method} {path}: {error.code}") from None
        except (OSError, ValueError) as error:
            raise GitHubError(f"{method} {path}: {error}") from None

    return send


def pull_request_of_run(event: Mapping[str, Any], repository: str, send: Send) -> int | None:
    """Return the number of the open pull request that a finished workflow run was for.

    The run names the commit and the branch, also those of a fork. What the run itself wrote is not
    asked: a stranger's workflow may name any number.

    Args:
        event: of ``workflow_run``.
        repository: the one that pull requests go to.
        send: sends requests.
    """
    run = event.get("workflow_run") or {}
    owner = ((run.get("head_repository") or {}).get("owner") or {}).get("login", "")
    head = urllib.parse.quote(f"{owner}:{run.get('head_branch', '')}")
    found = send("GET", f"/repos/{repository}/pulls?state=open&head={head}", None)
    for one in found:
        if one["head"]["sha"] == run.get("head_sha"):
            return int(one["number"])
    return None
