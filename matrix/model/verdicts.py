"""The verdicts, their groups and their order."""

from __future__ import annotations

import enum


class Group(str, enum.Enum):
    """The five groups of verdicts."""

    LOADS = "loads"
    LIMITED = "limited"
    CHANGES = "silently changes"
    FAILS = "fails"
    UNKNOWN = "cannot tell"

    @property
    def unsafe(self) -> bool:
        """Whether something is known to be wrong; neither safe nor unknown."""
        return self in (Group.LIMITED, Group.CHANGES, Group.FAILS)


class Verdict(str, enum.Enum):
    """The verdict of a cell, from best to worst; the last three are unknown."""

    IDENTICAL = "identical"
    EQUIVALENT = "equivalent"
    INTROSPECTION_FAILED = "introspection-failed"
    SCORES_CHANGED = "scores-changed"
    LABELS_CHANGED = "labels-changed"
    INPUT_CHANGED = "input-changed"
    STRUCTURE_CHANGED = "structure-changed"
    UNSTABLE = "unstable"
    USE_FAILED = "use-failed"
    LOAD_FAILED = "load-failed"
    TIMED_OUT = "timed-out"
    CRASHED = "crashed"
    WEAK_EVIDENCE = "weak-evidence"
    """Nothing differed, on rows that would hardly have noticed a change."""
    NOT_SAVED = "not-saved"
    UNAVAILABLE = "unavailable"
    NOT_RUN = "not-run"

    @property
    def group(self) -> Group:
        return _GROUPS[self]

    @property
    def safe(self) -> bool:
        """Whether the file loads and predicts the same; unknown is never safe."""
        return self.group is Group.LOADS

    @property
    def predicts_same(self) -> bool:
        """Whether every output is the same, even if the model cannot be printed."""
        return self.group in (Group.LOADS, Group.LIMITED)

    @property
    def severity(self) -> int:
        """Position in the order above; the worst of several has the highest."""
        return _SEVERITY[self]


_GROUPS = {
    Verdict.IDENTICAL: Group.LOADS,
    Verdict.EQUIVALENT: Group.LOADS,
    Verdict.INTROSPECTION_FAILED: Group.LIMITED,
    Verdict.SCORES_CHANGED: Group.CHANGES,
    Verdict.LABELS_CHANGED: Group.CHANGES,
    Verdict.INPUT_CHANGED: Group.CHANGES,
    Verdict.STRUCTURE_CHANGED: Group.CHANGES,
    Verdict.UNSTABLE: Group.CHANGES,
    Verdict.USE_FAILED: Group.FAILS,
    Verdict.LOAD_FAILED: Group.FAILS,
    Verdict.TIMED_OUT: Group.FAILS,
    Verdict.CRASHED: Group.FAILS,
    Verdict.WEAK_EVIDENCE: Group.UNKNOWN,
    Verdict.NOT_SAVED: Group.UNKNOWN,
    Verdict.UNAVAILABLE: Group.UNKNOWN,
    Verdict.NOT_RUN: Group.UNKNOWN,
}
_SEVERITY = {verdict: position for position, verdict in enumerate(Verdict)}
