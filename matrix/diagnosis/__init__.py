"""Compare two environments' traces of one file to find where they diverge, and why; pure."""

from matrix.diagnosis.diagnose import diagnose
from matrix.diagnosis.trace_data import Diagnosis, Trace
from matrix.diagnosis.trace_reader import read_trace

__all__ = ["Diagnosis", "Trace", "diagnose", "read_trace"]
