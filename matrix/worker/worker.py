"""The annex: what wakes up inside a target environment, does its pieces of work, and reports.

Run as ``python worker.py FOLDER`` by the interpreter of the environment, Python 3.6 to the newest.
It observes; it does not judge, nor word things for people, but for one: what is wrong with data
that the user gave, since only here is it known what the model takes. All that crosses the border is
in FOLDER.

In: ``request.json``
    ``task``     ``"check"``, ``"save"``, ``"load"``, ``"baseline"``, ``"trace"`` or ``"resave"``
    ``paths``    folders to add to the end of ``sys.path``: the pipelines and their helpers
    ``memory``   limit in bytes on the address space, or null; where the platform has such limits
    ``parent``   the process that waits for the answers, or null where that cannot be seen
    ``expires``  whole seconds that a piece may take before the worker ends itself: long after it
                 would have been stopped, had nobody killed whoever stops it
    ``files``    for ``check``: files of pipelines
    ``stages``   true: each stage of a ``load``, ``baseline`` or ``resave`` is told as it begins
    ``pieces``   for all but ``check``: a list of objects, each with an ``id`` and

    - for ``save``: ``pipeline`` (its id), ``file`` that registers it, ``formats`` (names), and the
      ``folder`` to save in.
    - for ``load``: ``path`` and ``format`` of an artifact, ``rows`` (a file of content, see
      ``compat_worker/content.py``), ``known`` (by method, the digest of the output that the writer
      recorded, or null if it recorded something else) and ``only`` (true: no other method is
      called than those).
    - for ``baseline``: ``path`` and ``format`` of a model that was saved elsewhere; ``data``, null
      or ``{"path", "kind", "target"}``, the rows to use (``kind``: ``csv``, ``parquet``, ``npy``,
      ``npz`` or ``text``; ``target`` names the true answers among them, or is null);
      ``expected``, null or ``{"path", "kind"}`` (``csv``, ``npy`` or ``npz``), outputs recorded
      for these rows; and ``n``, about how many rows to make where none are given.
    - for ``trace``: ``path`` and ``format`` of an artifact, ``rows``, and the ``method`` to follow
      through its estimators; empty to follow none.
    - for ``resave``: ``path`` and ``format`` of an artifact, ``formats`` to save it in again, and
      ``mends``, what is to be set before that: a list of ``{"path", "name", "value",
      "of"}``, see ``compat_worker/missing_params.py`` for the path;
      values are plain JSON, unless ``of``
      names another attribute of the same thing to take: ``scale_``, ``_idf_diag.diagonal()``.
    - for ``load``, ``baseline``, ``trace`` and ``resave``: ``allowed``, a list of
      ``[module, name]``: all that the file may look up while it is loaded. Null for files that the
      run has saved itself. Python 3.6 and 3.7 cannot watch it.

Out: ``journal.jsonl``, a line of JSON each, on disk as soon as it is true
    ``{"ready": {"sklearn": …, "seconds": …}}``   everything is imported
    ``{"begin": ID}``                             a piece begins
    ``{"at": STAGE}``                             ``load`` or a method begins, where it is wanted
    ``{"done": ID, "answer": {…}}``               it ended, with its answer
    ``{"end": true}``                             all pieces are done

    An answer has ``contents`` (``[{"digest", "offset", "size"}]`` into ``contents.bin``),
    ``warnings`` (``[{"category", "message", "stage"}]``), ``seconds``, and one of

    - ``unavailable``: why this environment cannot have it, in words;
    - ``refused``: the name that the file looked up without being allowed to;
    - ``raised``: ``{"type", "message", "traceback"}`` that ended it, with ``stage`` for ``save``,
      ``baseline`` and ``resave`` (``load`` or ``mend``);
    - for ``resave``: ``mistake``: what cannot be set, in words;
    - for ``resave``: ``artifacts`` as for ``save``, each ``path`` being the name of a file in
      FOLDER, where the worker is at work, and ``lacking``: what the classes take here and the
      model has not, as ``mends`` at their default;
    - for ``baseline``: ``mistake``: in words for the user, what is wrong with what was given, or
      why no rows could be made;
    - for ``save``: ``artifacts`` (by format ``{"path", "sha256", "size"}`` or ``{"raised"}`` or
      ``{"unavailable"}``), ``rows`` and ``truth`` (digests), ``only`` (true: the pipeline's file
      names the methods to call), ``estimators`` (full names of the classes of the model and of the
      estimators in it, its own first) and ``outputs``;
    - for ``load``: ``outputs``, and ``repeats`` for those that another fresh load did not repeat;
    - for ``baseline``: ``rows``, ``truth``, ``only`` (false), ``estimators``, ``outputs`` and
      ``repeats`` as above, from fresh loads; ``n_rows``; ``made``, by kind in words and in the
      order of the rows, how many there are; ``dropped``, by kind ``{"rows", "raised"}`` of those
      made that the model did not take; ``features``, their names, or null; and where outputs were
      expected, ``expected``:
      by method ``{"agrees", "rows"}``, in how many rows they differ from what the model returns
      here (null: in shape), while ``outputs`` has what was expected;
    - for ``trace``: ``parts``, the model and the estimators inside it, each with its ``path`` (a
      list of names, empty for the model), its ``class`` and its ``attributes`` (by name ``{"type",
      "dtype", "shape", "shown"}``, all but the first only where there is one), as loaded;
      ``classes``, by class its ``parameters`` here (by name the default, empty without one) and the
      attributes that its code here reads when it is used: ``uses``, and ``asks`` for those that it
      reads only where they are there; ``calls``, in the order in which they ended, each with its
      ``part`` (place in ``parts``), ``method``, ``depth``, what was ``given`` and ``returned``
      (``{"digest", "whole", "kept"}``; ``"kept": false`` if its content is not there) or
      ``{"raised"}``; ``outcome`` of the method, and ``untraced``, that of a fresh load that nobody
      watched (null where none was to be followed); ``parts_left_out`` and ``calls_left_out``, how
      many there were beyond;
    - for ``check``: ``files``, by path the failure of each that does not import.

    ``outputs`` has by method ``{"digest"}``, ``{"absent": why}`` or ``{"raised"}``; a digest with
    ``"whole": false`` is of a value that holds objects which are no plain data.

Standard output and error are evidence, never protocol. An exit without ``end`` is a crash, but for
the two statuses of ``compat_worker/machine_failures.py``: memory ran out, or the machine failed in
another
way, such as a full disk. The piece under way is given up then, and has no answer: what the machine
does is no finding. A worker whose parent is gone stops before its next piece, or when the one under
way expires; what it has written is taken in by the next run.
"""

import json
import os
import signal
import sys
import time

from compat_worker import machine_failures


def main(folder: str) -> None:
    """Do all that the request in a folder asks for."""
    started = time.perf_counter()
    with open(os.path.join(folder, "request.json"), encoding="utf-8") as file:
        request = json.load(file)
    _limit_memory(request["memory"])
    from compat_worker.journal import Journal

    journal = Journal(folder, request.get("stages", False))
    import joblib  # noqa: F401  (imported before the clock of the first piece starts)
    import sklearn
    from compat_worker import loading, reference, resaving, saving, tracing

    # The user's own modules come last and find nothing of ours in their way.
    sys.path[:] = sys.path[1:] + request["paths"]
    journal.line(ready={"sklearn": sklearn.__version__, "seconds": time.perf_counter() - started})
    if request["task"] == "check":
        answer = {"files": saving.unimportable(request["files"]), "contents": []}
        journal.line(done=0, answer=answer)
    else:
        work = {
            "save": saving.save,
            "load": loading.load,
            "baseline": reference.baseline,
            "trace": tracing.trace,
            "resave": resaving.resave,
        }[request["task"]]
        for piece in request["pieces"]:
            if request["parent"] not in (None, os.getppid()):
                return  # whoever asked is no more
            _expire_in(request["expires"])
            journal.line(begin=piece["id"])
            journal.line(done=piece["id"], answer=work(piece, journal))
    journal.line(end=True)


def _expire_in(seconds: int) -> None:
    """Have the system end this process after so many seconds, whatever it is caught in then."""
    if hasattr(signal, "alarm"):  # not on Windows
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)


def _limit_memory(limit: object) -> None:
    if not isinstance(limit, int):
        return
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except BaseException as error:
        machine_failures.leave(error)
        raise
