"""The strongest sandbox that passes its test is used."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest

from matrix.errors import Exit, SandboxError
from matrix.sandbox import probing
from matrix.sandbox.kinds import ESSENTIAL, Promise, Sandbox, SandboxKind
from matrix.sandbox.probing import Try, sandbox

EVERY = frozenset(Promise)


@pytest.fixture(autouse=True)
def a_linux_with_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(probing.processes, "find_program", lambda _: "/opt/bwrap")


def holding(found: Mapping[SandboxKind, frozenset[Promise]]) -> Try:
    return lambda candidate: found.get(candidate.kind)


def nothing(_: Sandbox) -> frozenset[Promise]:
    raise AssertionError("nothing is to be tried")


def test_the_first_working_sandbox_is_used() -> None:
    found = sandbox("auto", attempt=holding(dict.fromkeys(SandboxKind, EVERY)))
    assert found == Sandbox(
        kind=SandboxKind.BUBBLEWRAP, promises=tuple(Promise), program="/opt/bwrap"
    )


def test_a_sandbox_that_does_not_start_is_skipped() -> None:
    found = sandbox("auto", attempt=holding({SandboxKind.LANDLOCK: EVERY}))
    assert found.kind is SandboxKind.LANDLOCK


@pytest.mark.parametrize("promise", sorted(ESSENTIAL))
def test_a_sandbox_that_does_not_prevent_the_essential_is_skipped(promise: Promise) -> None:
    held = {SandboxKind.BUBBLEWRAP: EVERY - {promise}, SandboxKind.NAMESPACES: EVERY}
    assert sandbox("auto", attempt=holding(held)).kind is SandboxKind.NAMESPACES


def test_only_tested_protections_are_promised() -> None:
    held = EVERY - {Promise.SIGNALS}
    found = sandbox("auto", attempt=holding({SandboxKind.LANDLOCK: held}))
    assert set(found.promises) == held


def test_without_any_there_are_limits_and_no_promise() -> None:
    assert sandbox("auto", attempt=holding({})) == Sandbox(kind=SandboxKind.LIMITS)


def test_where_one_is_required_limits_are_not_enough() -> None:
    with pytest.raises(SandboxError) as raised:
        sandbox("require", attempt=holding({}))
    assert raised.value.exit_code is Exit.CANNOT_TELL
    assert "bubblewrap" in raised.value.advice
    assert (
        sandbox("require", attempt=holding({SandboxKind.LANDLOCK: EVERY})).kind
        is SandboxKind.LANDLOCK
    )


def test_none_is_tried_where_none_is_requested() -> None:
    assert sandbox("off", attempt=nothing).kind is SandboxKind.OFF


def test_elsewhere_there_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert sandbox("auto", attempt=nothing).kind is SandboxKind.LIMITS
