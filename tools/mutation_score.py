"""Compute the mutation score of each file from the results of mutmut in ``mutants/``.

The score is the share of mutants that the tests notice. A mutant that no test executes counts as
not noticed; one that crashes or hangs the tests counts as noticed. Mutants that have not been run
are counted separately.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

UNNOTICED = {0, 5, 33}
"""Exit statuses of mutmut: the tests passed; no test ran (twice)."""
SKIPPED = {34, 37}
"""Left out by a comment, or refused by a type checker before it ran."""


def scores(folder: Path) -> Iterator[tuple[str, Counter[str]]]:
    """Yield each file with its numbers of mutants that were noticed, unnoticed and not run."""
    for meta in sorted(folder.rglob("*.meta")):
        found: Counter[str] = Counter()
        for status in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].values():
            if status is None:
                found["not run"] += 1
            elif status not in SKIPPED:
                found["unnoticed" if status in UNNOTICED else "noticed"] += 1
        if found:
            yield meta.relative_to(folder).as_posix().removesuffix(".meta"), found


def line(name: str, found: Counter[str]) -> str:
    ran = found["noticed"] + found["unnoticed"]
    share = f"{found['noticed'] / ran:6.1%}" if ran else "     -"
    rest = f", {found['not run']:,} not run" if found["not run"] else ""
    return f"{share}  {found['noticed']:>5,} of {ran:>5,} noticed{rest}  {name}"


def main() -> int:
    total: Counter[str] = Counter()
    for name, found in scores(Path("mutants")):
        total += found
        print(line(name, found))
    print(line("all", total))
    return 0 if total["noticed"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
