"""Failures of the machine are distinguished from findings about versions."""

from __future__ import annotations

import errno
import os

import pytest

from matrix.worker.compat_worker import machine_failures


def raised_from(cause: BaseException, error: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def raised_while_handling(first: BaseException, error: BaseException) -> BaseException:
    """As after ``raise error from None``: the first error is hidden, but still attached."""
    error.__context__, error.__suppress_context__ = first, True
    return error


def disk(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class ArrayMemoryError(MemoryError):
    """As numpy raises it."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ArrayMemoryError("Unable to allocate 7.1 PiB"),
        disk(errno.ENOMEM),
        ImportError(f"libblas.so: cannot map: {os.strerror(errno.ENOMEM)}"),
        ImportError("libblas.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
        raised_from(MemoryError(), ValueError("cannot be loaded")),
        raised_while_handling(MemoryError(), ValueError("cannot be loaded")),
    ],
    ids=repr,
)
def test_memory_that_ran_out_is_reported(error: BaseException) -> None:
    assert machine_failures.exit_status(error) == machine_failures.OUT_OF_MEMORY


@pytest.mark.parametrize(
    "error",
    [
        disk(errno.EIO),
        disk(errno.EMFILE),
        disk(errno.ENFILE),
        ImportError(f"libblas.so: cannot open: {os.strerror(errno.EMFILE)}"),
        raised_from(disk(errno.EIO), ValueError("cannot be saved")),
        raised_from(disk(errno.EACCES), machine_failures.MachineFailedError()),
    ],
    ids=repr,
)
def test_other_failures_of_the_machine_are_reported(error: BaseException) -> None:
    assert machine_failures.exit_status(error) == machine_failures.FAILED


@pytest.mark.parametrize(
    "error",
    [
        disk(errno.ENOSPC),
        disk(errno.EDQUOT),
        raised_from(disk(errno.ENOSPC), ValueError("cannot be saved")),
        raised_from(disk(errno.ENOSPC), machine_failures.MachineFailedError()),
    ],
    ids=repr,
)
def test_a_full_disk_has_an_exit_status_of_its_own(error: BaseException) -> None:
    """What the worker writes about it may not fit on the disk."""
    assert machine_failures.exit_status(error) == machine_failures.DISK_FULL


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Cannot allocate memory"),
        AttributeError("no such attribute"),
        FileNotFoundError(errno.ENOENT, "a file that the model itself wants"),
        ImportError("libgomp.so.1: cannot allocate memory in static TLS block"),
        ImportError("cannot import name 'Gone'"),
        RuntimeError("planted"),
        SystemExit(machine_failures.FAILED),
    ],
    ids=repr,
)
def test_all_other_failures_are_findings(error: BaseException) -> None:
    assert machine_failures.exit_status(error) is None
    machine_failures.raise_if_machine_failed(error)


def test_a_failure_of_the_machine_ends_the_worker_even_where_exceptions_are_caught() -> None:
    with pytest.raises(machine_failures.MachineFailedError) as caught:
        machine_failures.raise_if_machine_failed(MemoryError())
    assert not isinstance(caught.value, Exception)
