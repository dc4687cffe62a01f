"""Project and stack files, as Pulumi's CLI reads them."""

from pathlib import Path

import pytest

from embedded_aws.engine import ConfigError
from embedded_aws.engine.config import read_project

PROJECT = """
name: shop
runtime: {name: python}
config:
  colour: {type: string, default: red}
  size: {type: integer, default: 5}
  flag: {type: boolean, default: false}
  names: {type: array, items: {type: string}, default: []}
  required: {type: string}
  aws:maxRetries: 3
  other:key: {value: text}
"""


def read(folder: Path, stack: str = "", project: str = PROJECT, **overrides: str) -> dict[str, str]:
    (folder / "Pulumi.yaml").write_text(project)
    if stack:
        (folder / "Pulumi.dev.yaml").write_text(stack)
    return dict(read_project(folder, "dev", region="us-east-1", overrides=overrides).config)


def test_defaults_are_applied_and_the_stack_comes_first(tmp_path: Path) -> None:
    stack = (
        'config:\n  shop:required: x\n  shop:flag: true\n  shop:size: "7"\n  shop:names: [a, b]\n  shop:free: {a: 1}\n'
    )
    assert read(tmp_path, stack) == {
        "shop:colour": "red",
        "shop:size": "7",
        "shop:flag": "true",
        "shop:names": '["a", "b"]',
        "shop:required": "x",
        "shop:free": '{"a": 1}',
        "aws:maxRetries": "3",
        "other:key": "text",
        "aws:region": "us-east-1",
    }


def test_keys_without_a_namespace_are_the_projects(tmp_path: Path) -> None:
    assert read(tmp_path, "config:\n  required: x\n")["shop:required"] == "x"


def test_what_names_a_real_account_gives_way_to_the_embedded_one(tmp_path: Path) -> None:
    keys = ("region: eu-west-1", "profile: mine", "allowedAccountIds: ['1']", "assumeRoles: [{roleArn: r}]", "token: t")
    stack = "config:\n  shop:required: x\n" + "".join(f"  aws:{key}\n" for key in keys)
    config = read(tmp_path, stack)
    assert {key: value for key, value in config.items() if key.startswith("aws:")} == {
        "aws:region": "us-east-1",
        "aws:maxRetries": "3",
    }


def test_overrides_come_above_the_files(tmp_path: Path) -> None:
    overrides = {"shop:required": "y", "aws:profile": "kept"}
    config = read(tmp_path, "config:\n  shop:required: x\n", **overrides)
    assert (config["shop:required"], config["aws:profile"]) == ("y", "kept")


def not_of_type(key: str, kind: str) -> str:
    return f"Stack 'dev' with configuration key '{key}' must be of type '{kind}'"


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        ("", "Stack 'dev' is missing configuration value 'shop:required'"),
        ("config: {shop:required: x, shop:size: big}", not_of_type("size", "integer")),
        ("config: {shop:required: x, shop:size: true}", not_of_type("size", "integer")),
        ("config: {shop:required: x, shop:flag: 1}", not_of_type("flag", "boolean")),
        ("config: {shop:required: [x]}", not_of_type("required", "string")),
        ("config: {shop:required: x, shop:names: [[1]]}", not_of_type("names", "array")),
        ("config: {shop:required: {secure: abc}}", "shop:required is encrypted: the embedded AWS has no key"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, stack: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, stack)
    assert str(caught.value).splitlines()[0] == message


def test_all_errors_come_at_once(tmp_path: Path) -> None:
    project = PROJECT + "  another: {type: integer}\n"
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "config: {shop:size: big, shop:flag: maybe}", project)
    assert str(caught.value).splitlines() == [
        not_of_type("size", "integer"),
        not_of_type("flag", "boolean"),
        "Stack 'dev' is missing configuration values 'shop:required' and 'shop:another'",
    ]


def test_a_missing_or_broken_file_and_another_runtime_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Pulumi\.yaml: there is no such file"):
        read_project(tmp_path, "dev", region="us-east-1")
    with pytest.raises(ConfigError, match=r"Pulumi\.yaml: while parsing"):
        read(tmp_path, project="a: [")
    with pytest.raises(ConfigError, match=r"runtime must be python, got 'go'"):
        read(tmp_path, project="name: shop\nruntime: go\n")


def test_main_may_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nmain: infra\n")
    assert read_project(tmp_path, "dev", region="us-east-1").main == tmp_path / "infra" / "__main__.py"
