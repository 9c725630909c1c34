"""Keep Python from importing modules of the current folder, which may be a stranger's.

The option ``-m`` of Python puts the current folder in front of all other folders, and so does an
empty part in PYTHONPATH, such as the one in ``PYTHONPATH=$PYTHONPATH:/opt/lib``. What Python
imports before this module, such as ``sitecustomize``, cannot be prevented here.
"""

import os
import sys


def leave_out_current_folder(*, is_module: bool = False) -> None:
    """Remove the entries of ``sys.path`` that stand for the current folder.

    Args:
        is_module: whether ``python -m`` runs this package.
    """
    here = os.getcwd()  # noqa: PTH109  (pathlib is not imported yet)
    if is_module and sys.path[:1] == [here]:
        del sys.path[0]
    named = "" if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "")
    parts = named.split(os.pathsep) if named else []
    relative = {os.path.join(here, part) for part in parts if not os.path.isabs(part)}  # noqa: PTH117, PTH118
    relative |= {os.path.normpath(part) for part in relative}
    sys.path[:] = [part for part in sys.path if part and part not in relative]
