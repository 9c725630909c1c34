"""``inspect_apart``: a process of its own reads the file, so that whatever it does ends there."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matrix import processes
from matrix.errors import NotAModelError
from matrix.inspection.file_access import refuse_special
from matrix.inspection.result import Inspection, InspectionLimits
from matrix.inspection.result_json import inspection_from_dict

_READER = Path(__file__).with_name("reader_process.py")


def inspect_apart(
    path: Path, limits: InspectionLimits | None = None, *, copy: Path | None = None
) -> Inspection:
    """Read what is in a saved file, in a process of its own with limits on all it takes.

    Args:
        path: of a pickle, or of what ``joblib.dump`` or ``skops.io.dump`` wrote.
        limits: what it may cost.
        copy: a private copy to read in place of the file, which only gives its name then.

    Raises:
        NotAModelError: it cannot be read; the message says why.
    """
    allowed = limits or InspectionLimits()
    read = path if copy is None else copy
    refuse_special(read)
    with tempfile.TemporaryFile() as output:
        command: list[str | Path] = [sys.executable, "-I", _READER, read.absolute()]
        command.append(json.dumps(asdict(allowed)))
        process = processes.start(command, output=output, errors=subprocess.DEVNULL)
        try:
            code = process.wait(allowed.seconds)
        except BaseException as error:
            processes.end(process)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise NotAModelError(
                path, f"was not read within {allowed.seconds:g} seconds, and is taken for hostile"
            ) from None
        output.seek(0)
        text = output.read(allowed.answer + 1)
    if code:
        raise NotAModelError(
            path,
            f"cannot be read: the process that read it ended with {processes.signal_name(code)}",
        )
    return _understood(path, text, allowed)


def _understood(path: Path, text: bytes, limits: InspectionLimits) -> Inspection:
    try:
        answer: dict[str, Any] = json.loads(text)
        if "inspection" in answer:
            return inspection_from_dict(answer["inspection"], path)
        if "problem" in answer:
            problem, advice = answer["problem"], answer["advice"]
        else:
            most = limits.memory // 1024**2
            problem, advice = f"takes more than {most:,} MB to be read", ""
    except (ValueError, KeyError, TypeError) as error:
        raise NotAModelError(path, "cannot be read: the answer about it is not whole") from error
    raise NotAModelError(path, problem, advice=advice)
