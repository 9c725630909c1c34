"""Inspect a file in a subprocess with limits, so that no file can harm the caller."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from matrix import processes
from matrix.errors import NotAModelError, StoreError
from matrix.inspection.file_access import refuse_special
from matrix.inspection.reader_process import NOT_WRITTEN
from matrix.inspection.readers import read_apart
from matrix.inspection.result import Inspection, InspectionLimits
from matrix.inspection.result_json import inspection_from_message
from matrix.model.codec import READ_ERRORS

_BUSY = 60
"""The process that reads is limited in processor time; on the wall clock it may take so many times
that, as on a machine that does much else."""
_TOO_LONG = -getattr(signal, "SIGXCPU", 0)
"""How the system ends a process that has used its processor time; 0 where it does not."""


def inspect_in_subprocess(
    path: Path,
    limits: InspectionLimits | None = None,
    *,
    copy: Path | None = None,
    packed: bool = False,
) -> Inspection:
    """Inspect a saved file in a subprocess.

    Args:
        path: of a file written by pickle, ``joblib.dump`` or ``skops.io.dump``.
        limits: on time, memory and sizes.
        copy: a private copy of the file, to read instead of it.
        packed: whether that copy was packed together with the files beside the model.

    Raises:
        NotAModelError: it cannot be read; the message says why.
    """
    allowed = limits or InspectionLimits()
    read = path if copy is None else copy
    refuse_special(read)
    seconds = _BUSY * allowed.seconds
    try:
        code, text = read_apart(read, allowed, packed=packed, seconds=seconds)
    except subprocess.TimeoutExpired:
        reason = f"was not read within {seconds:g} s: the machine is too busy"
        raise NotAModelError(path, reason) from None
    if code == NOT_WRITTEN:
        raise StoreError(
            f"{path}: what was found in it cannot be written to {tempfile.gettempdir()}: the disk "
            "is full",
            advice="Make room there, or name another folder in the variable TMPDIR.",
        )
    if code and code == _TOO_LONG:
        reason = f"takes more than {allowed.seconds:g} s of processor time to be read"
        raise NotAModelError(path, reason)
    if code:
        raise NotAModelError(
            path,
            f"cannot be read: the reading process ended with {processes.signal_name(code)}",
        )
    return _read_answer(path, text, allowed)


def _read_answer(path: Path, text: bytes, limits: InspectionLimits) -> Inspection:
    try:
        answer: dict[str, Any] = json.loads(text)
        if "inspection" in answer:
            return inspection_from_message(answer["inspection"], path)
        if "problem" in answer:
            problem, advice, other = answer["problem"], answer["advice"], answer["other"]
        else:
            most = limits.memory // 1024**2
            problem, advice = f"needs more than {most:,} MB of memory to be read, the limit", ""
            other = ""
    except READ_ERRORS as error:
        raise NotAModelError(
            path, "cannot be read: the output of the reading process is incomplete"
        ) from error
    raise NotAModelError(path, problem, advice=advice, other=other)
