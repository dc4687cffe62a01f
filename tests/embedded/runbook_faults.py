"""How each alarm of the runbook is provoked in the embedded AWS.

What it cannot provoke, and what stands in for it:

- A stream that throttles because more comes than its limit: a fault refuses the records instead, and ceases as a stream
  that has grown does.
- A call of the transform that takes long: a fault ends it as one that ran out of time.
- A function that has no room: the embedded Lambda limits no concurrency, so the metric is recorded in its place.
- A letter moved back to its queue (`StartMessageMoveTask`) is in the README alone; ministack has no such call.
"""

import io
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from billing.config import BillingSettings
from billing.holds import hold, subject_of
from billing.moments import moment_text
from billing.periods import OVERDUE
from billing.records import Hold
from embedded_aws.clock import CLOCK
from embedded_aws.cloudwatch.store import record
from tests.embedded.permissions_kit import role_of
from tests.embedded.runbook_world import World, take_away
from tools.operate.stack import OperatorStack

HOUR, A_DAY = timedelta(hours=1), timedelta(hours=30)
BROKEN = b"def handler(event, context):\n    raise RuntimeError('a version that fails')\n"

Provoke = Callable[[World, ExitStack], None]
"""Makes something break; what it leaves on the stack of exits is undone at the end."""


@dataclass(frozen=True)
class Fault:
    """How a section's alarm is provoked, and what else happens while its commands are followed."""

    section: str
    alarm: str
    provoke: Provoke
    mended: Callable[[World], None] = lambda _: None
    """What somebody else mends: AWS, or whoever has to."""
    given: Callable[[World, Path], None] = lambda *_: None
    """What lies in the on-call's folder."""
    hourly: bool = False
    """Whether the alarm follows an hourly reconciliation."""


def rows_fail(world: World, _: ExitStack) -> None:
    take_away(world.stream_role(), "glue:UpdateTable")
    assert world.call(6) == [401] * 6
    world.let_pass(timedelta(minutes=2))


def nothing_is_delivered(world: World, _: ExitStack) -> None:
    take_away(world.stream_role(), "glue:UpdateTable", "s3:PutObject")
    world.call(3)
    world.aws.firehose.flush(timeout=5)
    CLOCK.advance(timedelta(minutes=70))


def the_stream_throttles(world: World, undo: ExitStack) -> None:
    undo.callback(world.fault("throttle", world.outputs.delivery_stream_name))
    world.call(5)
    world.let_pass(timedelta(minutes=2))


def the_stream_has_grown(world: World) -> None:
    world.fault("throttle", world.outputs.delivery_stream_name)()
    for line in world.lost_lines()[-5:]:  # somebody had them
        world.put(line)


def deploy_broken(world: World, name: str, undo: ExitStack) -> None:
    """Deploy a version that fails, as a deployment does: code, version, alias."""
    functions = world.client("lambda")
    module = functions.get_function_configuration(FunctionName=name)["Handler"].rpartition(".")[0]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr(f"{module.replace('.', '/')}.py", BROKEN)
    functions.update_function_code(FunctionName=name, ZipFile=archive.getvalue())
    version = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    undo.callback(functions.delete_function, FunctionName=name, Qualifier=version)


def the_transform_is_broken(world: World, undo: ExitStack) -> None:
    deploy_broken(world, world.outputs.transform_function_name, undo)
    world.call(4)
    world.let_pass(timedelta(minutes=2))


def lambda_has_no_room(world: World, _: ExitStack) -> None:
    name = world.outputs.transform_function_name
    world.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    record("AWS/Lambda", "Throttles", 1, "Count", {"FunctionName": name})
    world.let_pass(timedelta(minutes=2))


def lambda_has_room(world: World) -> None:
    name = world.outputs.transform_function_name
    assert "ReservedConcurrentExecutions" not in world.client("lambda").get_function_concurrency(FunctionName=name)


def the_transform_is_slow(world: World, undo: ExitStack) -> None:
    undo.callback(world.fault("timeout", world.outputs.transform_function_name, count=1))
    world.call(2)
    world.let_pass(timedelta(minutes=2))


def nobody_replays(world: World, undo: ExitStack) -> None:
    role = world.stream_role()
    whole = role.document()
    rows_fail(world, undo)
    role.put(whole)
    world.put_line("no-line", status="none")
    world.let_pass(5 * HOUR)
    world.reconcile()
    world.let_pass(timedelta(minutes=2))


def lines_are_lost(world: World, _: ExitStack) -> None:
    for times in (4, 3):
        clear = world.fault("throttle", world.outputs.delivery_stream_name)
        world.call(times)
        clear()
        world.let_pass(HOUR)
    world.let_pass(5 * HOUR)
    world.reconcile()
    world.let_pass(timedelta(minutes=2))


def lines_of_the_first_hour(world: World, folder: Path) -> None:
    (folder / "lost.jsonl").write_text("".join(f"{line.strip()}\n" for line in world.lost_lines()[-7:-3]))


def somebody_puts_lines(world: World, _: ExitStack) -> None:
    world.let_pass(A_DAY)  # nearer to them, a line that is lost would make up for one that nobody sent
    ours = {"api_id": world.exports["rest_api_id"], "stage": world.exports["stage_name"], "tenant_id": "acme"}
    for number in range(2):
        world.put_line(f"forged-{CLOCK.now():%H%M%S}-{number}", **ours)
    world.let_pass(6 * HOUR)
    world.reconcile()
    world.let_pass(timedelta(minutes=2))


def events_cannot_be_stored(world: World, _: ExitStack) -> None:
    take_away(role_of(world.outputs, world.function("customer-events")), "firehose:PutRecordBatch")
    assert world.send_event("unstored") == 503
    world.let_pass(timedelta(minutes=2))


def the_product_is_broken(world: World, undo: ExitStack) -> None:
    deploy_broken(world, world.function("random-strings"), undo)
    for _round in range(2):
        assert min(world.call(25, signed_in=True)) >= 500
        world.let_pass(timedelta(minutes=5))


def a_message_is_no_task(world: World, _: ExitStack) -> None:
    queues = world.client("sqs")
    queue = queues.get_queue_url(QueueName=world.outputs.billing_queue_name)["QueueUrl"]
    queues.send_message(QueueUrl=queue, MessageBody="no task")
    world.embedded.settle(60)
    world.let_pass(timedelta(minutes=6))


def a_schedule_is_disabled(world: World, name: str, hours: int) -> None:
    schedules = world.client("scheduler")
    named = {"GroupName": world.exports[f"{name}_group_name"], "Name": world.exports[f"{name}_name"]}
    found = schedules.get_schedule(**named)
    kept = ("FlexibleTimeWindow", "ScheduleExpression", "ScheduleExpressionTimezone", "Target")
    schedules.update_schedule(**named, **{key: found[key] for key in kept}, State="DISABLED")
    world.let_pass(hours * HOUR)


def a_month_is_forgotten(world: World, _: ExitStack) -> None:
    store = OperatorStack(world.outputs, as_caller=True).store
    month = next(record.period for record in store.periods() if record.cutoff is None)
    hold(store, Hold(subject_of(month), "arn:aws:iam::000000000000:root", "a look", moment_text(CLOCK.now())))
    grace = BillingSettings.parse(world.outputs.billing_settings).grace
    world.let_pass(max(month.end + grace + OVERDUE - CLOCK.now(), timedelta(0)) + HOUR)
    world.bill()
    world.let_pass(timedelta(minutes=2))


def reconciliation_fails(world: World, _: ExitStack) -> None:
    take_away(role_of(world.outputs, world.exports["reconciler_function_name"]), "athena:StartQueryExecution")
    world.reconcile()
    world.let_pass(timedelta(minutes=2))


FAULTS = [
    # The first, for what others leave open would keep its month open, too.
    Fault("billing-unfinalized", "billing-unfinalized", a_month_is_forgotten),
    Fault("failed-rows", "requests-failed-rows", rows_fail),
    Fault("freshness", "requests-freshness", nothing_is_delivered),
    Fault("throttled", "requests-throttled", the_stream_throttles, mended=the_stream_has_grown),
    Fault("transform-failures", "requests-transform-failures", the_transform_is_broken),
    Fault("transform-errors", "requests-transform-errors", the_transform_is_broken),
    Fault("transform-throttles", "requests-transform-throttles", lambda_has_no_room, mended=lambda_has_room),
    Fault("transform-duration", "requests-transform-duration", the_transform_is_slow),
    Fault("error-objects", "requests-error-objects", nobody_replays, hourly=True),
    Fault("missing", "requests-missing", lines_are_lost, hourly=True, given=lines_of_the_first_hour),
    Fault("unexplained", "requests-unexplained", somebody_puts_lines, hourly=True),
    Fault("events-unstored", "events-unstored", events_cannot_be_stored),
    Fault("api-5xx", "api-5xx", the_product_is_broken),
    Fault("billing-dead-letters", "billing-dead-letters", a_message_is_no_task),
    Fault(
        "billing-missed-run",
        "billing-missed-run",
        lambda world, _: a_schedule_is_disabled(world, "billing_schedule", 27),
    ),
    Fault(
        "reconciliation-missed",
        "reconciliation-missed",
        lambda world, _: a_schedule_is_disabled(world, "reconciliation_schedule", 6),
    ),
    Fault("reconciliation-errors", "reconciliation-errors", reconciliation_fails, mended=World.clear_letters),
]
