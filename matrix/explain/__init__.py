"""Why a cell is as it is: look inside its file, and put what is known into a story."""

from matrix.explain.explanation import tell
from matrix.explain.searching import SEARCHED, search
from matrix.explain.traces import look

__all__ = ["SEARCHED", "look", "search", "tell"]
