"""From what two environments saw inside the same file to where it goes wrong, and why; pure."""

from matrix.diagnosis.diagnose import diagnose
from matrix.diagnosis.nouns import Diagnosis, Trace
from matrix.diagnosis.reading import trace

__all__ = ["Diagnosis", "Trace", "diagnose", "trace"]
