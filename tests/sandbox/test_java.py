"""In the sandbox Java may read its own folder and its linked settings, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.sandbox.java import java_paths


def test_linked_settings_are_readable_and_those_of_remote_management_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, settings = tmp_path / "jvm", tmp_path / "etc"
    for folder in (home / "bin", home / "conf" / "security", home / "conf" / "management"):
        folder.mkdir(parents=True)
    settings.mkdir()
    for name in ("logging.properties", "security/java.security", "management/passwords"):
        (settings / Path(name).name).write_text("")
        (home / "conf" / name).symlink_to(settings / Path(name).name)
    (home / "conf" / "own.properties").write_text("")
    (home / "bin" / "java").write_text("")
    (home / "bin" / "java").chmod(0o755)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "java").symlink_to(home / "bin" / "java")
    monkeypatch.setenv("PATH", str(tmp_path / "links"))
    assert set(java_paths()) == {
        home,
        settings / "logging.properties",
        settings / "java.security",
    }
    monkeypatch.setenv("PATH", str(settings))
    assert not list(java_paths())
