"""Data that packages read from a folder of their own, which the user names beside their code.

nltk reads words and tokenizers from a folder called ``nltk_data``, which lies in the home folder of
the user, where a sandbox does not look.
"""

import os
import re
import sys
from typing import Optional, Sequence

from compat_worker.user_error import NEEDS_DATA_WORDS

_FOLDER = "nltk_data"
_MISSING = re.compile(r"Resource (?:\x1b\[\d+m)?'?([A-Za-z0-9_.-]{1,60})")


def use(folders: Sequence[str]) -> None:
    """Let packages find their data.

    Args:
        folders: those of the user's own code; one may be called ``nltk_data``.
    """
    found = [one for one in folders if os.path.basename(os.path.normpath(one)) == _FOLDER]
    if not found:
        return
    os.environ["NLTK_DATA"] = os.pathsep.join(found)
    reader = sys.modules.get("nltk.data")  # it looks at the variable once, as it is imported
    if reader is not None:
        reader.path[:0] = found  # type: ignore[attr-defined]


def missing(error: Optional[BaseException]) -> str:
    """What to tell a user whose model lacks data of nltk; empty for other errors.

    Args:
        error: what a method of the model raised.
    """
    if not isinstance(error, LookupError) or "nltk" not in str(error):
        return ""
    name = _MISSING.search(str(error))
    return "{}{}".format(NEEDS_DATA_WORDS, name.group(1)) if name else ""
