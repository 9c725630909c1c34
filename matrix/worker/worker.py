"""The worker process: runs inside a target environment, does its pieces of work, reports on them.

Started as ``python worker.py FOLDER`` by the interpreter of the environment, Python 3.6 or later.
The orchestrator writes ``FOLDER/request.json`` before it starts the worker. The worker appends to
``FOLDER/journal.jsonl`` and ``FOLDER/contents.bin``. Both sides communicate through these files
only. Standard output and standard error are kept as evidence and never parsed.

The worker observes; the orchestrator judges and words the reports. The one exception is
``mistake``: a message for the user about data that the user gave, because only the worker knows
which rows the model accepts.

Request: ``request.json``
=========================

One JSON object:

``task``     ``"check"``, ``"save"``, ``"evidence"``, ``"load"``, ``"reference"``, ``"trace"``,
             ``"resave"`` or ``"construct"``
``paths``    folders to append to ``sys.path``: those of the pipeline files and their helpers
``main``     the script that defines what models look up in ``__main__``, ``{"file", "source"}``, or
             null; ``compat_worker/own_script.py`` says what of it runs
``memory``   limit on the address space in bytes, or null; ignored where the platform has none
``parent``   process id of the orchestrator, or null if the worker cannot see that process
``expires``  whole seconds on the wall clock; a worker whose current piece takes longer is ended by
             SIGALRM. The orchestrator measures processor time and stops it much earlier. This
             matters only if the orchestrator was killed, on a system without ``parent``
``in_part``  true: where a module in ``paths`` imports a package that is not installed, only what a
             model needs of it is defined (``compat_worker/own_modules.py``). Pipeline files are
             imported whole
``stages``   true: the journal gets an ``at`` line for every stage of a piece (default false)
``files``    only for ``check``: paths of pipeline files
``pieces``   for all other tasks: a list of objects, each with a unique ``id`` (an integer) and the
             fields of its task, listed below

Journal: ``journal.jsonl``
==========================

One JSON object a line, handed to the operating system as soon as it is true:

``{"ready": {"sklearn": VERSION, "seconds": S}}``   all modules are imported; the version is empty
                                                    in an environment without scikit-learn
``{"begin": ID}``                                   the piece ID begins
``{"at": STAGE}``                                   ``load`` or the method of that name begins
``{"done": ID, "answer": ANSWER}``                  the piece ended; for ``check`` the ID is 0
``{"end": true}``                                   all pieces are done

The exit status is 0 after ``end``. Without ``end`` the worker crashed in the piece that began
last, with two exceptions: statuses 81 and 82 (``compat_worker/machine_failures.py``) say that
memory ran out or that the machine failed, for example with a full disk. The current piece has no
answer then, because such a failure says nothing about versions. When its ``parent`` ends, Linux
ends the worker; elsewhere it stops before its next piece.

Answers
=======

Every answer (except to ``check``) has

``contents``  list of ``{"digest", "offset", "size"}``: where a new content is in ``contents.bin``
``warnings``  list of ``{"category", "message", "stage"}``
``seconds``   processor time that the piece used

and the fields of exactly one outcome. Outcomes that several tasks share:

``unavailable``      why this environment does not support the piece (``save``, ``load``,
                     ``trace``, ``resave``, ``construct``)
``refused``          the name that the file looked up without being allowed to (``load``,
                     ``reference``, ``trace``, ``resave``, ``construct``)
``raised``           ``{"type", "message", "traceback"}``, and the ``stage`` for ``save``
                     (``build``, ``fit``, ``save``, ``rows``, ``use``), ``reference`` (``load``,
                     ``rows``, ``use``) and ``resave`` (``load``, ``fix``)
``mistake``          a message for the user: what is wrong with the given data, why no rows could
                     be made, or which fix cannot be applied (``reference``, ``resave``)

A *digest* is the sha256 of a content; ``compat_worker/content.py`` defines the format. ``outputs``
maps each method to ``{"digest"}``, ``{"absent": REASON}`` or ``{"raised"}``. A digest with
``"whole": false`` belongs to a value with objects that are not plain data, so equal digests do not
prove equal values.

Rows are handed over as identical objects, but the pandas of an environment may make another table
of the same CSV file or plain values: pandas 3 makes ``str`` columns of texts, with NaN for None.
``source`` is the digest of what the rows were made of (``compat_worker/table_source.py``), and is
left out if the rows themselves hold it. ``own`` says what the methods return for the table of the
environment, and is left out if it is the given one: the version of ``pandas``; the ``columns`` that
differ, each ``{"name", "given", "own", "changes"}`` with both dtypes and, by kind of changed value,
``{"given", "own", "rows", "count"}`` (``rows`` lists only the first few); the number of
``columns_left_out``; ``outputs`` and ``warnings`` as
above, without ``repr`` and ``get_params``.

``allowed`` is a list of ``[module, name]``: all names that the file may look up while it is loaded,
or null for files that the run itself saved. Python 3.6 and 3.7 have no audit hooks and do not
enforce it. Some names may be used only in exact calls: ``compat_worker/exact_calls.py`` has them.

``part`` is where in the file the model is, as ``compat_worker/bundle_parts.py`` describes it;
null or missing for files that the run itself saved.

Tasks
=====

``check``: import pipeline files. Answer: ``contents`` (empty) and ``files``, by path the failure
(as in ``raised``) of each file that cannot be imported.

``save``: build and fit a pipeline, save it, record its outputs.
    Piece: ``pipeline`` (its id), ``file`` that registers it, ``formats`` (names) and the ``folder``
    to save to.
    Answer: ``artifacts``, by format ``{"path", "sha256", "size", "seconds"}`` (``seconds`` of
    processor time to save), ``{"raised"}`` or
    ``{"unavailable"}``; ``rows`` and ``truth`` (digests; ``truth`` may be null);
    ``rows_by_source``, how many of the rows the pipeline file ``declared`` and how many were made
    of what the fitted ``model`` decides on, in row order; ``only`` (true:
    the pipeline file lists the methods to call); ``estimators`` (full class names of the model and
    of the estimators in it, the model first); ``outputs``; ``own``.

``evidence``: load an artifact where it was saved, measure how much its rows would notice.
    Piece: ``path``, ``format``, ``rows`` (path of a content file), ``rows_by_source``, ``allowed``.
    Answer: ``evidence``, as of ``reference``.

``load``: load an artifact, call its output methods.
    Piece: ``path``, ``part``, ``format``, ``rows`` (path of a content file), ``source`` (path of
    the file of what they were made of, or null), ``known`` (by method, the digest
    of the reference output, or null if the method returned nothing), ``own`` (the same for the
    writer's own table, which may be the given one), ``only`` (true: call no methods but those in
    ``known``), ``allowed``.
    Answer: ``outputs``; ``repeats``, the outputs of methods for which two fresh loads disagree;
    ``load_seconds``, processor time of the quickest of several loads; and ``own``. A content whose
    digest is in ``known`` or ``own`` is not written again.

``reference``: load a model that was saved elsewhere, choose rows, record its reference outputs.
    Piece: ``path``, ``part``, ``format``, ``allowed``; ``data``, null or ``{"path", "kind",
    "target", "dtypes", "hints", "example"}``, the rows to use (``kind``: ``csv``, ``parquet``,
    ``npy``, ``npz`` or ``text``; ``target``: name of the column or array with the true targets, or
    null; ``dtypes``: by column, its type in words or a list of its categories; ``hints``: the same
    for columns whose type the model does not show; ``example``: true if rows are made instead where
    the model does not accept these); ``expected``, null or ``{"path",
    "kind"}``
    (``csv``, ``npy`` or ``npz``), outputs recorded for these rows; ``n``, about how many rows to
    make without ``data``; ``evidence``, whether to measure how much the rows would notice.
    Answer: ``rows``, ``truth``, ``only`` (false), ``estimators``, ``outputs``, ``repeats`` and
    ``own`` as above; ``n_rows``; ``made``, number of rows by kind (in words), in row order;
    ``dropped``, by kind ``{"rows", "raised"}``, the made rows that the model did not accept;
    ``fewer``, null or ``{"rows", "of", "count"}``: at most so many rows of each kind were made,
    because the model has this count of ``features``, or a method returns as many ``outputs`` a row;
    ``unfit``: why rows were made for a part of a file although ``data`` was given, else empty;
    ``features``, their names, or null; with ``expected`` also ``expected``, by method ``{"agrees",
    "rows"}``: in how many rows the expected values differ from those returned here (null: the
    shapes differ).
    ``outputs`` holds the expected values then.
    ``evidence``, null if it was not measured, else ``{"faults", "live", "noticed", "complete",
    "constant", "leaves", "reached", "by_source"}``: how many faults were planted in the model, how
    many of them any row notices, how many these rows notice, whether planting went on to its end,
    whether all outputs are the same for every row, how many leaves the trees have and how many the
    rows reach, and the number of rows by source (``data``, ``declared``, ``model``, ``random``).

``trace``: load an artifact, describe its estimators, record the calls of one method.
    Piece: ``path``, ``part``, ``format``, ``rows``, ``allowed`` and the ``method`` (empty: record
    no calls).
    Answer: ``parts``, the model and the estimators in it, each with its ``path`` (a list of names,
    empty for the model), ``class`` and ``attributes`` (by name ``{"type", "dtype", "shape",
    "shown"}``, the last three where they apply); ``classes``, by class its ``parameters`` (by name
    the default as text, empty without one), ``uses`` (attributes that its code needs) and ``asks``
    (attributes that its code reads only if they exist); ``calls`` in the order in which they
    ended, each with its ``part`` (index in ``parts``), ``method``, ``depth``, ``given`` and
    ``returned`` (``{"digest", "whole", "kept"}``; ``"kept": false`` if the content is not written)
    or ``raised``; ``outcome`` of the method while calls are recorded, and ``untraced``, its outcome
    on a fresh load without recording (both null without a method); ``parts_left_out`` and
    ``calls_left_out``, how many were not described or recorded.

``resave``: load an artifact, apply fixes, save it again.
    Piece: ``path``, ``format``, ``allowed``, the ``formats`` to save in, ``rows`` (path of a
    content file, or null: rows whose types a format writes down), and ``fixes``: attributes to set
    first, a list of ``{"part", "path", "name", "value", "of"}``. ``path`` starts at ``part``
    of the object in the file; ``compat_worker/missing_params.py`` defines it. ``value`` is plain
    JSON; if ``of`` is not empty, it names an attribute of the same object to copy instead, such as
    ``scale_`` or ``_idf_diag.diagonal()``. All of the object is saved. With ``convert`` the model
    is loaded and converted by ``compat_worker/conversions`` before that; with ``other_class``
    another class may take the place of one of the model's.
    Answer: ``artifacts`` as for ``save``, with paths relative to FOLDER, the working folder; and
    ``lacking``: parameters that the classes take here and the model does not have, as ``{"path",
    "name", "value"}`` with their default values; and ``converted``, what was done, each
    ``{"name", "places", "meaning"}``.

``construct``: load an artifact, and say how to build an untrained copy of a model in it.
    Piece: ``path``, ``format``, ``part``, ``allowed``.
    Answer: ``construction``, in the form that ``compat_worker/construction.py`` describes.
"""

import importlib.util
import json
import os
import signal
import sys
import time
import traceback

from compat_worker import machine_failures


def main(folder: str) -> None:
    """Read the request in a folder, do its task, write the journal.

    Args:
        folder: holds ``request.json``; see the docstring of this module.
    """
    started = time.perf_counter()
    with open(os.path.join(folder, "request.json"), encoding="utf-8") as file:
        request = json.load(file)
    _limit_memory(request["memory"])
    _end_with(request["parent"])
    from compat_worker.journal import Journal

    journal = Journal(folder, request.get("stages", False))
    sklearn = prepare()
    from compat_worker import own_data, own_modules, own_script, tasks

    # The user's modules come last on the path, and the folder of this file is removed from it, so
    # that no module of the worker hides one of theirs.
    sys.path[:] = sys.path[1:] + request["paths"]
    own_script.use(request.get("main"), request["paths"])
    own_data.use(request["paths"])
    if request.get("in_part"):
        own_modules.install(request["paths"], own_script.keep_needed)
    journal.line(ready={"sklearn": sklearn, "seconds": time.perf_counter() - started})
    if request["task"] == "check":
        answer = {"files": tasks.import_failures(request["files"]), "contents": []}
        journal.line(done=0, answer=answer)
    else:
        work = tasks.TASKS[request["task"]]
        for piece in request["pieces"]:
            if request["parent"] not in (None, os.getppid()):
                return  # the orchestrator has ended
            _expire_in(request["expires"])
            journal.line(begin=piece["id"])
            journal.line(done=piece["id"], answer=work(piece, journal))
    journal.line(end=True)


def run(folder: str) -> int:
    """Do the request in a folder, as :func:`main` does.

    Returns:
        The exit status; a failure is written to standard error. If the machine failed, the process
        ends at once.
    """
    try:
        main(folder)
    except SystemExit as error:
        return 0 if error.code is None else 1
    except BaseException as error:
        machine_failures.exit_if_machine_failed(error)
        traceback.print_exc()
        return 1
    return 0


def prepare() -> str:
    """Import what models are made of, and the worker, before the clock of the first piece starts.

    Returns:
        The version of scikit-learn; empty in an environment that runs models without it.
    """
    version = _trained_with()
    from compat_worker import own_modules, own_script, tasks  # noqa: F401

    return version


def _trained_with() -> str:
    if importlib.util.find_spec("sklearn") is None:
        return ""
    import joblib  # noqa: F401
    import sklearn

    return str(sklearn.__version__)


def _end_with(parent: object) -> None:
    """Let Linux end this process as soon as the orchestrator has ended; elsewhere, do nothing."""
    if parent is None or not sys.platform.startswith("linux"):
        return
    import ctypes

    kill_me_with_my_parent = 1  # PR_SET_PDEATHSIG
    ctypes.CDLL(None).prctl(kill_me_with_my_parent, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit()  # it ended before that


def _expire_in(seconds: int) -> None:
    """Let the system end this process after a number of seconds, even inside compiled code."""
    if hasattr(signal, "alarm"):  # not on Windows
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)


def _limit_memory(limit: object) -> None:
    """Limit the address space to so many bytes, and write no core dumps; null sets no limit."""
    if not isinstance(limit, int):
        return
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]))
