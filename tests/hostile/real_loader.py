"""Load files with the real pickle and joblib of an environment, and report the names looked up.

Run in a target environment, Python 3.6 or newer: ``python real_loader.py WORKER``. WORKER is the
folder of ``compat_worker``, whose guard of arrays is in force as it is for a user's model. Standard
input has a JSON object: ``files``, pairs of a path and a format; ``allowed``, pairs of module and
name. Each line of output is a JSON object: ``path``, ``names``, and how the load ended.

No name is resolved but those allowed ones that create plain values. Everything else becomes a
class that does nothing. Each file is loaded in a process of its own, with limits.
"""

import _compat_pickle
import contextlib
import importlib
import json
import os
import pickle
import resource
import sys
import traceback

sys.path.insert(0, sys.argv[1])

from compat_worker import loader_guard

REAL = ("builtins", "collections", "datetime", "_codecs", "copyreg", "joblib.numpy_pickle")
SECONDS = 10
MEMORY = 3 * 1024**3


class Inert:
    """Takes whatever a pickle does to it; its state is set as that of any object."""

    def __new__(cls, *arguments, **named):
        return object.__new__(cls)

    def __call__(self, *arguments, **named):
        return self

    def append(self, item):
        pass

    extend = add = append

    def __setitem__(self, key, value):
        pass


class Bunch(dict):
    def __getattr__(self, key):
        try:
            return self[key]
        except KeyError:
            raise AttributeError(key) from None


def score(estimator, *arguments, **named):
    return estimator.score(*arguments, **named)


def new_object(kind):
    return kind.__new__(kind)


STAND_INS = {"Bunch": Bunch, "_passthrough_scorer": score, "newObj": new_object}
"""What scikit-learn has under these names, as far as a pickle can tell."""


class Recorder:
    def __init__(self, allowed):
        self.names = set()
        self.known = {}
        self.allowed = allowed

    def look_up(self, original, module, name):
        """Record a name as Python resolves it, and return what the file gets."""
        if resolves(original, "copy_reg", "_reconstructor"):  # the protocol is below 3
            if (module, name) in _compat_pickle.NAME_MAPPING:
                module, name = _compat_pickle.NAME_MAPPING[module, name]
            else:
                module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        self.names.add((module, name))
        if (module, name) in self.allowed and name in STAND_INS:
            return STAND_INS[name]
        if (module, name) in self.allowed and is_plain(module, name):
            return original(module, name)
        if (module, name) not in self.known:
            self.known[module, name] = type("Inert", (Inert,), {})
        return self.known[module, name]


def is_plain(module, name):
    numbers = module.partition(".")[0] == "numpy" and "ufunc" not in name
    return numbers or module in REAL


def resolves(original, module, name):
    try:
        original(module, name)
    except Exception:
        return False
    return True


def record_all(recorder):
    """Have every unpickler of this process record what it looks up."""

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            return recorder.look_up(super().find_class, module, name)

    pickle.load = lambda file, **named: Unpickler(file, **named).load()
    try:
        import joblib.numpy_pickle
        import joblib.numpy_pickle_compat
    except ImportError:
        return
    for module, name in (
        (joblib.numpy_pickle, "NumpyUnpickler"),
        (joblib.numpy_pickle_compat, "ZipNumpyUnpickler"),
    ):
        base = getattr(module, name)
        setattr(module, name, recording(base, recorder))


def recording(base, recorder):
    class Recording(base):
        def find_class(self, module, name):
            original = super().find_class
            return recorder.look_up(original, module, name)

    return Recording


def load(path, kind):
    if kind == "joblib":
        import joblib

        joblib.load(path)
    elif kind == "python":
        with open(path, "rb") as file:
            pickle._Unpickler(file).load()
    else:
        with open(path, "rb") as file:
            pickle.load(file)


def report(path, kind, allowed, output):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    recorder = Recorder(allowed)
    record_all(recorder)
    pickle._Unpickler = recording(pickle._Unpickler, recorder)
    ended = "loaded"
    modules = {module for module, _ in allowed}
    try:
        loader_guard._replace_array_reader(modules)
        loader_guard._replace_ufunc_reconstruct(modules)
        load(path, kind)
    except BaseException:
        ended = traceback.format_exc()[-300:]
    text = json.dumps({"path": path, "names": sorted(recorder.names), "ended": ended})
    os.write(output, text.encode("utf-8", "surrogatepass") + b"\n")


def import_once():
    """Import what the processes for the files need, before they are made."""
    sys.modules["copy_reg"] = None  # looked for very often
    for name in ("joblib.numpy_pickle_compat", "numpy.core.multiarray", "numpy.core.numeric"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def main():
    request = json.load(sys.stdin)
    allowed = {(module, name) for module, name in request["allowed"]}
    import_once()
    devnull = os.open(os.devnull, os.O_WRONLY)
    output = os.dup(1)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    for path, kind in request["files"]:
        child = os.fork()
        if not child:
            try:
                report(path, kind, allowed, output)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            text = json.dumps({"path": path, "names": [], "ended": "status {}".format(status)})
            os.write(output, text.encode() + b"\n")


if __name__ == "__main__":
    main()
