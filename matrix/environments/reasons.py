"""Why an environment is unavailable: the one module that interprets the messages of uv."""

from __future__ import annotations

import re

from matrix.model import UnavailableReason

__all__ = ["UnavailableError", "UnavailableReason", "first_line", "understand"]


class UnavailableError(Exception):
    """An environment is unavailable.

    Args:
        why: which kind of reason.
        detail: the rest, in words.
        packages: those of which no release up to the day can be installed; a later one may.
    """

    def __init__(
        self, why: UnavailableReason, detail: str, packages: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(f"{why.value}: {detail}" if detail else why.value)
        self.why = why
        self.packages = packages


_FULL = re.compile(r"No space left on device|Disk quota exceeded", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_REACH = re.compile(
    r"error sending request|Failed to fetch|Request failed|dns error|tcp connect error"
    r"|Network is unreachable|timed out|Connection re\w+",
    re.IGNORECASE,
)
_NOT_CACHED = re.compile(r"(\S+) was not found in the cache|network was disabled|`--offline`")
_NO_PACKAGE = re.compile(r"(\S+) was not found in the (?:package registry|provided)")
_NO_WHEELS = re.compile(r"(\S+) (?:has|have) no (?:usable )?wheels")
_NEEDS_PYTHON = re.compile(r"(\S+) depends on Python\s*([<>=!~][^\s,]*)")
_NO_VERSION = re.compile(r"there (?:is|are) no versions? of ([^\s,]+)|(only \S+ is available)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TOO_NEW = re.compile(
    r"`(\S+)` was filtered by `exclude-newer`.*?uploaded before (\S+?)T.*?published at (\S+?)T"
)
_CONTRADICTION = re.compile(
    r"Because you require ([^\s{]+) and ([^\s{]+), we can conclude that your requirements are unsat"
)
"""In braces stands what a requirement is for: ``numpy{python_full_version < '3.9'}<1.20``."""
_DEPENDS = re.compile(r"(\S+) depends on (\S+)")
_REQUIRED = re.compile(r"you require ([^\s,]+(?:,[<>=!~][^\s,]+)*)")


def understand(stderr: str, python: str) -> UnavailableError:
    """Return the reason that uv's error output gives.

    Args:
        stderr: what uv wrote.
        python: the version it resolved for.
    """
    text = _SPACE.sub(" ", stderr)
    for recognize in (_not_reached, _missing, _contradiction, _conflict):
        reason = recognize(text, python)
        if reason is not None:
            return reason
    return UnavailableError(UnavailableReason.OTHER, _with_full_disk(first_line(stderr), text))


def _with_full_disk(line: str, text: str) -> str:
    """The line, with a full disk in front, which uv names last."""
    full = _FULL.search(text)
    return line if full is None or full.group() in line else f"{full.group()}: {line}"


def first_line(stderr: str) -> str:
    """Return the line that says what went wrong, and the cause that follows it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith("error:")] or lines
    if not telling:
        return "uv said nothing"
    cause = next((line for line in lines if line.startswith("cause: ")), "")
    return f"{telling[0].removeprefix('error: ')} {cause.removeprefix('cause: ')}".strip()


def _not_reached(text: str, _python: str) -> UnavailableError | None:
    cached = _NOT_CACHED.search(text)
    if cached:
        return UnavailableError(
            UnavailableReason.NOT_CACHED, f"{cached.group(1) or 'it'} is not in uv's cache"
        )
    if _REACH.search(text):
        causes = [part.strip() for part in text.split("cause:")[1:]]
        return UnavailableError(
            UnavailableReason.OUT_OF_REACH, causes[-1] if causes else text[:200].strip()
        )
    return None


def _missing(text: str, python: str) -> UnavailableError | None:
    package = _NO_PACKAGE.search(text)
    if package:
        return UnavailableError(
            UnavailableReason.NO_VERSION, f"there is no package {package.group(1)}"
        )
    newer = _TOO_NEW.search(text)
    if newer:
        name, day, published = newer.groups()
        detail = f"nothing that fits of {name} before {day} (it came out on {published})"
        return UnavailableError(UnavailableReason.NO_VERSION, detail, frozenset({name}))
    wheels = _NO_WHEELS.search(text)
    if wheels:
        name = re.split(r"[<>=!~]", wheels.group(1))[0]
        detail = f"of {wheels.group(1)} for Python {python}"
        return UnavailableError(UnavailableReason.NO_WHEEL, detail, frozenset({name}))
    needs = _NEEDS_PYTHON.search(text)
    if needs:
        detail = f"{needs.group(1)} is for Python {needs.group(2)}, not {python}"
        return UnavailableError(UnavailableReason.NO_WHEEL, detail)
    version = _NO_VERSION.search(text)
    if version and "depends on" not in text:
        required_text = version.group(1) or _asked(text, version.group(2))
        whole = _NAME.fullmatch(required_text)  # it has no release at all: of that day, with a date
        packages = frozenset({required_text} if whole else ())
        return UnavailableError(UnavailableReason.NO_VERSION, required_text, packages)
    return None


def _asked(text: str, available: str) -> str:
    required = _REQUIRED.search(text)
    return f"{required.group(1)} ({available})" if required else available


def _contradiction(text: str, _python: str) -> UnavailableError | None:
    both = _CONTRADICTION.search(text)
    if both is None:
        return None
    return UnavailableError(
        UnavailableReason.CONTRADICTION, f"{both.group(1)} and {both.group(2)} are required"
    )


def _conflict(text: str, _python: str) -> UnavailableError | None:
    if "unsatisfiable" not in text:
        return None
    depends, required = _DEPENDS.search(text), _REQUIRED.findall(text)
    if depends is None:
        return UnavailableError(
            UnavailableReason.CONFLICT, f"{' and '.join(dict.fromkeys(required))}"
        )
    package, needed = depends.groups()
    name = re.split(r"[<>=!~]", needed)[0]
    others = [r for r in required if re.split(r"[<>=!~]", r)[0] == name and r != needed]
    required_text = f"{others[-1]} is required" if others else "something else is required"
    return UnavailableError(
        UnavailableReason.CONFLICT, f"{package} depends on {needed}, and {required_text}"
    )
