"""The generator of README's tables, on a project of its own and on this one."""

from pathlib import Path

import pytest

from tools import _readme_components, _readme_tables, readme

PULUMI_YAML = """\
name: p
config:
  rate:
    type: integer
    description: Requests
      per second, 1 | 2.
    default: 100
  suffix:
    type: string
    description: A suffix.
    default: ""
  open:
    type: boolean
    description: Whether it is open.
    default: false
"""
COMPONENT = '''
class PartArgs(TypedDict):
    """One part."""

    name: str
    """Its name."""

class LambdaFunctionArgs(TypedDict):
    """Inputs."""

    handler: pulumi.Input[str]
    """Entry point."""
    parts: NotRequired[list[PartArgs]]
    """Its parts; none if absent."""

class LambdaFunction(pulumi.ComponentResource):
    """A function.

    Creates: much.
    """

    arn: pulumi.Output[str]
    """Its ARN."""
    _private: str
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(PULUMI_YAML)
    (tmp_path / "Makefile").write_text("help: ## list\n\t@true\nhidden:\n\ntest: x ## run | all\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "demo-output.txt").write_text("$ make demo\nok\n\n")
    (tmp_path / "components").mkdir()
    (tmp_path / "components" / "lambda_function.py").write_text(COMPONENT)
    return tmp_path


def test_readme_of_this_project_is_up_to_date() -> None:
    assert readme.main(["--check"]) == 0


def test_config_table(project: Path) -> None:
    assert _readme_tables.config(project).splitlines() == [
        "| key | type | default | meaning |",
        "| --- | --- | --- | --- |",
        "| `rate` | integer | `100` | Requests per second, 1 \\| 2. |",
        '| `suffix` | string | `""` | A suffix. |',
        "| `open` | boolean | `false` | Whether it is open. |",
    ]


def test_config_key_without_default_is_an_error(project: Path) -> None:
    (project / "Pulumi.yaml").write_text("config:\n  rate:\n    type: integer\n    description: x\n")
    with pytest.raises(ValueError, match=r"^Pulumi\.yaml: config key rate has no default$"):
        _readme_tables.config(project)


def test_targets_table_has_the_described_ones(project: Path) -> None:
    assert _readme_tables.targets(project).splitlines()[2:] == [
        "| `make help` | list |",
        "| `make test` | run \\| all |",
    ]


def test_demo_output_is_shown_as_it_is(project: Path) -> None:
    assert _readme_tables.demo_output(project) == "```text\n$ make demo\nok\n```"


def test_of_the_demos_resources_only_the_first_are_shown(project: Path) -> None:
    tree = ["├── lake"] + [f"│   ├── part {number}" for number in range(30)] + ["└── stack", "    └── last"]
    output = "\n".join(["$ make demo", "up", *tree, "  users", "balance"])
    (project / "docs" / "demo-output.txt").write_text(output + "\n", encoding="utf-8")
    shown = ["$ make demo", "up", *tree[:12], "… and 21 more resources", "  users", "balance"]
    assert _readme_tables.demo_output(project).splitlines() == ["```text", *shown, "```"]


def test_component_is_described_by_its_docstrings(project: Path) -> None:
    assert _readme_components.renderer("LambdaFunction")(project).splitlines() == [
        "A function.",
        "",
        "Creates: much.",
        "",
        "<details><summary>Args and outputs</summary>",
        "",
        "Args:",
        "",
        "| arg | type | required | meaning |",
        "| --- | --- | --- | --- |",
        "| `handler` | `Input[str]` | yes | Entry point. |",
        "| `parts` | `list[PartArgs]` |  | Its parts; none if absent. |",
        "",
        "`PartArgs`: One part.",
        "",
        "| arg | type | required | meaning |",
        "| --- | --- | --- | --- |",
        "| `name` | `str` | yes | Its name. |",
        "",
        "Outputs:",
        "",
        "| output | meaning |",
        "| --- | --- |",
        "| `arn` | Its ARN. |",
        "",
        "</details>",
    ]


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ('    """Entry point."""\n', "components: LambdaFunctionArgs.handler has no description under it"),
        ('    """Its ARN."""\n', "components: LambdaFunction.arn has no description under it"),
        ('    """One part."""\n', "components: class PartArgs has no docstring"),
    ],
)
def test_missing_descriptions_are_errors(project: Path, removed: str, message: str) -> None:
    (project / "components" / "lambda_function.py").write_text(COMPONENT.replace(removed, ""))
    with pytest.raises(ValueError, match=f"^{message}$"):
        _readme_components.renderer("LambdaFunction")(project)


def test_missing_component_is_an_error(project: Path) -> None:
    with pytest.raises(ValueError, match=r"^components: no class StorageLake$"):
        _readme_components.renderer("StorageLake")(project)


@pytest.fixture
def one_block(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(readme, "BLOCKS", {"targets": _readme_tables.targets})
    (project / "README.md").write_text("before\n<!-- begin: targets -->\nold\n<!-- end: targets -->\nafter\n")
    return project


def test_blocks_are_rewritten_and_the_rest_is_kept(one_block: Path) -> None:
    assert readme.main([], one_block) == 0
    lines = (one_block / "README.md").read_text().splitlines()
    assert lines[:2] == ["before", "<!-- begin: targets -->"]
    assert lines[2:-2] == _readme_tables.targets(one_block).splitlines()
    assert lines[-2:] == ["<!-- end: targets -->", "after"]
    assert readme.main(["--check"], one_block) == 0


def test_check_changes_nothing_and_fails(one_block: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (one_block / "README.md").read_text()
    assert readme.main(["--check"], one_block) == 1
    assert (one_block / "README.md").read_text() == before
    assert capsys.readouterr().err == "README.md is out of date: run `make docs`\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- begin: targets -->\nx\n", "a begin or end mark has no partner"),
        ("<!-- begin: targets -->\n<!-- end: config -->", "a begin or end mark has no partner"),
        ("none", "blocks must be, once each, targets; got "),
        (
            "<!-- begin: other -->\n<!-- end: other -->\n<!-- begin: targets -->\n<!-- end: targets -->",
            "blocks must be, once each, targets; got other, targets",
        ),
    ],
)
def test_wrong_marks_are_errors(one_block: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        readme.rewrite(text, one_block)
