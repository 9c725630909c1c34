"""The worker's own modules, imported as the worker imports them."""

from __future__ import annotations

import sys
from pathlib import Path

WORKER = Path(__file__).parents[2] / "matrix" / "worker"

if str(WORKER) not in sys.path:
    sys.path.append(str(WORKER))
