"""The runbook against the code: a section per alarm with all that an on-call needs, commands that exist, figures."""

import re
import shlex
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import botocore.session
import pytest
import yaml
from botocore import xform_name

from components._alarms import AT_RISK
from components.exports import OUTPUTS
from metering.access_log import FIELDS, VERSION, VERSION_KEY
from reconciliation.balance import Figures, Tolerance, balance
from tests.unit.components.operations_kit import ALARMS
from tests.unit.docs.test_documents import EVERY_AWS_COMMAND_HAS, aws_commands, code_blocks, table_rows
from tools.billing.__main__ import COMMANDS as BILLING
from tools.billing.arguments import parser as billing_parser
from tools.operate.__main__ import COMMANDS as OPERATE
from tools.operate.arguments import parser as operate_parser

ROOT = Path(__file__).resolve().parents[3]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
CONFIG = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", RUNBOOK, re.DOTALL | re.MULTILINE))
OTHERS = {"Alarms", "Before the first command", "What may still be lost, and why"}
TOLD = ("**What it means.**", "**Look first**", "**Mend", "**It is over when**", "**If nobody acts**")
URGENCIES = {"now", "today", "before the month is finalized", "next working day", "this week", "as the alarm behind it"}
HOURS_OF_A_MONTH = 720
HIGH_CLI = {("s3", "ls"), ("s3", "cp")}


def typed(program: str) -> Iterator[str]:
    """Yield what is typed behind `operate` or `billing`, variables replaced by values of their form."""
    blocks = "".join(code_blocks(RUNBOOK, "sh")).replace("\\\n", " ")
    for line in re.findall(rf"(?:^|\$\(|do |\|\| | {{2}}){program} ([a-z].*)$", blocks, re.MULTILINE):
        command = re.split(r" \|\| | \| |\)\"|; done", line)[0]
        for name, value in {"SOURCE": "api-requests", "HOUR": "2026-10-05T14:00:00Z", "MONTH": "2026-10"}.items():
            command = command.replace(f'"${name}"', value)
        command = command.replace("$KEYS", "--key a --key b")
        yield command


def test_every_section_is_of_an_alarm_and_every_alarm_has_one() -> None:
    assert set(SECTIONS) - OTHERS == {alarm.section for alarm in ALARMS.values()} | {AT_RISK}


def test_the_table_names_every_alarm_once_with_its_section_and_an_urgency() -> None:
    rows = table_rows(RUNBOOK, "## Alarms")
    named = [(alarm, row[1], row[2]) for row in rows for alarm in re.findall("`([^`]+)`", row[0])]
    sections = {role: alarm.section for role, alarm in ALARMS.items()} | {AT_RISK: AT_RISK}
    assert sorted(name for name, *_ in named) == sorted(sections)
    for name, section, urgency in named:
        assert section == f"[{sections[name]}](#{sections[name]})"
        assert urgency in URGENCIES


@pytest.mark.parametrize("section", sorted(set(SECTIONS) - OTHERS - {AT_RISK}))
def test_a_section_tells_all_that_an_on_call_needs(section: str) -> None:
    text = SECTIONS[section]
    places = [text.find(part) for part in TOLD]
    assert -1 not in places
    assert places == sorted(places)
    for start, end in (places[1:3], places[2:4], places[3:5]):
        assert "```sh\n" in text[start:end]
    looked_at = re.findall(r"^alarm ([a-z0-9-]+)$", text[places[3] :], re.MULTILINE)
    assert [ALARMS[role].section for role in looked_at] == [section]


def test_its_outputs_are_exported() -> None:
    blocks = "".join(code_blocks(RUNBOOK, "sh"))
    named = set(re.findall(r"(?<!-)\boutput (?:--json )?([a-z][a-z_]+)", blocks))
    assert {"alarm_names", "billing_dead_letter_queue_url", "usage_at_risk_alarm_name"} <= named
    assert named - {name for outputs in OUTPUTS.values() for name in outputs} == set()


def test_its_config_keys_are_declared() -> None:
    keys = set(re.findall(r"pulumi config set (\w+)", RUNBOOK))
    assert keys
    assert keys - set(CONFIG) == set()


@pytest.mark.parametrize("command", sorted(set(typed("operate"))))
def test_an_operators_command_is_read(command: str) -> None:
    told = operate_parser("").parse_args(shlex.split(command))
    assert told.command in OPERATE
    assert not getattr(told, "apply", False) or told.reason


@pytest.mark.parametrize("command", sorted(set(typed("billing"))))
def test_a_billing_command_is_read(command: str) -> None:
    assert billing_parser("").parse_args(shlex.split(command)).command in BILLING


def test_no_command_is_overlooked() -> None:
    blocks = "".join(code_blocks(RUNBOOK, "sh"))
    for program, found in (("operate", list(typed("operate"))), ("billing", list(typed("billing")))):
        assert len(found) == len(re.findall(rf"(?<![\w.]){program} [a-z]", blocks)) > 0


def test_aws_commands_are_ones_of_aws() -> None:
    session, wrong = botocore.session.Session(), []
    for service, operation, options in aws_commands(RUNBOOK):
        if (service, operation) in HIGH_CLI:
            continue
        model = session.get_service_model(service.removesuffix("api"))
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        members = model.operation_model(operations[operation]).input_shape.members
        unknown = options - {xform_name(name, "-") for name in members} - EVERY_AWS_COMMAND_HAS
        wrong += [f"{service} {operation} --{option}" for option in sorted(unknown)]
    assert wrong == []


def test_the_table_of_the_tolerance_is_what_the_balance_allows() -> None:
    percent = Decimal(CONFIG["sourceTolerancePercent"]["default"])
    rows = table_rows(RUNBOOK, "### Within the tolerance")
    expected = []
    for month in (1_000_000, 10_000_000, 100_000_000):
        hour = round(month / HOURS_OF_A_MONTH)
        allowed = max(number for number in range(20) if not missing_of(hour, number, percent))
        figures = (month, hour, allowed, allowed * HOURS_OF_A_MONTH, month * percent / 100)
        expected.append([f"{int(figure):,}" for figure in figures])
    assert rows == expected


def missing_of(counted: int, lost: int, percent: Decimal) -> int:
    """Return what is told to be missing of an hour from which some requests are lost."""
    kept = counted - lost
    hour = Figures(incoming=kept, rows=kept, keys=kept, counted=counted, source_keys=kept)
    return balance([hour], Tolerance(Decimal(0), percent))[0].missing


def test_the_limits_of_a_stream_are_told_in_requests() -> None:
    values = {
        "extended_request_id": "TkZq9HJ1PHcEbXQ=",
        "request_time_epoch": "1767225599001",
        **dict.fromkeys(("request_id", "sub", "user"), "8b6c0a4e-6b0e-4a57-9a53-1f0c7f1c9f11"),
        "resource_path": "/random/strings",
        "protocol": "HTTP/1.1",
        "ip": "203.0.113.7",
        "api_id": "a1b2c3d4e5",
    }
    pairs = [f'"{field.log_key}":"{values.get(field.log_key, "1234")}"' for field in FIELDS if field.log_key]
    line = len(f'{{"{VERSION_KEY}":"{VERSION}",{",".join(pairs)}}}\n')
    assert 490 <= line <= 510
    rates = [int(text.replace(",", "")) for text in re.findall(r"([\d,]+) or ([\d,]+) requests a second", RUNBOOK)[0]]
    assert [round(mib * 2**20 / 500, -2) for mib in (5, 1)] == rates
    assert CONFIG["throttleRate"]["default"] / rates[1] == pytest.approx(0.05, abs=0.005)


def test_its_defaults_are_those_of_the_configuration() -> None:
    told = dict(re.findall(r"`(\w+)`, (\d+)\b", SECTIONS["What may still be lost, and why"]))
    assert told == {
        key: str(CONFIG[key]["default"]) for key in ("errorRetentionDays", "replayWindowDays", "lateUsageMonths")
    }
