"""EventBridge Scheduler of the embedded AWS: ministack keeps the schedules, they fire by the embedded AWS's clock."""

from typing import Any

from embedded_aws import hooks
from embedded_aws.clock import parse
from embedded_aws.controls import InvalidControlError, text_of
from embedded_aws.scheduler.definitions import problem
from embedded_aws.scheduler.service import NoScheduleError, Scheduler
from embedded_aws.server import EmbeddedAws

__all__ = ["NoScheduleError", "Scheduler", "install"]

_SCHEDULER = hooks.use(
    "ministack.services.scheduler",
    "_create_schedule",
    "_error",
    "_group_arn",
    "_now",
    "_update_schedule",
    "start_scheduler",
)


def install(aws: EmbeddedAws) -> None:
    """Put this part in place; the schedules fire once the server serves."""
    aws.scheduler = Scheduler(aws.clock, aws.account, aws.region)
    _SCHEDULER._now = lambda: aws.clock.now().timestamp()
    _SCHEDULER._create_schedule = _checked(_SCHEDULER._create_schedule)
    _SCHEDULER._update_schedule = _checked(_SCHEDULER._update_schedule)
    _SCHEDULER.start_scheduler = aws.scheduler.start
    aws.controls.add("POST", "scheduler/fire", lambda body: _fire(aws.scheduler, body))
    aws.before_stop.callback(aws.scheduler.stop)


def _checked(save: Any) -> Any:
    """Refuse what AWS refuses; what is missing altogether is ministack's to refuse."""

    def save_schedule(name: str, body: dict[str, Any]) -> Any:
        group_arn = _SCHEDULER._group_arn(body.get("GroupName", "default"))
        complete = all(body.get(key) for key in ("ScheduleExpression", "FlexibleTimeWindow", "Target"))
        refusal = problem(body, group_arn) if complete else None
        return _SCHEDULER._error(400, "ValidationException", refusal) if refusal else save(name, body)

    return save_schedule


def _fire(scheduler: Scheduler, body: dict[str, Any]) -> dict[str, Any]:
    at, group = parse(text_of(body, "ScheduledTime")), body.get("GroupName") or "default"
    try:
        return {"ExecutionId": scheduler.fire(text_of(body, "Name"), at, group)}
    except NoScheduleError as error:
        raise InvalidControlError(str(error)) from error
