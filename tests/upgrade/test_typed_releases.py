"""What does not exist is refused before anything is built, with what does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from packaging.requirements import Requirement

from matrix.environments.reasons import UnavailableError
from matrix.environments.releases import Registry
from matrix.environments.uv import Uv
from matrix.errors import UsageError
from matrix.model import Interpreter, UnavailableReason
from matrix.upgrade.typed_releases import refuse_unknown
from matrix.upgrade.upgrade_request import UpgradeRequest

RELEASES = {
    "scikit-learn": ("1.4.2", "1.5.1", "1.5.2", "1.9.1"),
    "numpy": ("1.26.4", "2.1.0"),
    "xgboost": ("3.0.0",),
}


@dataclass
class Index:
    """Answers like uv, from the releases above; or does not, for a reason."""

    out_of_reach: bool = False
    calls: int = 0

    def describe(self, requirements: Sequence[str], **_: object) -> list[dict[str, Any]]:
        self.calls += 1
        if self.out_of_reach:
            raise UnavailableError(UnavailableReason.OUT_OF_REACH, "")
        found = []
        for text in requirements:
            one = Requirement(text)
            fitting = [*one.specifier.filter(RELEASES.get(one.name, ()))]
            if not fitting:
                raise UnavailableError(UnavailableReason.NO_VERSION, text)
            found.append({"name": one.name, "version": fitting[-1]})
        return found


def refuse(index: Index, *, to: Sequence[str] = (), origin: str = "", more: str = "") -> None:
    request = UpgradeRequest.read(
        origins=[origin] if origin else [],
        targets=to,
        further=[more] if more else [],
        as_of=None,
        rollback=False,
    )
    interpreter = Interpreter(path=Path("python"), version="3.13.0")
    registry = Registry(uv=cast(Uv, index), interpreters=(interpreter,))
    refuse_unknown(request, lambda: registry)


@pytest.mark.parametrize(
    ("to", "message", "advice"),
    [
        ("scikit-learn==9.9", "no such release; the newest one is 1.9.1", "scikit-learn==1.9.1"),
        ("scikit-learn==1.5.7", "there is no such release", "--to scikit-learn==1.5.2"),
        ("1.55", "there is no such release", "--to scikit-learn==1.9.1"),
        ("1.5 numpy==1.99", "--to numpy==1.99: there is no such release", "numpy==2.1.0"),
        ("scikit-lern==1.5.2", "no package scikit-lern", "Did you mean scikit-learn==1.5.2?"),
        ("1.5 xgbost", "there is no package xgbost", "Did you mean xgboost?"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(to: str, message: str, advice: str) -> None:
    with pytest.raises(UsageError) as raised:
        refuse(Index(), to=[to])
    assert message in raised.value.message
    assert advice in raised.value.advice


def test_each_option_is_named() -> None:
    with pytest.raises(UsageError, match=r"--from scikit-learn==0\.5\.0"):
        refuse(Index(), origin="scikit-learn==0.5.0")
    with pytest.raises(UsageError, match="--with pandsa"):
        refuse(Index(), more="pandsa")


def test_what_exists_takes_one_call() -> None:
    index = Index()
    refuse(index, origin="1.4.2", to=["1.5", "latest", "scikit-learn>=1.5 numpy<2"], more="xgboost")
    assert index.calls == 1


def test_nothing_is_looked_up_if_nothing_was_typed() -> None:
    index = Index()
    refuse(index, to=["latest"])
    assert index.calls == 0


def test_without_a_registry_nothing_is_refused() -> None:
    refuse(Index(out_of_reach=True), to=["scikit-learn==9.9"])
