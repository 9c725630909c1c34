"""The inputs of the action, from the environment variables that ``action.yml`` sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "COMPAT_ACTION_"
"""Of the variables; GitHub does not set those of inputs for composite actions."""


REPORT = "compat-report.html"
"""Where the page is written, if the workflow does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionInputs:
    """What the workflow wants."""

    models: tuple[str, ...] = ()
    origin: str = ""
    """After ``--from``."""
    targets: tuple[str, ...] = ()
    """After ``--to``; without any, a pull request is checked for what it changes in locks."""
    base: str = ""
    data: str = ""
    target: str = ""
    trust: tuple[str, ...] = ()
    fail_on: str = ""
    options: tuple[str, ...] = ()
    """Further options, one a line."""
    report: str = REPORT
    isolated: bool = False
    comment: bool = True
    comment_file: str = ""
    """A comment that an earlier run wrote; if it is named, nothing is checked."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> ActionInputs:
        """Read the variables; one that is not set is as if it were empty."""

        def text(name: str) -> str:
            return environ.get(PREFIX + name, "").strip()

        return cls(
            models=_several(text("MODELS")),
            origin=text("FROM"),
            targets=_lines(text("TO")),
            base=text("BASE"),
            data=text("DATA"),
            target=text("TARGET"),
            trust=_several(text("TRUST")),
            fail_on=text("FAIL_ON"),
            options=_several(text("OPTIONS")),
            report=text("REPORT") or REPORT,
            isolated=text("ISOLATED").lower() == "true",
            comment=text("COMMENT").lower() != "false",
            comment_file=text("COMMENT_FILE"),
        )

    def command(self, folder: Path, *, pull_request: bool, before: str = "") -> list[str]:
        """Return the command line of the check, without the program's name.

        Args:
            folder: for the reports that the action reads.
            pull_request: whether the event is about merging something.
            before: the commit that the event compares with; empty for none.
        """
        base = self.base or before
        named = self.targets or self.origin
        compares = not named and (pull_request or bool(self.base) or not self.models)
        words = ["pr"] if compares else ["upgrade"]
        words += ["--base", base] if compares and base else []
        words += ["--from", self.origin] if self.origin else []
        for one in self.targets:
            words += ["--to", one]
        for option, value in (("--data", self.data), ("--target", self.target)):
            words += [option, value] if value else []
        for name in self.trust:
            words += ["--trust", name]
        words += ["--fail-on", self.fail_on] if self.fail_on else []
        words += ["--isolated"] if self.isolated else []
        outputs = [f"json:{folder / 'result.json'}", f"markdown:{folder / 'result.md'}"]
        outputs.append(f"html:{self.report}")
        for output in outputs:
            words += ["--output", output]
        return [*words, *self.options, "--", *self.models]


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _several(text: str) -> tuple[str, ...]:
    """Texts one per line, or in one line separated by spaces."""
    lines = _lines(text)
    return tuple(lines[0].split()) if len(lines) == 1 else lines
