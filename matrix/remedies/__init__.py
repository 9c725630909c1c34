"""From a bad cell to whose fault it is, since when, and a way out that was tried before.

:func:`find_fault`, :func:`find_since` and :func:`ways_out` each take an :class:`Experiment`, which
asks environments, and a :class:`Subject`: a file, what its writer recorded of it, and where it is
to go.
"""

from matrix.remedies.culprit import Culprit, PackageSwap
from matrix.remedies.environment_factory import EnvironmentFactory
from matrix.remedies.experiment import Experiment
from matrix.remedies.find_culprit import find_fault
from matrix.remedies.find_remedies import ways_by, ways_out
from matrix.remedies.first_bad import find_since
from matrix.remedies.remedy import (
    Budget,
    CandidateFile,
    FirstBad,
    Remedies,
    Remedy,
    RemedyKind,
    ResaveStep,
    Subject,
)

__all__ = [
    "Budget",
    "CandidateFile",
    "Culprit",
    "EnvironmentFactory",
    "Experiment",
    "FirstBad",
    "PackageSwap",
    "Remedies",
    "Remedy",
    "RemedyKind",
    "ResaveStep",
    "Subject",
    "find_fault",
    "find_since",
    "ways_by",
    "ways_out",
]
