"""What the policy pack takes from the program, and what it allows for a reason, is what the program has and needs."""

import json
from fnmatch import fnmatchcase
from typing import Any

import yaml

from components._billing_storage import CATALOGS, FINALS
from components._rules import ACCESS_LOG_PREFIX
from components._user_pool import TENANT_ATTRIBUTE
from components.operations import REPLAY_MARGIN_DAYS
from metering.access_log import FIELDS
from tests.unit.components.harness import ROOT, Deployment
from tests.unit.components.test_policies import permitted, texts

REASONS: dict[str, Any] = json.loads((ROOT / "policy/metering_policy/reasons.json").read_text(encoding="utf-8"))


def test_what_the_rules_know_of_the_program_is_so() -> None:
    window = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]["replayWindowDays"]["default"]
    assert REASONS["program"] == {
        "tenant_attribute": TENANT_ATTRIBUTE,
        "stream_prefix": ACCESS_LOG_PREFIX,
        "kept_prefixes": sorted([CATALOGS, FINALS]),
        "error_retention_days": window + REPLAY_MARGIN_DAYS,
        "required_variables": [
            field.context for field in FIELDS if field.context and field.column and field.column.required
        ],
    }


def test_a_star_is_allowed_for_the_actions_that_the_program_needs_it_for(program: Deployment) -> None:
    on_everything: dict[str, set[str]] = {}
    for _, statement in permitted(program):
        if "*" in texts(statement.get("Resource", [])):
            keys = {key for test in statement.get("Condition", {}).values() for key in test}
            for action in texts(statement["Action"]):
                on_everything.setdefault(action, keys).intersection_update(keys)
    needed = {action: {entry["condition"]} - {""} for action, entry in _with_conditions().items()}
    assert on_everything == needed


def _with_conditions() -> dict[str, dict[str, str]]:
    return {action: {"condition": "", **entry} for action, entry in REASONS["every_resource"].items()}


def test_the_program_permits_nothing_that_is_never_permitted(program: Deployment) -> None:
    actions = {action for _, statement in permitted(program) for action in texts(statement["Action"])}
    never = [pattern.lower() for pattern in REASONS["never_permitted"]]
    assert [action for action in actions if any(fnmatchcase(action.lower(), pattern) for pattern in never)] == []


def test_who_may_write_request_rows_is_who_does(program: Deployment) -> None:
    streams = f":deliverystream/{ACCESS_LOG_PREFIX}"
    writers = {
        name
        for name, statement in permitted(program)
        if any(action.startswith("firehose:Put") for action in texts(statement["Action"]))
        and any(streams in resource for resource in texts(statement.get("Resource", [])))
    }
    assert writers == set(REASONS["request_row_writers"])


def test_what_may_be_lost_is_what_the_program_does_not_protect(program: Deployment) -> None:
    tables = [table for table in program.of("aws:dynamodb/table:Table") if not table.protect]
    assert {table.name for table in tables} == set(REASONS["made_anew"])


def test_unguarded_stacks_are_those_whose_file_says_so() -> None:
    files = {file.name.split(".")[1]: yaml.safe_load(file.read_text("utf-8")) for file in ROOT.glob("Pulumi.*.yaml")}
    unguarded = {stack for stack, file in files.items() if file["config"].get("saas-metering:protect", True) is False}
    assert unguarded == set(REASONS["unguarded_stacks"])


def test_open_methods_are_those_of_the_program(program: Deployment) -> None:
    names = [method.name for method in program.of("Method") if method.inputs["authorization"] == "NONE"]
    assert {name.removeprefix("api-method-").replace("/", " /", 1) for name in names} == set(REASONS["open_methods"])


def test_native_types_are_those_of_the_program(program: Deployment) -> None:
    types = {record.typ for record in program.records if record.typ.startswith("aws-native:")}
    assert types == set(REASONS["native"])


def test_the_program_owns_nothing_that_is_the_accounts(program: Deployment) -> None:
    assert {record.typ for record in program.records} & set(REASONS["account_wide"]) == set()


def test_variables_that_may_be_logged_are_those_of_the_record() -> None:
    assert REASONS["logged_variables"] == sorted({field.context for field in FIELDS if field.context})


def test_every_exception_has_a_reason() -> None:
    reasons = {name: entries for name, entries in REASONS.items() if name not in ("program", "logged_variables")}
    for name, entries in reasons.items():
        for entry in entries.values():
            reason = entry["reason"] if isinstance(entry, dict) else entry
            assert len(reason.split()) > 3, name
