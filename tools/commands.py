"""Write docs/commands.md, the reference of commands and options, from the command line parser."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from matrix.cli import arguments

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"

_HEAD = """\
# Commands and options

`nox -s commands` writes this page from the command line parser, and a test compares the two.

There are two ways to run a command. They take the same options and give the same exit code:

```console
nox -s upgrade -- models/          # in a clone, or in a project whose noxfile adds the sessions
compat-matrix upgrade models/      # where the package is installed
```

Do not run `python -m matrix`: Python looks for modules in the current folder first, so that a file
`matrix.py` of yours would run in its place.

As a nox session, `run` is called `matrix`. `sklearn-compat-matrix` is a second name of the same
program.

| without a command | prints |
| --- | --- |
| `compat-matrix` | the help, with exit code 2 because nothing was done |
| `compat-matrix --help` | the same, with exit code 0; after a command, its options and examples |
| `compat-matrix --version` | the versions of the tool, nox, uv and Python |
| `compat-matrix --print-completion SHELL` | the completion for bash, zsh, fish or powershell |

To complete commands and options with the Tab key, add this line to `~/.bashrc`:

```console
eval "$(compat-matrix --print-completion bash)"
```

[Exit codes](exit-codes.md) are the same for all commands.
"""

_GUIDES = {
    "run": "[Get started](get-started.md), [In CI](ci.md)",
    "upgrade": "[Check your own models](upgrade.md)",
    "pr": "[Locks and pull requests](locks.md)",
    "migrate": "[Migrate a model](migrate.md)",
    "plan": "[On several machines](several-machines.md)",
    "merge": "[On several machines](several-machines.md)",
    "report": "[Reports](reports.md)",
    "baseline": "[In CI](ci.md)",
    "diff": "[In CI](ci.md)",
    "explain": "[Find out why](explain.md)",
    "inspect": "[Look into a saved model](inspect.md)",
}


def documented() -> str:
    """The page: one section a command, in the order of ``--help``."""
    (commands,) = (
        action
        for action in arguments.parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    helps = {choice.dest: choice.help or "" for choice in commands._choices_actions}
    sections = [
        line
        for name, parser in commands.choices.items()
        for line in _section(name, helps[name], parser)
    ]
    return "\n".join([_HEAD, *sections]).rstrip() + "\n"


def _section(name: str, summary: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    actions = [one for one in parser._actions if not isinstance(one, argparse._HelpAction)]
    positional = [one for one in actions if not one.option_strings]
    options = [one for one in actions if one.option_strings]
    yield f"## {name}\n"
    end = "" if summary.endswith("?") else "."
    yield f"{summary[:1].upper()}{summary[1:]}{end}\n"
    usage = ["compat-matrix", name, *map(_shown, positional), *(["[OPTION]..."] * bool(options))]
    yield "```text\n" + " ".join(usage) + "\n```\n"
    yield "| argument or option | meaning |"
    yield "| --- | --- |"
    for one in (*positional, *options):
        yield f"| {_names(one)} | {_help(one)} |"
    if name in _GUIDES:
        yield f"\nGuide: {_GUIDES[name]}.\n"
    else:
        yield ""


def _shown(positional: argparse.Action) -> str:
    name = _value(positional)
    return {"*": f"[{name}]...", "+": f"{name}..."}.get(str(positional.nargs), name)


def _value(action: argparse.Action) -> str:
    if action.choices is not None and action.metavar is None:
        return "|".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper())


def _names(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{_escaped(_value(action))}`"
    value = "" if action.nargs == 0 else f" {_value(action)}"
    return ", ".join(f"`{_escaped(name + value)}`" for name in action.option_strings)


def _help(action: argparse.Action) -> str:
    text = (action.help or "") % {**vars(action), "prog": "compat-matrix"}
    return _with_code(_escaped(f"{text[:1].upper()}{text[1:]}"))


def _with_code(text: str) -> str:
    """Options in the text as code: a Markdown renderer would make one dash of two."""
    return re.sub(r"(?<![`\w-])(--[a-z][a-z-]*)", r"`\1`", text)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(documented(), encoding="utf-8", newline="\n")
    print(f"{PAGE.name} is written")
