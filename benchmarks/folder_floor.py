"""The least that checks models in an environment: import once, load twice, call every method.

``folder_floor.py WORKER PLAN`` runs in the environment. ``WORKER`` is the folder of
``compat_worker``, which reads rows. ``PLAN`` is a JSON list of ``{"path", "rows", "methods"}``.
"""

import json
import sys
import warnings
from contextlib import suppress
from pathlib import Path

worker, plan = sys.argv[1:]
sys.path.insert(0, worker)
warnings.simplefilter("ignore")

import joblib  # noqa: E402
import sklearn  # noqa: E402, F401
from compat_worker import content, output_methods  # noqa: E402

for piece in json.loads(Path(plan).read_text()):
    rows = content.decode(Path(piece["rows"]).read_bytes())
    for _ in range(2):
        with suppress(Exception):
            model = joblib.load(piece["path"])
            for name in piece["methods"]:
                with suppress(Exception):
                    output_methods.call(model, name, rows)
