"""Find the culprit package of a bad cell, its first bad release, and verified remedies.

:func:`find_culprit`, :func:`find_first_bad` and :func:`find_remedies` each take an
:class:`Experiment`, which loads and saves files in environments, and a :class:`Subject`: a file,
what its writer recorded of it, and the environment that is to load it.
"""

from matrix.remedies.culprit import Culprit, PackageSwap
from matrix.remedies.environment_factory import EnvironmentFactory
from matrix.remedies.experiment import Experiment
from matrix.remedies.find_culprit import find_culprit
from matrix.remedies.find_remedies import (
    find_conversions,
    find_remedies,
    find_resave_remedies,
)
from matrix.remedies.first_bad import find_first_bad
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
    "find_conversions",
    "find_culprit",
    "find_first_bad",
    "find_remedies",
    "find_resave_remedies",
]
