"""Load an artifact, convert it or set attributes that it lacks, and save it again."""

import contextlib
import os
from typing import Any, Dict, Iterator, List

from compat_worker import bundle_parts, loader_guard, missing_params
from compat_worker.answer import Answer, KeptContents, Piece, complete_answer
from compat_worker.conversions import convert, stand_ins
from compat_worker.formats import FORMATS
from compat_worker.journal import Journal
from compat_worker.loading import read_rows
from compat_worker.observe import SeenWarnings, failure
from compat_worker.saving import save_artifact
from compat_worker.user_error import UserError


def resave(piece: Piece, journal: Journal) -> Answer:
    """The answer to one piece of a ``resave`` request, as ``worker.py`` describes it."""
    seen = SeenWarnings(journal.stage)
    return complete_answer(lambda: _resave(piece, seen), seen, KeptContents(journal))


def _resave(piece: Piece, seen: SeenWarnings) -> Answer:
    chosen = FORMATS[piece["format"]]
    missing = chosen.why_not_loaded()
    if missing is not None:
        return {"unavailable": missing}
    converting = bool(piece.get("convert")) and chosen.pickles
    try:
        names = piece.get("allowed")
        with seen.during("load"), _stand_ins(converting, names), loader_guard.guarded(names):
            model = chosen.load(piece["path"])
    except (Exception, SystemExit) as error:
        return {"stage": "load", "raised": failure(error)}
    try:
        converted = convert.convert(model, bool(piece.get("other_class"))) if converting else []
        found = missing_params.missing_parameters(model)
        _apply_fixes(model, piece["fixes"])
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        return {"stage": "fix", "raised": failure(error)}
    rows = read_rows(piece["rows"]) if piece.get("rows") else None
    with seen.during("save"):
        saved = {name: _save_in_format(model, name, piece["id"], rows) for name in piece["formats"]}
    return {"artifacts": saved, "lacking": found, "converted": converted}


@contextlib.contextmanager
def _stand_ins(converting: bool, names: Any) -> Iterator[None]:
    """Stand-ins for what this release does not have, if the model is to be converted."""
    if converting:
        with stand_ins.while_loading(names):
            yield
    else:
        yield


def _save_in_format(model: Any, name: str, piece: int, rows: Any) -> Answer:
    """Save a model in one format to the working folder; the ``path`` is a file name."""
    folder = "resaved-{}".format(piece)
    found = save_artifact(model, name, folder, rows)
    if "path" in found:
        flat = "{}-{}".format(folder, os.path.basename(found["path"]))
        os.rename(found["path"], flat)
        found["path"] = flat
    return found


def _apply_fixes(model: Any, fixes: List[Dict[str, Any]]) -> None:
    for fix in fixes:
        inside = bundle_parts.look_up(model, fix.get("part") or [])
        thing = missing_params.find(inside, fix["path"])
        value = _value_of(thing, fix["of"]) if fix["of"] else fix["value"]
        setattr(thing, fix["name"], value)


def _value_of(thing: Any, of: str) -> Any:
    """An attribute of an object, or its diagonal: ``of`` is ``NAME`` or ``NAME.diagonal()``.

    What the file has comes first: the class may have made the old name a property that reads the
    new one.
    """
    name, _, diagonal = of.partition(".")
    own = getattr(thing, "__dict__", {})
    value = own[name] if name in own else getattr(thing, name)
    return value.diagonal() if diagonal else value
