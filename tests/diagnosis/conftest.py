"""Contents come from the worker's own encoder."""

from __future__ import annotations

import sys
from pathlib import Path

WORKER = Path(__file__).parents[2] / "matrix" / "worker"

if str(WORKER) not in sys.path:
    sys.path.append(str(WORKER))
