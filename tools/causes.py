"""Write docs/causes.md from the file of known causes."""

from __future__ import annotations

from pathlib import Path

from matrix.causes import known
from matrix.causes.documentation import causes_page

PAGE = Path(__file__).parents[1] / "docs" / "causes.md"

if __name__ == "__main__":
    PAGE.write_text(causes_page(known()), encoding="utf-8", newline="\n")
    print(f"{len(known())} causes are written to {PAGE.name}")
