"""The runbook is followed, word for word: a fault, its alarm, the section's commands, and the alarm is over."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from embedded_aws.clock import CLOCK
from embedded_aws.server import EmbeddedAws
from tests.embedded.conftest import Deployed
from tests.embedded.runbook_faults import FAULTS, Fault, deploy_broken, rows_fail
from tests.embedded.runbook_kit import AWS_CLI, FIRST, LOOK, MEND, OVER, CommandError, Shell, sections
from tests.embedded.runbook_world import AT_RISK, World
from tools.outputs import StackOutputs
from tools.people import signed_in

pytestmark = [
    pytest.mark.runbook,
    pytest.mark.skipif(
        AWS_CLI is None and "AWS_CLI_REQUIRED" not in os.environ, reason="the AWS CLI is not on the PATH"
    ),
]

SECTIONS = sections()
FEW_MINUTES, HOUR = timedelta(minutes=20), timedelta(hours=1)


@pytest.fixture(scope="module")
def world(aws: EmbeddedAws, deployed: Deployed, outputs: StackOutputs) -> Iterator[World]:
    ahead = CLOCK.now() - datetime.now(UTC)
    with signed_in(outputs, ["runbook"], 1, "runbook") as [user]:
        found = World(aws, deployed.stack, deployed.exports, outputs, user)
        found.prepare()
        yield found
        deployed.stack._config.clear()
        deployed.stack.refresh()
        deployed.stack.up()
    CLOCK.set(datetime.now(UTC) + ahead)


def follow(world: World, shell: Shell, section: str, *kinds: str) -> str:
    """Type a section's blocks of some kinds one after the other, and give what they print."""
    printed = ""
    for block in SECTIONS[section]:
        if block.what in kinds:
            printed += shell.run(block.text)
            world.let_pass(timedelta(minutes=3))
    return printed


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.section)
def test_the_commands_of_a_section_end_its_alarm(world: World, tmp_path: Path, fault: Fault) -> None:
    world.rest()
    assert world.state(fault.alarm) == "OK"
    with ExitStack() as undo, Shell(tmp_path, world.aws.url) as shell:
        fault.provoke(world, undo)
        assert world.state(fault.alarm) == "ALARM"
        fault.given(world, shell.project)
        for block in SECTIONS[FIRST]:
            shell.run(block.text)
        follow(world, shell, fault.section, LOOK, MEND)
        fault.mended(world)
        world.let_pass(HOUR if fault.hourly else FEW_MINUTES)
        world.rest()
        printed = follow(world, shell, fault.section, OVER)
    assert [line.split("\t")[0] for line in printed.splitlines() if line.startswith(("OK\t", "ALARM\t"))] == ["OK"]
    assert world.state(fault.alarm) == "OK"
    assert (world.unreplayed(), world.on() - {"requests-missing", "requests-unexplained"}) == (0, set())


def test_what_is_at_risk_leads_to_the_alarm_behind_it(world: World, tmp_path: Path) -> None:
    rows_fail(world, ExitStack())
    with Shell(tmp_path, world.aws.url) as shell:
        for block in SECTIONS[FIRST]:
            shell.run(block.text)
        printed = follow(world, shell, AT_RISK, LOOK)
        assert world.exports["alarm_names"]["requests-failed-rows"] in printed
        assert "\nALARM\t" in printed
        follow(world, shell, "failed-rows", LOOK, MEND)
    world.let_pass(HOUR)
    world.rest()
    assert (world.on(), world.state(AT_RISK)) == (set(), "OK")


def test_a_function_goes_back_version_by_version_and_no_further(world: World, tmp_path: Path) -> None:
    functions, name = world.client("lambda"), world.function("random-strings")

    def live() -> int:
        return int(functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"])

    with ExitStack() as undo, Shell(tmp_path, world.aws.url) as shell:
        undo.callback(functions.update_alias, FunctionName=name, Name="live", FunctionVersion=str(live()))
        deploy_broken(world, name, ExitStack())
        versions = functions.list_versions_by_function(FunctionName=name)["Versions"]
        numbers = sorted(int(one["Version"]) for one in versions if one["Version"] != "$LATEST")
        assert (live(), len(numbers) > 1) == (numbers[-1], True)
        for block in SECTIONS[FIRST]:
            shell.run(block.text)
        for number in numbers[-2::-1]:
            assert (shell.run(f"back {name}\n").strip(), live()) == (str(number), number)
        with pytest.raises(
            CommandError, match=f"{name} has no version before {numbers[0]}: mend its code, and deploy it"
        ):
            shell.run(f"back {name}\n")
        assert live() == numbers[0]
    functions.delete_function(FunctionName=name, Qualifier=str(numbers[-1]))


def test_commands_are_about_the_stack_that_was_named_first(world: World, tmp_path: Path) -> None:
    """Another stack of the account is selected, which `pulumi stack select` in another terminal may do at any time."""
    with Shell(tmp_path, world.aws.url) as shell:
        with pytest.raises(CommandError, match="is about stack another, not dev"):
            shell.run("pulumi stack output table_name\n")
        for block in SECTIONS[FIRST]:
            shell.run(block.text)
        assert shell.run("output table_name\n").strip() == world.outputs.table_name
        assert shell.run("function_of customer-events\n").strip() == world.function("customer-events")
        with pytest.raises(CommandError, match="the stack must have one function ::nobody-function, has 0"):
            shell.run("function_of nobody\n")


def test_every_section_of_an_alarm_is_followed() -> None:
    others = {FIRST, "Alarms", "What may still be lost, and why"}
    assert {fault.section for fault in FAULTS} | {AT_RISK} == set(SECTIONS) - others
