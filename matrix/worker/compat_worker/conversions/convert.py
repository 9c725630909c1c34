"""Apply all conversions to a model, and set the parameters that its classes have here."""

from collections import OrderedDict
from typing import Any, Dict, List

from compat_worker import missing_params
from compat_worker.conversions import walk
from compat_worker.conversions.conversion import own
from compat_worker.conversions.registry import CONVERSIONS


def convert(model: Any, other_class: bool = False) -> List[Dict[str, Any]]:
    """Change a model of another release into one of this release.

    Args:
        model: loaded with :mod:`.stand_ins` in place; it is changed.
        other_class: whether another class may take the place of one of the model's.

    Returns:
        What was done, as ``{"name", "places", "meaning"}`` in the order of the registry, and at the
        end the parameters that were set, with ``name=value`` as their name.
    """
    allowed = [one for one in CONVERSIONS if other_class or not one.other_class]
    done: "OrderedDict[str, int]" = OrderedDict((one.name, 0) for one in CONVERSIONS)
    values: "OrderedDict[str, int]" = OrderedDict()
    for thing in walk.objects(model):
        kinds = {kind.__name__ for kind in type(thing).__mro__ if walk.is_of_sklearn(kind)}
        for one in allowed:
            if kinds.intersection(one.classes) and one.change(thing):
                done[one.name] += 1
        for name, value in missing_params.lacking_of(thing, _is_simple):
            own(thing)[name] = value
            shown = "{}={!r}".format(name, value)
            values[shown] = values.get(shown, 0) + 1
    found = [
        {"name": one.name, "places": done[one.name], "meaning": one.meaning}
        for one in CONVERSIONS
        if done[one.name]
    ]
    found += [{"name": name, "places": n, "meaning": ""} for name, n in values.items()]
    return found


def _is_simple(value: Any) -> bool:
    """Whether a default is a value that no two objects share."""
    return value is None or isinstance(value, (bool, int, float, str, tuple, type))
