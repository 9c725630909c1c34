"""What uv said, and what is made of it. The texts are uv's own, from real runs."""

from __future__ import annotations

import pytest

from matrix.environments.reasons import UnavailableReason, first_line, understand

HEAD = "error: No solution found when resolving dependencies\n  cause: "


@pytest.mark.parametrize(
    ("stderr", "why", "words"),
    [
        (
            HEAD + "Because there is no version of scikit-learn==99.1 and you require"
            " scikit-learn==99.1, we can conclude that your requirements are unsatisfiable.",
            UnavailableReason.NO_VERSION,
            "no such version: scikit-learn==99.1",
        ),
        (
            HEAD + "Because only scikit-learn<=1.9.1 is available and you require"
            " scikit-learn==1.99.*, we can conclude that your requirements are unsatisfiable.",
            UnavailableReason.NO_VERSION,
            "no such version: scikit-learn==1.99.* (only scikit-learn<=1.9.1 is available)",
        ),
        (
            HEAD + "Because no-such-thing was not found in the package registry and you require"
            " no-such-thing, we can conclude that your requirements are unsatisfiable.",
            UnavailableReason.NO_VERSION,
            "no such version: there is no package no-such-thing",
        ),
        (
            HEAD + "Because there is no version of numpy==2.0.0 and you require numpy==2.0.0, we"
            " can conclude that your requirements are unsatisfiable.\n\nhint: `numpy` was filtered"
            " by `exclude-newer` to only include packages uploaded before 2024-05-01T00:00:00Z."
            " The requested version, v2.0.0, was published at 2024-06-16T13:06:46.93Z.",
            UnavailableReason.NO_VERSION,
            "no such version: nothing that fits of numpy before 2024-05-01"
            " (it came out on 2024-06-16)",
        ),
        (
            HEAD + "Because scikit-learn==1.0.2 has no usable wheels and you require"
            " scikit-learn==1.0.2, we can conclude that your requirements are unsatisfiable.\n\n"
            "hint: Wheels are required for `scikit-learn`",
            UnavailableReason.NO_WHEEL,
            "no wheel: of scikit-learn==1.0.2 for Python 3.12.1",
        ),
        (
            HEAD + "Because the requested Python version (>=3.6) does not satisfy Python>=3.8 and\n"
            "         scikit-learn==1.3.2 depends on Python>=3.8, we can conclude that it cannot.",
            UnavailableReason.NO_WHEEL,
            "no wheel: scikit-learn==1.3.2 is for Python >=3.8, not 3.12.1",
        ),
        (
            HEAD + "Because scikit-learn==1.3.2 depends on numpy>=1.17.3,<2.0 and you require"
            " scikit-learn==1.3.2, we can conclude that you require numpy>=1.17.3,<2.0.\n"
            "         And because you require numpy>=2, we can conclude that your requirements are"
            " unsatisfiable.",
            UnavailableReason.CONFLICT,
            "conflict: scikit-learn==1.3.2 depends on numpy>=1.17.3,<2.0, and numpy>=2 is required",
        ),
        (
            HEAD + "Because you require scikit-learn==1.3.2 and scikit-learn<1.3, we can conclude"
            " that your requirements are unsatisfiable.",
            UnavailableReason.CONTRADICTION,
            "contradiction: scikit-learn==1.3.2 and scikit-learn<1.3 are required",
        ),
        (  # not on every Python
            HEAD + "Because you require scikit-learn==1.3.2 and"
            " scikit-learn{python_full_version < '3.9'}<1.3, we can conclude that your"
            " requirements are unsatisfiable.",
            UnavailableReason.CONFLICT,
            "conflict: scikit-learn==1.3.2",
        ),
        (
            "error: Request failed after 3 retries in 10.6s\n  cause: Failed to fetch: http://h/\n"
            "  cause: tcp connect error\n  cause: Connection refused (os error 111)",
            UnavailableReason.OUT_OF_REACH,
            "registry out of reach: Connection refused (os error 111)",
        ),
        (
            HEAD + "Because scikit-learn was not found in the cache and you require"
            " scikit-learn==1.3.2, we can conclude that your requirements are unsatisfiable.\n\n"
            "hint: Packages were unavailable because the network was disabled.",
            UnavailableReason.NOT_CACHED,
            "offline: scikit-learn is not in uv's cache",
        ),
        (
            "warning: something\nerror: No space left on device (os error 28)\n  cause: x",
            UnavailableReason.OTHER,
            "cannot be built: No space left on device (os error 28) x",
        ),
        (
            "error: Failed to install: numpy.whl\n  cause: Failed to copy to `x`\n"
            "  cause: No space left on device (os error 28)",
            UnavailableReason.OTHER,
            "cannot be built: No space left on device: Failed to install: numpy.whl Failed to copy "
            "to `x`",
        ),
    ],
)
def test_each_kind_in_words(stderr: str, why: UnavailableReason, words: str) -> None:
    """A reason names the package, the Python or the requirement that it is about."""
    error = understand(stderr, "3.12.1")
    assert (error.why, str(error)) == (why, words)


def test_silence_is_said() -> None:
    """A uv that dies without a word leaves a sentence all the same."""
    assert first_line("\n \n") == "uv said nothing"


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("Because all versions of pyod have no usable wheels and you require pyod, we", {"pyod"}),
        ("Because retrying==1.3.3 has no usable wheels and only retrying<=1.3.3 is", {"retrying"}),
        ("Because there are no versions of xgboost and you require xgboost, we", {"xgboost"}),
        ("Because there are no versions of xgboost==9.9 and you require it, we", set()),
        ("Because you require numpy>=2 and numpy<2, we can conclude that", set()),
    ],
)
def test_packages_without_wheels_are_named(text: str, packages: set[str]) -> None:
    assert understand(HEAD + text + " your requirements are unsatisfiable.", "3.8").packages == (
        packages
    )
