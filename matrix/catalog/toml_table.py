"""The one strict reader of TOML tables: each error names the file and the path of the key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from matrix.errors import ConfigError

T = TypeVar("T")

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_KINDS = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a table",
    date: "a date",
    datetime: "a time",
}


def kind(value: object) -> str:
    """Name the type of a TOML value for people."""
    return _KINDS.get(type(value), f"a {type(value).__name__}")


class TomlTable:
    """A cursor over one table.

    Args:
        source: the file, for messages.
        path: of the table in the file: ``tool.matrix.sets``.
        value: the value there; :class:`ConfigError` is raised unless it is a table.
    """

    def __init__(self, source: Path | str, path: str, value: object) -> None:
        self.source = source
        self.path = path
        if not isinstance(value, dict):
            raise ConfigError(source, path, f"must be a table, not {kind(value)}")
        self._value: dict[str, Any] = value

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def __iter__(self) -> Iterator[str]:
        return iter(self._value)

    @property
    def value(self) -> dict[str, Any]:
        """The table itself, unchecked."""
        return self._value

    def at(self, key: str) -> str:
        """Return the path of a key in this table."""
        name = key if _BARE_KEY.fullmatch(key) else f'"{key}"'
        return f"{self.path}.{name}" if self.path else name

    def error(self, key: str, problem: str, *, advice: str = "") -> ConfigError:
        """Return an error about the value at a key."""
        return ConfigError(self.source, self.at(key), problem, advice=advice)

    def only(self, known: Iterable[str]) -> None:
        """Refuse unknown keys; the advice names the probable one."""
        names = list(known)
        for key in self._value:
            if key not in names:
                close = difflib.get_close_matches(key, names, n=1)
                meant = f'did you mean "{close[0]}"?' if close else f"known: {', '.join(names)}"
                raise self.error(key, "unknown key", advice=meant)

    def raw(self, key: str) -> object:
        """Return the value at a key, unchecked."""
        return self._value[key]

    def table(self, key: str) -> TomlTable:
        """Return the table at a key, an empty one if there is none."""
        return TomlTable(self.source, self.at(key), self._value.get(key, {}))

    def tables(self, key: str) -> list[TomlTable]:
        """Return the list of tables at a key, each with its own path."""
        values = self._list(key)
        return [TomlTable(self.source, f"{self.at(key)}[{i}]", v) for i, v in enumerate(values)]

    def text(self, key: str, default: str = "", *, check: Callable[[str], T] | None = None) -> str:
        """Return the string at a key.

        Args:
            key: of the value.
            default: the value if the key is absent.
            check: raises ValueError with a message for people.
        """
        if key not in self._value:
            return default
        return self._text(self.at(key), self._value[key], check)

    def texts(self, key: str, *, check: Callable[[str], T] | None = None) -> tuple[str, ...]:
        """Return the list of strings at a key, empty where absent; each is checked as in text()."""
        values = self._list(key)
        return tuple(self._text(f"{self.at(key)}[{i}]", v, check) for i, v in enumerate(values))

    def required(self, key: str, *, check: Callable[[str], T] | None = None) -> str:
        """Return the string at a key, which must be there and not blank; as in text()."""
        if key not in self._value:
            raise self.error(key, "is missing")
        found = self._text(self.at(key), self._value[key], check)
        if not found.strip():
            raise self.error(key, "must not be empty")
        return found

    def parsed(self, key: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Return the list of strings at a key, each parsed; empty where absent.

        Args:
            key: of the value.
            parse: raises ValueError with a message for people.
        """
        found = []
        for number, value in enumerate(self._list(key)):
            path = f"{self.at(key)}[{number}]"
            text = self._text(path, value, None)
            try:
                found.append(parse(text))
            except ValueError as error:
                raise ConfigError(self.source, path, str(error)) from None
        return tuple(found)

    def choice(self, key: str, values: Mapping[str, T]) -> T | None:
        """Return the value that the string at a key names; None where absent."""
        if key not in self._value:
            return None
        name = self.text(key)
        if name not in values:
            raise self.error(key, f"must be one of {', '.join(values)}, not {name!r}")
        return values[name]

    def flag(self, key: str, default: bool = False) -> bool:
        """Return ``true`` or ``false``; any other value is an error."""
        value = self._value.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {value!r}")
        return value

    def day(self, key: str, *, advice: str = "") -> date:
        """Return the date at a key, which must be there."""
        value = self._value.get(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            problem = "is missing" if value is None else f"must be a date, not {kind(value)}"
            raise self.error(key, problem, advice=advice)
        return value

    def text_or_texts(
        self, key: str, *, check: Callable[[str], T] | None = None
    ) -> tuple[str, ...]:
        """Return the list of strings at a key where a single string is a list of one."""
        if isinstance(self._value.get(key), str):
            return (self.text(key, check=check),)
        return self.texts(key, check=check)

    def number(self, key: str, default: float, *, above: float = 0.0) -> float:
        """Return the number at a key; it must be finite and no smaller than ``above``."""
        value = self._value.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(key, f"must be a number, not {kind(value)}")
        if not above <= value < float("inf"):
            raise self.error(key, f"must be a finite number of at least {above:g}, not {value}")
        return float(value)

    def integer(self, key: str, default: int, *, least: int = 0, most: int = 10**9) -> int:
        """Return the integer at a key, between ``least`` and ``most``."""
        value = self._value.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(key, f"must be an integer, not {kind(value)}")
        if not least <= value <= most:
            raise self.error(key, f"must be between {least} and {most}, not {value}")
        return value

    def _list(self, key: str) -> list[object]:
        value = self._value.get(key, [])
        if not isinstance(value, list):
            raise self.error(key, f"must be a list, not {kind(value)}")
        return value

    def _text(self, path: str, value: object, check: Callable[[str], T] | None) -> str:
        if not isinstance(value, str):
            quoted = isinstance(value, (int, float)) and not isinstance(value, bool)
            advice = "versions are written in quotes: 1.10 without them is 1.1" if quoted else ""
            raise ConfigError(
                self.source, path, f"must be a string, not {kind(value)}", advice=advice
            )
        if check is not None:
            try:
                check(value)
            except ValueError as error:
                raise ConfigError(self.source, path, str(error)) from None
        return value
