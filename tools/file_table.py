"""Write the table of ``docs/files.md``: python -m tools.file_table, from the top folder.

It saves each model, asks ``upgrade`` and loads it by hand in the same environments, as the nightly
test in ``tests/integration/test_third_party.py`` does.
"""

import re
import tempfile
from pathlib import Path

from tests.integration import third_party

DOCUMENT = Path(__file__).parents[1] / "docs" / "files.md"
_TABLE = re.compile(r"(?<=<!-- libraries -->\n).*?(?=<!-- end -->)", re.DOTALL)


def main() -> None:
    """Find out what is true today, and write it."""
    with tempfile.TemporaryDirectory() as folder:
        found = third_party.find(Path(folder))
        print((Path(folder) / "said.txt").read_text())
    for one in found:
        print(one, "" if third_party.agrees(one) else "DISAGREES WITH A PLAIN SCRIPT")
    text = third_party.table(found)
    DOCUMENT.write_text(_TABLE.sub(lambda _: f"\n{text}\n\n", DOCUMENT.read_text()))


if __name__ == "__main__":
    main()
