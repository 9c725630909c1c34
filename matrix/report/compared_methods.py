"""Which methods of converted models were compared, in words."""

from __future__ import annotations

from collections.abc import Container, Iterator

from matrix.worker.compat_worker.formats import FORMATS


def partly_compared(formats: Container[str], *, precision: bool = True) -> Iterator[str]:
    """Yield a sentence for each format that holds less than the model.

    Args:
        formats: those in use.
        precision: whether to say how such files compute, if a run has converted them.
    """
    for name, one in FORMATS.items():
        if name in formats and one.methods:
            how = f", {one.precision}" if precision and one.precision else ""
            only = len(one.methods) == 1
            number = "one method was" if only else "two methods were"
            yield (
                f"Files in {name} have no other method{'' if only else 's'} than "
                f"{' and '.join(one.methods)}: {number} compared{how}."
            )
