"""Write wheels for tests, without building anything."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path


def write_wheel(folder: Path, package: str, version: str, files: Mapping[str, str]) -> Path:
    """Write a wheel of pure Python; return its path.

    Args:
        folder: is made if it does not exist.
        package: its name with underscores.
        version: of the package.
        files: texts by their paths in the wheel, without metadata.
    """
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{package}-{version}.dist-info"
    whole = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{info}/RECORD"
    listed = [f"{name},{_digest(text)},{len(text.encode())}" for name, text in whole.items()]
    path = folder / f"{package}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in whole.items():
            wheel.writestr(name, text)
        wheel.writestr(record, "\n".join([*listed, f"{record},,"]) + "\n")
    return path


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
