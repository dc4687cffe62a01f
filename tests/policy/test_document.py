"""docs/policy.md lists the rules and the exceptions as they are."""

import json
from typing import Any

from metering_policy import POLICIES
from tests.policy.wire import ROOT, Pack, Resource, changed

TEXT = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
REASONS: dict[str, Any] = json.loads((ROOT / "policy/metering_policy/reasons.json").read_text(encoding="utf-8"))


def rows(heading: str) -> list[list[str]]:
    section = TEXT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_rule_is_listed_with_what_it_holds_and_what_can_be_configured() -> None:
    assert rows("The rules") == [
        [
            f"`{policy.name}`",
            policy.description,
            ", ".join(f"`{key}`" for key in sorted(policy.config_schema.properties)) if policy.config_schema else "-",
        ]
        for policy in POLICIES
    ]


def test_every_entry_of_the_reasons_is_listed() -> None:
    assert sorted(row[0] for row in rows("Exceptions, with their reasons")) == sorted(f"`{name}`" for name in REASONS)


def test_the_message_that_is_shown_is_one(pack: Pack, prod: list[Resource]) -> None:
    (found,) = pack.findings(changed(prod, "ingest-stream", icebergConfiguration__appendOnly=False), but=prod)
    assert f"\n```text\n{found.message}\n```\n" in TEXT


def test_the_configuration_that_is_shown_is_of_rules_that_take_it() -> None:
    shown = json.loads(TEXT.split("\n```json\n")[1].split("\n```\n")[0])
    taken = Pack().defaults()
    assert {rule: sorted(values) for rule, values in shown.items()} == {rule: sorted(taken[rule]) for rule in shown}
