"""Run a function and record its outcome: value, exception, warnings."""

import contextlib
import traceback
import warnings
from typing import Any, Callable, Dict, Iterator, List, Optional

from compat_worker import machine_failures

MESSAGE_LIMIT = 2000
TRACEBACK_LIMIT = 6000


def failure(error: BaseException) -> Dict[str, str]:
    """An exception as ``type``, ``message`` and ``traceback``; long texts lose their middle.

    Raises:
        MachineFailedError: the exception is a failure of the machine.
    """
    machine_failures.raise_if_machine_failed(error)
    kind = type(error)
    name = kind.__name__
    if kind.__module__ not in ("builtins", "exceptions"):
        name = "{}.{}".format(kind.__module__, name)
    message = _shorten(_reason_first(_text(error)), MESSAGE_LIMIT)
    return {"type": name, "message": message, "traceback": _traceback(error, message)}


_TRACEBACKS: Dict[Any, str] = {}


def _traceback(error: BaseException, message: str) -> str:
    """The traceback as text, cached by message and locations.

    Formatting one reads the source of every frame and takes longer than most methods.
    """
    key = (message,) + tuple(_locations(error))
    if key not in _TRACEBACKS:
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        _TRACEBACKS[key] = _shorten("".join(lines), TRACEBACK_LIMIT)
    return _TRACEBACKS[key]


def _locations(error: Optional[BaseException]) -> Iterator[Any]:
    """The types and source locations of an exception and of its causes and contexts."""
    seen: List[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield type(error)
        for frame, line in traceback.walk_tb(error.__traceback__):
            yield frame.f_code, line
        error = error.__cause__ or error.__context__


class SeenWarnings:
    """Records the warnings of one piece by stage; each message once a stage.

    Args:
        on_stage: called with the name of each stage as it begins.
    """

    def __init__(self, on_stage: Callable[[str], None] = lambda _: None) -> None:
        self._on_stage = on_stage
        self.warnings: List[Dict[str, str]] = []

    @contextlib.contextmanager
    def during(self, stage: str) -> Iterator[None]:
        """Record the warnings raised inside the block, even if it ends with an exception."""
        self._on_stage(stage)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            finally:
                self._take(stage, caught)

    def _take(self, stage: str, caught: Any) -> None:
        for one in caught:
            entry = {
                "category": one.category.__name__,
                "message": _shorten(_text(one.message), MESSAGE_LIMIT),
                "stage": stage,
            }
            if entry not in self.warnings:
                self.warnings.append(entry)


def record_outcome(run: Callable[[], Dict[str, Any]]) -> Dict[str, Any]:
    """What ``run`` returns, or ``{"raised": …}`` if it raises.

    SystemExit is recorded like an exception, because a model may call exit(). KeyboardInterrupt is
    not caught.
    """
    try:
        return run()
    except (Exception, SystemExit) as error:
        return {"raised": failure(error)}


def _text(thing: Any) -> str:
    try:
        return str(thing)
    except Exception as error:
        return "<str() raised {}>".format(type(error).__name__)


_NESTED = "Exception encountered: "
"""Keras writes it after a whole configuration, before the message of the exception that it met."""
_LONG = 300


def _reason_first(text: str) -> str:
    """A long message of Keras that begins with its reason instead of ending with it."""
    around, nested, reason = text.rpartition(_NESTED)
    if not nested or len(text) <= _LONG or not reason.strip():
        return text
    return "{} [{}]".format(reason.strip(), around.strip())


def _shorten(text: str, limit: int) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text) <= limit:
        return text
    half = (limit - 20) // 2
    return text[:half] + "\n[...]\n" + text[-half:]
