"""The schedules of the embedded AWS: they fire by its clock, or when a test says so."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from embedded_aws import hooks
from embedded_aws.activity import spawn
from embedded_aws.clock import Clock
from embedded_aws.scheduler.delivery import Execution, deliver
from embedded_aws.scheduler.expressions import Once, Recurrence, parse

_SCHEDULER = hooks.use("ministack.services.scheduler", "_delete_schedule", "_group_arn", "_schedules")
_RESPONSES = hooks.use("ministack.core.responses", "request_scope")
_LOG = logging.getLogger(__name__)

TICK_SECONDS = 0.5
"""How long a look at the schedules is put off at most."""


class NoScheduleError(LookupError):
    """There is no schedule of a name in a group."""


class Scheduler:
    """Fires schedules; `EmbeddedAws.scheduler`.

    The time over which the clock is set forward has not been lived through: nothing fires for it.
    """

    def __init__(self, clock: Clock, account: str, region: str) -> None:
        self._clock, self._scope = clock, (account, region)
        self._wake, self._ending = threading.Event(), threading.Event()
        clock.watch(self._wake.set)

    def start(self) -> None:
        """Look after the schedules in a thread, until `stop`."""
        threading.Thread(target=self._run, daemon=True, name="scheduler").start()

    def stop(self) -> None:
        """Fire nothing more, and try nothing again."""
        self._ending.set()
        self._wake.set()

    def fire(self, name: str, at: datetime, group: str = "default") -> str:
        """Fire a schedule as if a time had come, whatever its expression and state; returns at once.

        Args:
            name: the schedule.
            at: its scheduled time, with a time zone.
            group: its group.

        Returns:
            The execution's id.

        Raises:
            NoScheduleError: there is no such schedule.
        """
        with _RESPONSES.request_scope(*self._scope):
            schedule = _SCHEDULER._schedules.get(f"{group}/{name}")
        if schedule is None:
            raise NoScheduleError(f"Schedule {name} does not exist in group {group}.")
        return self._execute(self._scope, schedule, at.astimezone(UTC))

    def _run(self) -> None:
        settings, looked = self._clock.reading()
        while not self._ending.is_set():
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()
            now_settings, now = self._clock.reading()
            if now_settings == settings:
                try:
                    self._fire_between(looked, now)
                except Exception:  # noqa: BLE001 - one schedule in trouble must not end the others
                    _LOG.exception("a look at the schedules failed")
            settings, looked = now_settings, now

    def _fire_between(self, begin: datetime, end: datetime) -> None:
        """Fire what is due after `begin` and not after `end`."""
        for (account, region, key), schedule in list(_SCHEDULER._schedules._data.items()):
            if schedule["State"] != "ENABLED":
                continue
            recurrence = _recurrence(schedule)
            for due in _times(recurrence, schedule, begin, end):
                self._execute((account, region), schedule, due)
                if isinstance(recurrence, Once) and schedule.get("ActionAfterCompletion") == "DELETE":
                    _SCHEDULER._schedules._data.pop((account, region, key), None)

    def _execute(self, scope: tuple[str, str], schedule: dict[str, Any], due: datetime) -> str:
        with _RESPONSES.request_scope(*scope):
            group_arn = _SCHEDULER._group_arn(schedule["GroupName"])
        execution = Execution(dict(schedule), group_arn, due)
        spawn(f"delivery of schedule {schedule['Name']}", scope, lambda: deliver(execution, self._ending))
        return execution.identifier


def _recurrence(schedule: dict[str, Any]) -> Recurrence:
    start = schedule.get("StartDate") or schedule["CreationDate"]
    zone = schedule.get("ScheduleExpressionTimezone") or "UTC"
    return parse(schedule["ScheduleExpression"], zone, datetime.fromtimestamp(float(start), UTC))


def _times(recurrence: Recurrence, schedule: dict[str, Any], begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield a schedule's times within its own start and end."""
    first, last = schedule.get("StartDate"), schedule.get("EndDate")
    due = recurrence.after(begin)
    while due is not None and due <= end:
        if (first is None or due.timestamp() >= first) and (last is None or due.timestamp() <= last):
            yield due
        due = recurrence.after(due)
