"""What a conversion is, and how it reads and sets the attributes of an object."""

from typing import Any, Callable, Dict, NamedTuple, Tuple


class Conversion(NamedTuple):
    """A change of the fitted state of one object."""

    name: str
    """As in ``causes.toml`` and in reports: ``tree-values-1.3``."""
    classes: Tuple[str, ...]
    """Names of classes of scikit-learn; it applies to their instances and those of subclasses."""
    change: Callable[[Any], bool]
    """Changes an object; returns whether there was something to change."""
    meaning: str
    """What it does, in words that follow "it was converted: "."""
    other_class: bool = False
    """Whether another class takes the place of the model's: only on request."""


class Lost:
    """Stands in for an instance of a class that this release does not have."""

    def __new__(cls, *_: Any, **__: Any) -> "Lost":
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take the arguments of any class."""

    def __setstate__(self, state: Any) -> None:
        self.state = state


def own(one: Any) -> Dict[str, Any]:
    """The attributes of an object as they were saved, without the code of its class.

    A class may have made an old attribute a property that reads a new one: only ``__dict__`` has
    the old value then.
    """
    found = getattr(one, "__dict__", None)
    return found if isinstance(found, dict) else {}


def set_missing(one: Any, **values: Any) -> bool:
    """Set the attributes that an object lacks; return whether it lacked one."""
    state = own(one)
    missing = [name for name in values if name not in state]
    for name in missing:
        state[name] = values[name]
    return bool(missing)


def is_lost(value: Any) -> bool:
    """Whether a value stands in for an instance of a class that this release does not have."""
    return isinstance(value, Lost)


def has_method(one: Any, name: str) -> bool:
    """Whether the class of an object has a method in this release."""
    return callable(getattr(type(one), name, None))
