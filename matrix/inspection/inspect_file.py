"""Inspect a saved file in this process; none of its code is run."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from matrix.errors import NotAModelError
from matrix.frameworks import RUNTIMES
from matrix.inspection import file_kinds, hdf5, keras_files, skops, torch_files
from matrix.inspection.bundle import find_bundle
from matrix.inspection.byte_stream import FileSection, Stream, compression
from matrix.inspection.companions import Companions
from matrix.inspection.file_access import open_regular, size_and_sha256
from matrix.inspection.findings import Findings
from matrix.inspection.keras_files import KerasFile
from matrix.inspection.model_columns import model_columns
from matrix.inspection.model_tree import build_tree
from matrix.inspection.native_files import NativeModel, read_native
from matrix.inspection.onnx import read_onnx
from matrix.inspection.pickle_machine import Machine
from matrix.inspection.pmml import read_pmml
from matrix.inspection.portable import PortableModel
from matrix.inspection.read_errors import DamageError, UnreadableError
from matrix.inspection.result import Inspection, InspectionLimits, ModelNode, Name, Note
from matrix.inspection.stack_bounds import stack_bounds
from matrix.inspection.stand_ins import StandIn
from matrix.inspection.version_hints import code_names, lowest_python, numpy_major, required_modules
from matrix.worker.compat_worker import packed_files
from matrix.worker.compat_worker.exact_call_lists import DILL


def inspect(
    path: Path, limits: InspectionLimits | None = None, *, packed: bool = False
) -> Inspection:
    """Inspect a saved file in this process.

    Args:
        path: of a file written by pickle, ``joblib.dump`` or ``skops.io.dump``, by a library in
            its own format, in ONNX, or by PyTorch.
        packed: it was packed together with the files beside it, by
            :mod:`matrix.inspection.packing`.
        limits: memory and time are not limited here, see
            :func:`matrix.inspection.inspect_in_subprocess`.

    Raises:
        NotAModelError: it cannot be read; the message says why.
    """
    allowed = limits or InspectionLimits()
    with open_regular(path, allowed) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        try:
            # Hashed last: what is no model, however large, is refused after its first bytes.
            found = _inspect(path, file, size, allowed, packed=packed)
            file.seek(0)
            return replace(found, sha256=size_and_sha256(file)[1])
        except UnreadableError as fault:
            raise NotAModelError(
                path, fault.problem + _where(fault), advice=fault.advice, other=fault.other
            ) from fault


def _where(fault: UnreadableError) -> str:
    known = fault.position is not None and "bytes" not in fault.problem
    return f", after {fault.position:,} bytes" if known else ""


def _inspect(
    path: Path, whole: BinaryIO, size: int, limits: InspectionLimits, *, packed: bool
) -> Inspection:
    """The inspection, still without its SHA-256."""
    file, companions = _unpacked(whole, limits) if packed else (whole, None)
    file_size = file.seek(0, os.SEEK_END) if packed else size
    file.seek(0)
    head = file.read(file_kinds.HEAD)
    native = read_native(file, head)
    if native is not None:
        return _native(path, size, native)
    if file_kinds.is_onnx(head) and not packed:
        return _portable(path, size, "onnx", read_onnx(file))
    if file_kinds.is_pmml(head) and not packed:
        file.seek(0)
        return _portable(path, size, "pmml", read_pmml(file))
    if head.startswith(hdf5.MAGIC) and not packed:
        return _keras(path, size, keras_files.read_hdf5(file))
    findings = Findings(limits)
    compressor = ""
    if file_kinds.is_zip(head):
        names = file_kinds.zip_names(file)
        if keras_files.is_keras(names) and not packed:
            return _keras(path, size, keras_files.read_zip(file, limits))
        if torch_files.is_torch(names) and not packed:
            return _torch(path, size, *torch_files.read(file, names, limits))
        if skops.SCHEMA not in names:
            raise file_kinds.describe_zip(names)
        container = "skops"
        value = skops.read(file, findings, limits.unpacked)
    else:
        compressor = compression(head)
        value = _read_pickle(file, file_size, head, compressor, findings, limits, companions)
        container = "joblib" if compressor or findings.joblib else "pickle"
    return Inspection(
        path=path,
        size=size,
        sha256="",
        container=container,
        compression=compressor,
        protocol=findings.protocol,
        joblib=findings.joblib,
        numpy=numpy_major(findings.names),
        python=_python(container, findings),
        versions=findings.versions,
        bounds={
            **findings.bounds,
            **stack_bounds(findings.names, findings.joblib),
            **_reader_of(container, findings),
        },
        companions=tuple(sorted(findings.companions)),
        modules=required_modules(findings.names),
        names=findings.names,
        exact=findings.exact,
        targets=findings.targets,
        code=code_names(findings.names, findings),
        notes=_notes(findings),
        columns=model_columns(value),
        root=build_tree(value),
        bundle=find_bundle(value),
    )


def _reader_of(container: str, findings: Findings) -> dict[str, str]:
    """The version of skops that wrote a file: older ones may not read it, or have no reader."""
    written = findings.versions.get("skops", ()) if container == "skops" else ()
    return {"skops": f"=={written[0]}"} if len(written) == 1 else {}


def _native(path: Path, size: int, found: NativeModel) -> Inspection:
    """The inspection of a file that a library wrote without pickle."""
    names = (found.kind.name,)
    return Inspection(
        path=path,
        size=size,
        sha256="",
        container=found.kind.format,
        protocol=0,
        versions=found.versions,
        bounds=found.bounds,
        modules=required_modules(names),
        names=names,
        exact=names,
        columns=found.columns,
        root=found.root,
    )


def _portable(path: Path, size: int, container: str, found: PortableModel) -> Inspection:
    """The inspection of a model that is run without the library that trained it."""
    runtime = next(one for one in RUNTIMES.values() if container in one.runs)
    fits = "" if runtime.releases_for is None else runtime.releases_for(found.version, found.opsets)
    names = tuple(Name(*pair) for pair in sorted(runtime.native))
    return Inspection(
        path=path,
        size=size,
        sha256="",
        container=container,
        protocol=0,
        bounds={runtime.name: fits} if fits else {},
        modules=required_modules(names),
        names=names,
        exact=names,
        notes=(_FURTHER_FILES,) if found.external else (),
        columns=tuple(found.inputs),
        root=ModelNode(kind=f"{container.upper()} model"),
        portable=found,
    )


_FURTHER_FILES = Note("companion-files", "numbers of the model are in files beside it")


def _keras(path: Path, size: int, found: KerasFile) -> Inspection:
    """The inspection of a file of Keras."""
    return Inspection(
        path=path,
        size=size,
        sha256="",
        container=found.container,
        protocol=0,
        versions=found.versions,
        modules=required_modules(found.names),
        names=found.names,
        exact=found.exact,
        notes=found.notes,
        root=found.root,
    )


def _torch(path: Path, size: int, findings: Findings, root: ModelNode) -> Inspection:
    """The inspection of a file of PyTorch, which is never loaded."""
    return Inspection(
        path=path,
        size=size,
        sha256="",
        container="torch",
        protocol=findings.protocol,
        modules=required_modules(findings.names),
        names=findings.names,
        notes=tuple(one for one in findings.notes if one.code != "persistent-ids"),  # its tensors
        root=root,
    )


def _python(container: str, findings: Findings) -> str:
    """The lowest Python that can load it; the protocol of a skops file says nothing about it."""
    protocol = 0 if container == "skops" else findings.protocol
    return lowest_python(findings.names, protocol, python_2=findings.python_2)


_ONE_STREAM = ("gzip", "zlib")
"""Compressions of which joblib reads one stream only: it never ends if more data follow."""


def _unpacked(whole: BinaryIO, limits: InspectionLimits) -> tuple[BinaryIO, Companions]:
    """The model in a packed file, and the files beside it."""
    try:
        index = packed_files.read_index(whole)
    except ValueError as error:
        raise DamageError(str(error)) from error
    place, places = whole.tell(), {}
    for name, size in index:
        places[name] = (place, size)
        place += size
    model = FileSection(whole, *places.pop(packed_files.MODEL))
    return cast(BinaryIO, model), Companions(whole, places, limits.unpacked)


def _read_pickle(
    file: BinaryIO,
    size: int,
    head: bytes,
    compressor: str,
    findings: Findings,
    limits: InspectionLimits,
    companions: Companions | None,
) -> StandIn:
    """The stand-in for the object in a pickle file."""
    file.seek(0)
    stream = Stream(file, size, compressor, limits.unpacked)
    try:
        # joblib before 0.10 wrote no arrays into the stream.
        value = _read(stream, findings, not head.startswith(b"ZF"), companions)
        if stream.has_more():
            left = "more data follow" if compressor else f"{size - stream.position:,} bytes follow"
            findings.add_note("data-after-end", f"{left} the end of the pickle")
        if stream.joined and compressor in _ONE_STREAM:
            findings.add_note(
                "several-streams", f"data follow its first {compressor} stream, and joblib hangs"
            )
    finally:
        stream.detach()
    return value


def _read(
    stream: Stream, findings: Findings, with_arrays: bool, companions: Companions | None
) -> StandIn:
    """The stand-in for the object in a stream, unless the stream begins like another format."""
    start = stream.peek(file_kinds.HEAD)
    if start or not stream.packed:  # an empty decompressed stream is truncated, not empty
        file_kinds.refuse_other(start)
    try:
        return Machine(stream, findings, with_arrays=with_arrays, companions=companions).load()
    except UnreadableError as fault:
        raise file_kinds.explain_non_pickle(start, fault) from fault


_PYTHON_2 = (
    "Python 2 wrote it: strings may be text or bytes, and Python 3 may need "
    'pickle.load(file, encoding="latin1")'
)


def _notes(findings: Findings) -> tuple[Note, ...]:
    if findings.python_2:
        findings.add_note("python-2", _PYTHON_2)
    if any(name.module == DILL for name in findings.names):
        findings.add_note("dill", "dill wrote it: a program that loads it needs dill installed")
    for package, versions in findings.versions.items():
        if len(versions) > 1:
            listed = ", ".join(versions)
            findings.add_note("several-versions", f"parts of it were saved by {package} {listed}")
    return findings.notes
