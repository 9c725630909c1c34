"""Take down what the parts of a model are given and what they return, while it works.

Methods are watched at their classes, and only calls on the parts are taken down: nothing is added
to an object, so that whatever looks at it, copies or sends it finds what it would have found.
"""

import contextlib
import functools
import threading
from typing import Any, Callable, Dict, Iterator, List, Tuple

from compat_worker import content, machine_failures
from compat_worker.attribute_states import short
from compat_worker.observe import failure
from compat_worker.parts import OUTPUTS, ModelPart

CallRecord = Dict[str, Any]

MOST = 300
"""Calls that are taken down."""

LARGEST, TOGETHER = 16 * 1024 * 1024, 96 * 1024 * 1024
"""Bytes of one content that is kept, and of all; of others there is the digest alone."""


class Watch:
    """The calls of a model's parts, in the order in which they ended.

    Args:
        parts: of the model.
        keep: keeps a content and gives its digest.
    """

    def __init__(self, parts: List[ModelPart], keep: Callable[[bytes], str]) -> None:
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
    def at_work(self) -> Iterator[None]:
        """Watch all parts inside the block, in one thread: what runs elsewhere is not seen."""
        replaced: List[Tuple[type, str, Any]] = []
        try:
            for kind, name in self._methods():
                original = vars(kind)[name]
                with contextlib.suppress(Exception):  # a class that cannot be changed
                    setattr(kind, name, _Watched(original, name, self))
                    replaced.append((kind, name, original))
            with _one_after_the_other():
                yield
        finally:
            for kind, name, original in replaced:
                setattr(kind, name, original)

    def _methods(self) -> List[Tuple[type, str]]:
        """Where the output methods of the parts are defined."""
        kinds = {one: None for part in self._parts for one in type(part.thing).__mro__[:-1]}
        return [(kind, name) for kind in kinds for name in OUTPUTS if name in vars(kind)]

    def knows(self, thing: Any) -> bool:
        """Whether calls on it are taken down."""
        return id(thing) in self._places

    def run(self, thing: Any, name: str, method: Any, args: Any, kwargs: Any) -> Any:
        """What a method returns; the call is taken down, but for one on to a parent class's own."""
        place = self._places[id(thing)]
        stack = self._stacks.__dict__.setdefault("open", [])
        if (place, name) in stack or not self._admitted():
            return method(*args, **kwargs)
        call: CallRecord = {"part": place, "method": name, "depth": len(stack)}
        call["given"] = self._taken(args[0] if len(args) == 1 and not kwargs else (args, kwargs))
        stack.append((place, name))
        try:
            value = method(*args, **kwargs)
        except (Exception, SystemExit) as error:
            raised = failure(error)
            call["raised"] = {"type": short(raised["type"]), "message": raised["message"][:500]}
            raise
        else:
            call["returned"] = self._taken(value)
            return value
        finally:
            stack.pop()
            if len(call) == 5:
                with self._lock:
                    self.calls.append(call)

    def _admitted(self) -> bool:
        with self._lock:
            self._begun += 1
            self.left_out += self._begun > MOST
            return self._begun <= MOST

    def _taken(self, value: Any) -> Dict[str, Any]:
        """The digest of a value; its content is kept if there is room."""
        try:
            data = content.encode(value)
            whole = content.is_whole(data)
        except Exception as error:
            machine_failures.give_up_on(error)
            return {"digest": "", "whole": False}
        found: Dict[str, Any] = {"digest": content.digest(data)}
        with self._lock:
            if len(data) > LARGEST or self._kept + len(data) > TOGETHER:
                found["kept"] = False
            else:
                self._kept += len(data)
                self._keep(data)
        if not whole:
            found["whole"] = False
        return found


class _Watched:
    """Stands where a method was in its class, and gives what that gave, watched."""

    def __init__(self, original: Any, name: str, watch: Watch) -> None:
        self.original = original
        self.name = name
        self.watch = watch

    def __get__(self, thing: Any, kind: Any = None) -> Any:
        get = getattr(type(self.original), "__get__", None)
        found = self.original if get is None else get(self.original, thing, kind)
        if thing is None or not callable(found) or not self.watch.knows(thing):
            return found

        @functools.wraps(found)
        def watched(*args: Any, **kwargs: Any) -> Any:
            return self.watch.run(thing, self.name, found, args, kwargs)

        return watched


@contextlib.contextmanager
def _one_after_the_other() -> Iterator[None]:
    """No threads or processes of joblib's: calls come in one order, and all are seen."""
    import joblib

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(Exception):
            stack.enter_context(joblib.parallel_backend("sequential"))
        yield
