"""The data model: frozen data types that every package uses.

One idea has one name from the configuration to the report. Nothing here reads a file, starts a
process or knows how it is shown, and nothing needs more than the standard library.
"""

from matrix.model.answers import (
    JointAnswer,
    ModelAnswer,
    NextStep,
    NextStepKind,
    PackageReleases,
    PassedOver,
    ReleaseOutcome,
    TrainingAnswer,
)
from matrix.model.cells import Cell, CellKey
from matrix.model.comparison import Acceptance, CellChange, Comparison, PairBlock, Status
from matrix.model.differences import NumberChanges, OutputDifference, RowChange, Tolerance
from matrix.model.directions import Direction
from matrix.model.environments import (
    EnvInfo,
    Environment,
    EnvSpec,
    FileLine,
    Interpreter,
    Lock,
    UnavailableReason,
)
from matrix.model.evidence import Evidence
from matrix.model.explanations import Explanation, ExplanationPoint
from matrix.model.format_costs import FormatCost
from matrix.model.matrix import Detection, Matrix, Shard
from matrix.model.migrations import MigratedModel, MigrationManifest, MigrationOutcome
from matrix.model.observations import (
    Absent,
    Artifact,
    Ending,
    Failure,
    FilePart,
    ModelReference,
    Observation,
    Outcome,
    OwnTable,
    Returned,
    Saving,
    WarningSeen,
)
from matrix.model.own_script import OwnScript
from matrix.model.own_tables import OwnColumn, ValueChange
from matrix.model.pipelines import Pipeline
from matrix.model.resaving import AppliedConversion, Fix, Resaving
from matrix.model.scores import (
    SCORE_MARGIN,
    ClassifierScores,
    ClassScore,
    RegressorScores,
    Scores,
)
from matrix.model.verdicts import Group, Verdict

__all__ = [
    "SCORE_MARGIN",
    "Absent",
    "Acceptance",
    "AppliedConversion",
    "Artifact",
    "Cell",
    "CellChange",
    "CellKey",
    "ClassScore",
    "ClassifierScores",
    "Comparison",
    "Detection",
    "Direction",
    "Ending",
    "EnvInfo",
    "EnvSpec",
    "Environment",
    "Evidence",
    "Explanation",
    "ExplanationPoint",
    "Failure",
    "FileLine",
    "FilePart",
    "Fix",
    "FormatCost",
    "Group",
    "Interpreter",
    "JointAnswer",
    "Lock",
    "Matrix",
    "MigratedModel",
    "MigrationManifest",
    "MigrationOutcome",
    "ModelAnswer",
    "ModelReference",
    "NextStep",
    "NextStepKind",
    "NumberChanges",
    "Observation",
    "Outcome",
    "OutputDifference",
    "OwnColumn",
    "OwnScript",
    "OwnTable",
    "PackageReleases",
    "PairBlock",
    "PassedOver",
    "Pipeline",
    "RegressorScores",
    "ReleaseOutcome",
    "Resaving",
    "Returned",
    "RowChange",
    "Saving",
    "Scores",
    "Shard",
    "Status",
    "Tolerance",
    "TrainingAnswer",
    "UnavailableReason",
    "ValueChange",
    "Verdict",
    "WarningSeen",
]
