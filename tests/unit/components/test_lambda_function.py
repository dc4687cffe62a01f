"""Functions: a published version behind an alias, logs that expire, and code whose hash moves only with the code."""

import pathlib
from typing import Any

import pulumi
import pytest

from components import LambdaFunction
from components._archive import lambda_archive
from tests.unit.components.fake_aws import arn
from tests.unit.components.harness import ROOT, Deployment, deploy


def function(**args: Any) -> Deployment:
    return deploy(lambda: LambdaFunction("f", {"handler": "handlers.f.handler", **args}))  # type: ignore[typeddict-item]


def test_a_function_is_a_version_behind_an_alias_with_json_logs_in_its_own_group() -> None:
    deployed = function(environment={"A": "b"})
    inputs = dict(deployed.one("Function").inputs)
    assert isinstance(inputs.pop("code"), pulumi.AssetArchive)
    assert inputs == {
        "role": "arn:aws-test:iam::210987654321:role/f-role-role-arn",
        "handler": "handlers.f.handler",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "memorySize": 128,
        "timeout": 10,
        "environment": {"variables": {"A": "b"}},
        "loggingConfig": {
            "logFormat": "JSON",
            "logGroup": "/aws/lambda/f-2222",
            "applicationLogLevel": "INFO",
            "systemLogLevel": "WARN",
        },
        "publish": True,
    }
    assert deployed.one("Alias").inputs == {
        "name": "live",
        "functionName": "f-function-4444",
        "functionVersion": "7",
    }
    assert deployed.one("LogGroup").inputs == {"namePrefix": "/aws/lambda/f-", "retentionInDays": 30}
    assert deployed.outputs["f"] == {
        "arn": arn("lambda", "function:f-function-4444:live"),
        "name": "f-function-4444",
        "role_name": "f-role-3333",
        "log_group_name": "/aws/lambda/f-2222",
    }


def test_the_log_group_and_the_permission_to_write_to_it_come_before_the_function() -> None:
    assert set(function().one("Function").depends_on) >= {"f-logs", "f-policy"}


def test_an_empty_environment_is_left_out() -> None:
    assert "environment" not in function().one("Function").inputs


def test_given_statements_join_the_roles_policy() -> None:
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:x"]}
    first, second = function(statements=[statement]).one("RolePolicy").policy()["Statement"]
    assert first["Resource"] == [arn("logs", "log-group-arn:/aws/lambda/f-2222:*")]
    assert second == statement


def test_functions_behind_the_api_end_before_the_gateway_gives_up(program: Deployment) -> None:
    assert program.one("Function", "random-strings-function").inputs["timeout"] < 29
    assert program.one("Function", "ingest-transform-function").inputs["timeout"] <= 300


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"memory_mb": 64}, r"f: memory_mb: must be a whole number from 128 to 10240, got 64"),
        ({"timeout_seconds": 901}, r"f: timeout_seconds: must be a whole number from 1 to 900, got 901"),
        ({"log_retention_days": 2}, r"f: log_retention_days: must be one of .*, got 2"),
    ],
)
def test_a_wrong_argument_stops_before_anything_is_made(args: dict[str, Any], message: str) -> None:
    def program() -> None:
        with pytest.raises(ValueError, match=message):
            LambdaFunction("f", {"handler": "h", **args})  # type: ignore[typeddict-item]

    assert deploy(program).records == []


def test_the_archive_is_the_source_files_sorted_and_nothing_else() -> None:
    archive = lambda_archive()
    every = [path.relative_to(ROOT / "lambda_src").as_posix() for path in (ROOT / "lambda_src").rglob("*")]
    assert list(archive.assets) == sorted(path for path in every if path.endswith((".css", ".html", ".js", ".py")))
    assert {
        "handlers/transform.py",
        "handlers/random_strings.py",
        "metering/access_log.py",
        "portal/page.html",
        "portal/script/main.js",
        "portal/style/base.css",
    } <= set(archive.assets)
    for name, asset in archive.assets.items():
        assert isinstance(asset, pulumi.FileAsset)
        assert pathlib.Path(asset.path) == ROOT / "lambda_src" / name


def test_further_files_join_the_code_and_move_the_archive() -> None:
    archive = function(files={"b.json": "{}", "a.json": "[]"}).one("Function").inputs["code"]
    assert sorted(archive.assets) == sorted([*lambda_archive().assets, "a.json", "b.json"])
    assert [archive.assets[name].text for name in ("a.json", "b.json")] == ["[]", "{}"]


def test_byte_code_and_other_files_do_not_move_the_archive(tmp_path: pathlib.Path) -> None:
    def contents() -> list[tuple[str, bytes]]:
        assets = lambda_archive(tmp_path).assets
        return [(name, pathlib.Path(asset.path).read_bytes()) for name, asset in assets.items()]

    (tmp_path / "b.py").write_text("B = 2\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "c.py").write_text("C = 3\n")
    (tmp_path / "a" / "page.html").write_text("<p>\n")
    (tmp_path / "a" / "page.css").write_text("p {}\n")
    (tmp_path / "a" / "page.js").write_text("main();\n")
    before = contents()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "b.cpython-313.pyc").write_bytes(b"\x00")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "a" / "page.js~").write_text("x")
    assert (
        contents()
        == before
        == [
            ("a/c.py", b"C = 3\n"),
            ("a/page.css", b"p {}\n"),
            ("a/page.html", b"<p>\n"),
            ("a/page.js", b"main();\n"),
            ("b.py", b"B = 2\n"),
        ]
    )
