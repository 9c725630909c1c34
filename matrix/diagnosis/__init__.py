"""From what two environments saw inside the same file to where it goes wrong, and why; pure."""

from matrix.diagnosis.diagnose import diagnose
from matrix.diagnosis.trace_data import Diagnosis, Trace
from matrix.diagnosis.trace_reader import trace

__all__ = ["Diagnosis", "Trace", "diagnose", "trace"]
