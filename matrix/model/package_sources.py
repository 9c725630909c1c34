"""Where a configuration says that packages come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageSources:
    """Package indexes and folders of wheels, beside those in the user's own settings of uv."""

    index_url: str = ""
    """Replaces the default index; empty leaves it."""
    extra_index_urls: tuple[str, ...] = ()
    """Asked before the default index."""
    find_links: tuple[str, ...] = ()
    """Folders of wheels, absolute, or addresses of pages that list them."""

    @property
    def options(self) -> tuple[str, ...]:
        """The options of uv that name the folders and pages of wheels."""
        return tuple(part for place in self.find_links for part in ("--find-links", place))

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables of uv that name the indexes, before those in an environment.

        An address may hold a password, and every user sees the options of a process.
        """
        found = {}
        if self.index_url:
            found["UV_DEFAULT_INDEX"] = self.index_url
        if self.extra_index_urls:
            before = environ.get("UV_INDEX", "").split()
            found["UV_INDEX"] = " ".join([*self.extra_index_urls, *before])
        return found

    @property
    def words(self) -> str:
        """The sources in words, without passwords; empty if there are none."""
        places = (self.index_url, *self.extra_index_urls, *self.find_links)
        return ", ".join(without_password(place) for place in places if place)


USER_SOURCES = PackageSources()
"""No others than those in the user's own settings of uv."""


def without_password(address: str) -> str:
    """Return an address without the user name and the password in it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "an address that cannot be read"
    if "@" not in parts.netloc:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
