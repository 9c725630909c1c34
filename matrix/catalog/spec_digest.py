"""The digest of a requested environment: it changes when the request does."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from matrix.model import EnvSpec


def spec_digest(spec: EnvSpec) -> str:
    """Return the SHA-256 of a request, in hexadecimal; its ``place`` is left out."""
    fields = asdict(spec)
    del fields["place"]
    if not fields["framework_version"]:  # digests of earlier releases stay valid
        del fields["framework"], fields["framework_version"]
    content = json.dumps(fields, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
