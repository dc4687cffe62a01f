"""Who may import whom. Arrows point one way, so that each part can be read, tested and replaced without the next."""

import ast
import pathlib
import sys
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAMBDA_SRC = ROOT / "lambda_src"
OURS = {"components", "embedded_aws", "lambda_src", "tests", "tools"} | {
    "billing",
    "cloud_events",
    "customer",
    "delivery_roles",
    "error_bucket",
    "events",
    "handlers",
    "invoicing",
    "metering",
    "metering_client",
    "metering_policy",
    "portal",
    "proxy",
    "rating",
    "reconciliation",
    "sample_product",
    "usage",
}

ALLOWED = {
    "__main__.py": {"components"},
    "components": {"components", "metering", "rating"},
    "lambda_src/billing": {"billing", "invoicing", "metering", "rating", "usage"},
    "lambda_src/cloud_events": {"cloud_events"},
    "lambda_src/customer": {"billing", "customer", "invoicing", "metering", "proxy", "rating", "usage"},
    "lambda_src/error_bucket": {"billing", "error_bucket", "events", "metering"},
    "lambda_src/events": {"cloud_events", "events", "metering", "proxy", "rating"},
    "lambda_src/handlers": {
        "billing",
        "customer",
        "events",
        "metering",
        "portal",
        "proxy",
        "reconciliation",
        "sample_product",
    },
    "lambda_src/invoicing": {"invoicing", "rating", "usage"},
    "lambda_src/metering": {"metering", "proxy"},
    "lambda_src/metering_client": {"metering_client"},
    "lambda_src/portal": {"portal"},
    "lambda_src/proxy": {"metering", "proxy"},
    "lambda_src/rating": {"rating"},
    "lambda_src/reconciliation": {"billing", "error_bucket", "metering", "rating", "reconciliation", "usage"},
    "lambda_src/sample_product": {"sample_product"},
    "lambda_src/usage": {"metering", "rating", "usage"},
    "delivery": {"delivery_roles"},
    "embedded_aws": {"embedded_aws"},
    "policy": {"metering_policy"},
    "tools": {
        "tools",
        "embedded_aws",
        "billing",
        "error_bucket",
        "events",
        "invoicing",
        "metering",
        "metering_client",
        "rating",
        "usage",
    },
}
"""What of ours each part may import."""


def imports(file: pathlib.Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def files(part: str) -> list[pathlib.Path]:
    path = ROOT / part
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


@pytest.mark.parametrize("part", ALLOWED)
def test_arrows_point_one_way(part: str) -> None:
    assert files(part), f"{part} is gone: this test holds nothing any more"
    wrong = {
        (str(file.relative_to(ROOT)), module)
        for file in files(part)
        for module in imports(file)
        if module.startswith(".") or (module.split(".")[0] in OURS and module.split(".")[0] not in ALLOWED[part])
    }
    assert wrong == set()


def test_every_part_is_held() -> None:
    parts = {part.split("/")[0] for part in ALLOWED}
    folders = {path.parent.name for path in ROOT.glob("*/*.py") if path.parent.name not in {"tests", ".venv"}}
    assert folders | {"__main__.py", "lambda_src"} == parts
    assert {f"lambda_src/{path.parent.name}" for path in LAMBDA_SRC.glob("*/*.py")} == {
        part for part in ALLOWED if part.startswith("lambda_src/")
    }


def test_of_metering_only_the_guard_knows_of_requests() -> None:
    found = {file.name for file in files("lambda_src/metering") if any("proxy" in name for name in imports(file))}
    assert found == {"quota.py"}


def test_lambda_code_needs_nothing_but_the_standard_library_and_boto3() -> None:
    foreign = {
        (str(file.relative_to(ROOT)), module)
        for file in files("lambda_src")
        for module in imports(file)
        if module.split(".")[0] not in {*sys.stdlib_module_names, *OURS, "boto3", "botocore"}
    }
    assert foreign == set()


def test_the_client_needs_nothing_but_the_standard_library() -> None:
    found = {
        (str(file.relative_to(ROOT)), module)
        for file in files("lambda_src/metering_client")
        for module in imports(file)
        if module.split(".")[0] not in {*sys.stdlib_module_names, "metering_client"}
    }
    assert found == set()


@pytest.mark.parametrize(
    "part",
    [
        f"lambda_src/{name}"
        for name in (
            "cloud_events",
            "events",
            "invoicing",
            "metering",
            "portal",
            "proxy",
            "rating",
            "sample_product",
            "usage",
        )
    ],
)
def test_pure_code_is_pure(part: str) -> None:
    guard = LAMBDA_SRC / "metering" / "quota.py"  # wraps a product's handler, which need not know of DynamoDB
    impure = {"boto3", "botocore", "os", "pulumi", "socket", "subprocess", "urllib"}
    found = {
        (str(file.relative_to(ROOT)), module)
        for file in files(part)
        for module in imports(file)
        if module.split(".")[0] in impure and file != guard
    }
    assert found == set()


def test_components_know_the_records_definition_and_no_more_of_the_lambda_code() -> None:
    found = {module for file in files("components") for module in imports(file) if module.split(".")[0] == "metering"}
    assert found == {"metering"}
    names = {
        alias.name
        for file in files("components")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "metering"
        for alias in node.names
    }
    assert names == {"access_log", "records", "schema", "tombstone"}


def test_component_modules_can_be_read_by_pulumis_component_host() -> None:
    """Pulumi reads annotations at run time; as text it cannot."""
    assert [file.name for file in files("components") if "__future__" in imports(file)] == []


def test_who_tells_github_needs_nothing_but_the_standard_library() -> None:
    found = {
        (str(file.relative_to(ROOT)), module)
        for file in files("tools/delivery")
        for module in imports(file)
        if module.split(".")[0] not in sys.stdlib_module_names and not module.startswith("tools.delivery")
    }
    assert found == set()


def test_the_import_root_of_the_lambda_code_is_set_in_one_place() -> None:
    setters = [
        str(file.relative_to(ROOT))
        for part in ("__main__.py", "components", "lambda_src", "tools")
        for file in files(part)
        if "sys.path" in file.read_text()
    ]
    assert setters == ["components/_lambda_src.py"]
