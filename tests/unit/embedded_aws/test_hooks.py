"""The one door to ministack's private names: what is not declared, or not there, fails loudly."""

import ast
import builtins
import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from embedded_aws import hooks

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """A registry of the test's own, so that what it declares is asked of no ministack."""
    monkeypatch.setattr(hooks, "REGISTRY", {})
    return hooks.REGISTRY


def test_use_declares_reads_and_replaces(registry: dict[str, set[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "_private", "as it was", raising=False)
    view = hooks.use("json", "_private")
    hooks.use("json", "loads")
    assert registry == {"json": {"_private", "loads"}}
    assert view._private == "as it was"
    view._private = "replaced"
    assert vars(json)["_private"] == "replaced"


def test_a_module_that_another_thread_is_importing_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slowly_imported.py").write_text(
        "import builtins\nbuiltins.begun.set()\nbuiltins.may_end.wait(10)\nname = 'complete'\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    begun, may_end = threading.Event(), threading.Event()
    monkeypatch.setattr(builtins, "begun", begun, raising=False)
    monkeypatch.setattr(builtins, "may_end", may_end, raising=False)
    view: Any = hooks.use("slowly_imported", "name")
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(lambda: hooks.use("slowly_imported", "name").name)
        assert begun.wait(10)
        second = threads.submit(lambda: view.name)
        with pytest.raises(TimeoutError):
            second.result(timeout=0.2)
        may_end.set()
        assert (first.result(10), second.result(10)) == ("complete", "complete")
    del sys.modules["slowly_imported"]


def test_a_name_that_is_not_there_fails_at_its_first_use() -> None:
    view: Any = hooks.use("json", "_renamed_in_a_later_release")
    with pytest.raises(AttributeError, match="_renamed_in_a_later_release"):
        view._renamed_in_a_later_release()
    with pytest.raises(AttributeError, match="_renamed_in_a_later_release"):
        view._renamed_in_a_later_release = print  # it would replace nothing, and silently
    assert not hasattr(json, "_renamed_in_a_later_release")


def test_a_module_that_is_not_there_fails_at_its_first_use() -> None:
    view: Any = hooks.use("json.moved_away", "name")
    with pytest.raises(ModuleNotFoundError, match=r"json\.moved_away"):
        view.name()


def test_a_name_that_is_not_declared_is_refused_though_it_is_there() -> None:
    view: Any = hooks.use("json", "loads")
    message = r"json\.dumps is not declared: add it to hooks\.use\('json', \.\.\.\)"
    with pytest.raises(hooks.UndeclaredNameError, match=message):
        view.dumps({})
    with pytest.raises(hooks.UndeclaredNameError, match=message):
        view.dumps = print


def test_missing_names_are_told() -> None:
    hooks.use("json", "loads", "_nonsense")
    hooks.use("json.nowhere", "loads")
    assert hooks.missing() == ["json._nonsense", "json.nowhere: No module named 'json.nowhere'"]


def test_the_installed_ministack_is_the_one_that_the_hooks_were_written_for() -> None:
    pins = {
        line.strip().strip('",').split('"')[0]
        for name in ("pyproject.toml", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if line.strip().strip('"').startswith("ministack=")
    }
    assert pins == {f"ministack=={version('ministack')}"}


def _ways_around(file: Path) -> Iterator[str]:
    """Yield what in a file reaches ministack and is not `hooks.use`."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "ministack")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ministack":
            yield str(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) != "hooks.use":
            yield from (
                ast.unparse(node)
                for argument in node.args
                if isinstance(argument, ast.Constant) and str(argument.value).startswith("ministack.")
            )


def test_a_way_around_the_hooks_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "import ministack.app\nfrom ministack.core import responses\nimport_module('ministack.app')\n"
        "hooks.use('ministack.app', 'app')\nimport ministacked\n"
    )
    assert sorted(_ways_around(file)) == ["import_module('ministack.app')", "ministack.app", "ministack.core"]


def test_nothing_reaches_ministack_but_through_the_hooks() -> None:
    files = [file for part in ("embedded_aws", "tools") for file in sorted((ROOT / part).rglob("*.py"))]
    assert [(str(file.relative_to(ROOT)), way) for file in files for way in _ways_around(file)] == []
