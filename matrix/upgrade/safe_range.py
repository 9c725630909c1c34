"""From the releases that were run to the range that is safe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.version import Version

from matrix.model import Group
from matrix.upgrade.answer import SafeRange, Target


def safe_range(targets: Sequence[Target], *, bisected: bool = False) -> SafeRange | None:
    """The releases around the origin that are safe without a gap.

    Unknown is never safe: a release that could not be run ends the range like a bad one.

    Args:
        targets: the results for a model in each release, the origin first.
        bisected: no release is left between the last safe one and the first bad one.

    Returns:
        None if the origin itself is not safe, or not available.
    """
    if not targets or not targets[0].cell.verdict.predicts_same:
        return None
    ladder = in_order(targets)
    start = next(n for n, target in enumerate(ladder) if target.release == targets[0].release)
    top = start
    while top + 1 < len(ladder) and ladder[top + 1].cell.verdict.predicts_same:
        top += 1
    bottom = start
    while bottom and ladder[bottom - 1].cell.verdict.predicts_same:
        bottom -= 1
    first_bad = ladder[top + 1] if top + 1 < len(ladder) else None
    return SafeRange(
        run=tuple(target.release for target in ladder[bottom : top + 1]),
        first_bad=first_bad,
        exact=bisected and first_bad is not None and _known(first_bad),
        last_bad=ladder[bottom - 1] if bottom else None,
        origin=targets[0].release,
        package=targets[0].package,
        limited=tuple(one for one in ladder[bottom : top + 1] if not one.cell.verdict.safe),
    )


def in_order(targets: Iterable[Target]) -> list[Target]:
    """Those whose release is known, ascending; of several with one release the worst."""
    worst: dict[Version, Target] = {}
    for target in targets:
        if target.release:
            version = Version(target.release)
            known = worst.get(version)
            if known is None or known.cell.verdict.severity < target.cell.verdict.severity:
                worst[version] = target
    return [worst[version] for version in sorted(worst)]


def gaps(targets: Sequence[Target]) -> list[tuple[str, str]]:
    """Pairs of releases between which the first bad one above, or the last below, must lie.

    Unknown targets give no pair.
    """
    found = safe_range(targets)
    pairs = []
    if found is not None and found.first_bad is not None and _known(found.first_bad):
        pairs.append((found.run[-1], found.first_bad.release))
    if found is not None and found.last_bad is not None and _known(found.last_bad):
        pairs.append((found.last_bad.release, found.run[0]))
    return pairs


def _known(target: Target) -> bool:
    return target.cell.verdict.group is not Group.UNKNOWN
