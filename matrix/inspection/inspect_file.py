"""``inspect``: a file is read, and nothing in it is run."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from matrix.errors import NotAModelError
from matrix.inspection import file_kinds, skops
from matrix.inspection.byte_stream import Stream, compression
from matrix.inspection.file_access import digest, opened
from matrix.inspection.findings import Findings
from matrix.inspection.model_tree import tree
from matrix.inspection.pickle_machine import Machine
from matrix.inspection.read_errors import UnreadableError
from matrix.inspection.result import Inspection, InspectionLimits, Note
from matrix.inspection.stand_ins import StandIn
from matrix.inspection.version_hints import code_in, modules_of, numpy_of, python_of

_HEAD = 4096


def inspect(path: Path, limits: InspectionLimits | None = None) -> Inspection:
    """Read what is in a saved file, in this process.

    Args:
        path: of a pickle, or of what ``joblib.dump`` or ``skops.io.dump`` wrote.
        limits: what it may cost; memory and time are not limited here,
            see :func:`matrix.inspection.inspect_apart`.

    Raises:
        NotAModelError: it cannot be read; the message says why.
    """
    allowed = limits or InspectionLimits()
    with opened(path, allowed.file) as file:
        size, sha256 = digest(file)
        try:
            return _inspected(path, file, size, sha256, allowed)
        except UnreadableError as fault:
            raise NotAModelError(
                path, fault.problem + _where(fault), advice=fault.advice
            ) from fault


def _where(fault: UnreadableError) -> str:
    known = fault.position is not None and "bytes" not in fault.problem
    return f", after {fault.position:,} bytes" if known else ""


def _inspected(
    path: Path, file: BinaryIO, size: int, sha256: str, limits: InspectionLimits
) -> Inspection:
    head = file.read(_HEAD)
    findings = Findings(limits)
    compressor = ""
    if file_kinds.is_zip(head):
        names = file_kinds.names_in(file)
        if skops.SCHEMA not in names:
            raise file_kinds.of_zip(names)
        container = "skops"
        value = skops.read(file, findings, limits.unpacked)
    else:
        compressor = compression(head)
        value = _pickled(file, size, head, compressor, findings, limits.unpacked)
        container = "joblib" if compressor or findings.joblib else "pickle"
    return Inspection(
        path=path,
        size=size,
        sha256=sha256,
        container=container,
        compression=compressor,
        protocol=findings.protocol,
        joblib=findings.joblib,
        numpy=numpy_of(findings.names),
        python=_python(container, findings),
        versions=findings.versions,
        modules=modules_of(findings.names),
        names=findings.names,
        code=code_in(findings.names, findings),
        notes=_notes(findings),
        root=tree(value),
    )


def _python(container: str, findings: Findings) -> str:
    """The lowest Python that can load it: the protocol of a skops file does not tell."""
    protocol = 0 if container == "skops" else findings.protocol
    return python_of(findings.names, protocol, python_2=findings.python_2)


def _pickled(
    file: BinaryIO, size: int, head: bytes, compressor: str, findings: Findings, unpacked: int
) -> StandIn:
    """What the pickle in a file makes."""
    file.seek(0)
    stream = Stream(file, size, compressor, unpacked)
    try:
        # What joblib wrote before 0.10 it reads by other rules: no arrays lie in the stream.
        value = _read(stream, findings, with_arrays=not head.startswith(b"ZF"))
        if stream.more():
            left = "more data follow" if compressor else f"{size - stream.position:,} bytes follow"
            findings.note("data-after-end", f"{left} the end of the pickle")
    finally:
        stream.release()
    return value


def _read(stream: Stream, findings: Findings, *, with_arrays: bool) -> StandIn:
    """What the pickle makes, unless it begins like something else."""
    start = stream.peek(_HEAD)
    if start or not stream.packed:  # nothing unpacked is the beginning of a file that was cut
        file_kinds.refuse_other(start)
    try:
        return Machine(stream, findings, with_arrays=with_arrays).load()
    except UnreadableError as fault:
        raise file_kinds.unlike_a_pickle(start, fault) from fault


def _notes(findings: Findings) -> tuple[Note, ...]:
    if findings.python_2:
        findings.note("python-2", "Python 2 wrote it: texts may be letters or bytes")
    for package, versions in findings.versions.items():
        if len(versions) > 1:
            listed = ", ".join(versions)
            findings.note("several-versions", f"parts of it were saved by {package} {listed}")
    return findings.notes
