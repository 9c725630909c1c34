"""What holds for all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# The machines of CI are busy and noisy: no test is judged by its time, and none by chance.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
