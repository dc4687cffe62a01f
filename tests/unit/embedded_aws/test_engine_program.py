"""The surroundings that a program runs in, and what is left of them."""

import importlib
import os
import sys
from pathlib import Path

import pytest

from embedded_aws.engine.program import surroundings


def test_the_process_is_as_it_was(tmp_path: Path) -> None:
    before = (dict(os.environ), list(sys.path), Path.cwd())
    with surroundings(tmp_path, {"AWS_REGION": "us-east-1"}):
        inside = (os.environ["AWS_REGION"], sys.path[0], Path.cwd())
        os.environ["SET_BY_THE_PROGRAM"] = "1"
        sys.path.append("added")
    assert inside == ("us-east-1", str(tmp_path), tmp_path)
    assert (dict(os.environ), list(sys.path), Path.cwd()) == before


def test_the_process_is_as_it_was_after_an_error_too(tmp_path: Path) -> None:
    before = (dict(os.environ), list(sys.path), Path.cwd())
    with pytest.raises(ZeroDivisionError), surroundings(tmp_path, {"A": "1"}):
        1 / 0  # noqa: B018 - it is to raise
    assert (dict(os.environ), list(sys.path), Path.cwd()) == before


def test_only_the_programs_own_modules_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / ".venv" / "lib" / "site-packages"
    (tmp_path / "own_package").mkdir()
    (tmp_path / "known_package").mkdir()
    installed.mkdir(parents=True)
    for file in (
        "own_package/__init__.py",
        "own_package/part.py",
        "known_package/__init__.py",
        "known_package/part.py",
    ):
        (tmp_path / file).write_text("")
    (installed / "installed_module.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    names = ("known_package", "own_package", "own_package.part", "known_package.part", "installed_module")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.import_module("known_package")
    with surroundings(tmp_path, {}):
        sys.path.append(str(installed))
        for name in names:
            importlib.import_module(name)
    kept = [name for name in names if name in sys.modules]
    for name in kept:
        del sys.modules[name]
    assert kept == ["known_package", "known_package.part", "installed_module"]
