"""The annex: what wakes up inside a target environment, does its pieces of work, and reports.

Run as ``python worker.py FOLDER`` by the interpreter of the environment, Python 3.6 to the newest.
It observes; it does not judge, nor word things for people. All that crosses the border is in
FOLDER.

In: ``request.json``
    ``task``     ``"check"``, ``"save"`` or ``"load"``
    ``paths``    folders to add to the end of ``sys.path``: the pipelines and their helpers
    ``memory``   limit in bytes on the address space, or null; where the platform has such limits
    ``files``    for ``check``: files of pipelines
    ``pieces``   for ``save`` and ``load``: a list of objects, each with an ``id`` and

    - for ``save``: ``pipeline`` (its id), ``file`` that registers it, ``formats`` (names), and the
      ``folder`` to save in.
    - for ``load``: ``path`` and ``format`` of an artifact, ``rows`` (a file of content, see
      ``compat_worker/content.py``), ``known`` (by method, the digest of the output that the writer
      recorded, or null if it recorded something else) and ``only`` (true: no other method is
      called than those).

Out: ``journal.jsonl``, a line of JSON each, on disk as soon as it is true
    ``{"ready": {"sklearn": …, "seconds": …}}``   everything is imported
    ``{"begin": ID}``                             a piece begins
    ``{"done": ID, "answer": {…}}``               it ended, with its answer
    ``{"end": true}``                             all pieces are done

    An answer has ``contents`` (``[{"digest", "offset", "size"}]`` into ``contents.bin``),
    ``warnings`` (``[{"category", "message", "stage"}]``), ``seconds``, and one of

    - ``unavailable``: why this environment cannot have it, in words;
    - ``raised``: ``{"type", "message", "traceback"}`` that ended it, with ``stage`` for ``save``;
    - for ``save``: ``artifacts`` (by format ``{"path", "sha256", "size"}`` or ``{"raised"}`` or
      ``{"unavailable"}``), ``rows`` and ``truth`` (digests), ``only`` (true: the pipeline's file
      names the methods to call) and ``outputs``;
    - for ``load``: ``outputs``, and ``repeats`` for those that another fresh load did not repeat;
    - for ``check``: ``files``, by path the failure of each that does not import.

    ``outputs`` has by method ``{"digest"}``, ``{"absent": why}`` or ``{"raised"}``; a digest with
    ``"whole": false`` is of a value that holds objects which are no plain data.

Standard output and error are evidence, never protocol. An exit without ``end`` is a crash. A worker
whose parent is gone stops before its next piece; what it has written is taken in by the next run.
"""

import json
import os
import sys
import time


def main(folder: str) -> None:
    """Do all that the request in a folder asks for."""
    started = time.perf_counter()
    with open(os.path.join(folder, "request.json"), encoding="utf-8") as file:
        request = json.load(file)
    _limit_memory(request["memory"])
    from compat_worker.journal import Journal

    journal = Journal(folder)
    import joblib  # noqa: F401  (imported before the clock of the first piece starts)
    import sklearn
    from compat_worker import loading, saving

    # The user's own modules come last and find nothing of ours in their way.
    sys.path[:] = sys.path[1:] + request["paths"]
    journal.line(ready={"sklearn": sklearn.__version__, "seconds": time.perf_counter() - started})
    if request["task"] == "check":
        answer = {"files": saving.unimportable(request["files"]), "contents": []}
        journal.line(done=0, answer=answer)
    else:
        work = saving.save if request["task"] == "save" else loading.load
        parent = os.getppid()
        for piece in request["pieces"]:
            if os.getppid() != parent:
                return  # whoever asked is no more
            journal.line(begin=piece["id"])
            journal.line(done=piece["id"], answer=work(piece, journal))
    journal.line(end=True)


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
    main(sys.argv[1])
