"""Why a cell is as it is: look inside its file, and put what is known into a story."""

from matrix.explaining.looking import look
from matrix.explaining.searching import SEARCHED, search
from matrix.explaining.story import tell

__all__ = ["SEARCHED", "look", "search", "tell"]
