"""What the deployed program is made of, in every shape that its configuration gives it."""

import ast
import importlib
import inspect
import json
import pkgutil
from functools import cache

import components._ensure
from components._ensure._provider import AwsResourceProvider
from tests.golden.regenerate import stack_config
from tests.unit.components.harness import PROJECT, ROOT, Record, run_main

ENSURE = ROOT / "components" / "_ensure"
CONFIGURATIONS = {
    "dev": stack_config("Pulumi.dev.yaml"),
    "prod": stack_config("Pulumi.prod.yaml"),
    "all": {
        f"{PROJECT}:accessControl": "lakeformation",
        f"{PROJECT}:alarmEmails": json.dumps(["on-call@example.com"]),
        f"{PROJECT}:lakeFormationReaders": json.dumps(["arn:aws:iam::210987654321:role/analyst"]),
    },
}


@cache
def records() -> tuple[Record, ...]:
    """Return every resource of AWS that the program makes in any of its configurations."""
    return tuple(
        record
        for config in CONFIGURATIONS.values()
        for record in run_main(config, stack="dev").records
        if record.custom and not record.typ.startswith("pulumi:providers:")
    )


def dynamic_providers() -> dict[str, type[AwsResourceProvider]]:
    """Return the classes of the program's own providers by their names."""
    modules = [
        importlib.import_module(f"components._ensure.{module.name}")
        for module in pkgutil.iter_modules(components._ensure.__path__)
    ]
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, AwsResourceProvider) and value is not AwsResourceProvider
    }


def calls() -> set[tuple[str, str]]:
    """Return the calls of AWS that the modules of the providers make: variable, which is the service's name; method."""
    return {
        (node.func.value.id, node.func.attr)
        for file in ENSURE.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }
