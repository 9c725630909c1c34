"""Record what the estimators in a model receive and return while a method runs.

The methods are replaced in the classes, and only calls on the model's own estimators are recorded.
Nothing is added to an instance, so code that inspects, copies or pickles one finds it unchanged.
"""

import contextlib
import functools
import threading
from typing import Any, Callable, Dict, Iterator, List, Tuple

from compat_worker import content, machine_failures
from compat_worker.attribute_states import shorten
from compat_worker.observe import failure
from compat_worker.parts import OUTPUT_METHODS, ModelPart

CallRecord = Dict[str, Any]

MAX_CALLS = 300
"""Calls that are recorded."""

MAX_CONTENT_BYTES, MAX_TOTAL_BYTES = 16 * 1024 * 1024, 96 * 1024 * 1024
"""Bytes of one content, and of all together; beyond either, only the digest is recorded."""


class CallRecorder:
    """The calls of a model's estimators, in the order in which they ended.

    Args:
        parts: the estimators, as :func:`compat_worker.parts.parts_of` finds them.
        keep: stores a content and returns its digest.
    """

    def __init__(self, parts: List[ModelPart], keep: Callable[[Any], str]) -> None:
        self.calls: List[CallRecord] = []
        self.left_out = 0
        self._parts = parts
        self._keep = keep
        self._places = {id(part.thing): place for place, part in enumerate(parts)}
        self._kept = 0
        self._begun = 0
        self._lock = threading.RLock()
        self._stacks = threading.local()

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Record calls inside the block; calls in other processes are not recorded."""
        replaced: List[Tuple[type, str, Any]] = []
        try:
            for kind, name in self._methods():
                original = vars(kind)[name]
                with contextlib.suppress(Exception):  # a class that cannot be changed
                    setattr(kind, name, _RecordedMethod(original, name, self))
                    replaced.append((kind, name, original))
            with _sequential_joblib():
                yield
        finally:
            for kind, name, original in replaced:
                setattr(kind, name, original)

    def _methods(self) -> List[Tuple[type, str]]:
        """The classes and names of the output methods of the estimators."""
        kinds = {one: None for part in self._parts for one in type(part.thing).__mro__[:-1]}
        return [(kind, name) for kind in kinds for name in OUTPUT_METHODS if name in vars(kind)]

    def records(self, thing: Any) -> bool:
        """Whether calls on this instance are recorded."""
        return id(thing) in self._places

    def call(self, thing: Any, name: str, method: Any, args: Any, kwargs: Any) -> Any:
        """Call a method, record the call and return its result.

        A call of a parent class's method of the same name is part of the same call.
        """
        place = self._places[id(thing)]
        stack = self._stacks.__dict__.setdefault("open", [])
        if (place, name) in stack or not self._is_within_limit():
            return method(*args, **kwargs)
        record: CallRecord = {"part": place, "method": name, "depth": len(stack)}
        record["given"] = self._recorded_value(
            args[0] if len(args) == 1 and not kwargs else (args, kwargs)
        )
        stack.append((place, name))
        try:
            value = method(*args, **kwargs)
        except (Exception, SystemExit) as error:
            raised = failure(error)
            record["raised"] = {"type": shorten(raised["type"]), "message": raised["message"][:500]}
            raise
        else:
            record["returned"] = self._recorded_value(value)
            return value
        finally:
            stack.pop()
            if len(record) == 5:
                with self._lock:
                    self.calls.append(record)

    def _is_within_limit(self) -> bool:
        with self._lock:
            self._begun += 1
            self.left_out += self._begun > MAX_CALLS
            return self._begun <= MAX_CALLS

    def _recorded_value(self, value: Any) -> Dict[str, Any]:
        """The digest of a value; its content is stored unless it is too large."""
        try:
            data = content.encode(value)
            whole = content.is_complete(data)
        except Exception as error:
            machine_failures.raise_if_machine_failed(error)
            return {"digest": "", "whole": False}
        found: Dict[str, Any] = {"digest": content.digest(data)}
        with self._lock:
            if len(data) > MAX_CONTENT_BYTES or self._kept + len(data) > MAX_TOTAL_BYTES:
                found["kept"] = False
            else:
                self._kept += len(data)
                self._keep(data)
        if not whole:
            found["whole"] = False
        return found


class _RecordedMethod:
    """Descriptor that replaces a method in its class and records its calls."""

    def __init__(self, original: Any, name: str, recorder: CallRecorder) -> None:
        self.original = original
        self.name = name
        self.recorder = recorder

    def __get__(self, thing: Any, kind: Any = None) -> Any:
        get = getattr(type(self.original), "__get__", None)
        found = self.original if get is None else get(self.original, thing, kind)
        if thing is None or not callable(found) or not self.recorder.records(thing):
            return found

        @functools.wraps(found)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            return self.recorder.call(thing, self.name, found, args, kwargs)

        return recorded


@contextlib.contextmanager
def _sequential_joblib() -> Iterator[None]:
    """Make joblib run sequentially, so that calls have one order and all are recorded."""
    import joblib

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(Exception):
            stack.enter_context(joblib.parallel_backend("sequential"))
        yield
