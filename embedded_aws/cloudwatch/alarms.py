"""The alarms at work: evaluated on the clock, whenever a minute of it has passed."""

import json
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from embedded_aws import hooks
from embedded_aws.clock import Clock
from embedded_aws.cloudwatch import actions, definitions, messages, moment, verdict
from embedded_aws.cloudwatch.queries import QueryError
from embedded_aws.cloudwatch.store import MINUTE, STORES

_CLOUDWATCH = hooks.use(
    "ministack.services.cloudwatch",
    "_alarms",
    "_composite_alarms",
    "_evaluate_parent_alarms",
    "_record_history",
)
_RESPONSES = hooks.use("ministack.core.responses", "get_account_id", "get_region", "request_scope")
_LOG = logging.getLogger(__name__)

LONGEST_WAIT: Final = 60.0
"""Real seconds between two looks at the clock; it runs as fast as real time, unless it is set, which wakes us."""

Alarm = dict[str, Any]


class Alarms:
    """Evaluates metric alarms; composite ones follow their children.

    An evaluation looks at the periods before its moment, whatever time has passed since the last one: the clock may
    have jumped by months, and nothing has been lived through between.

    Args:
        clock: whose minutes count.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._wake, self._ending = threading.Event(), threading.Event()
        self._gauges: list[Callable[[datetime], None]] = []
        self._last: datetime | None = None
        self._minute = -1
        self._thread: threading.Thread | None = None
        clock.watch(self._jumped)

    def gauge(self, measure: Callable[[datetime], None]) -> None:
        """Have something measured at the end of each minute, before alarms are evaluated.

        Args:
            measure: called with a moment in the minute that has ended, which its metrics bear.
        """
        self._gauges.append(measure)

    def start(self) -> None:
        """Evaluate in a thread, until `stop`."""
        self._thread = threading.Thread(target=self._run, daemon=True, name="alarms")
        self._thread.start()

    def stop(self) -> None:
        """Evaluate no more by itself."""
        self._ending.set()
        self._wake.set()

    def join(self, timeout: float = 2.0) -> None:
        """Wait for an evaluation that goes on after `stop`, for at most that many seconds."""
        if self._thread is not None:
            self._thread.join(timeout)

    def evaluate(self, at: datetime | None = None) -> dict[str, str]:
        """Evaluate all alarms.

        Args:
            at: the moment to evaluate for; the clock's now if None.

        Returns:
            The state of every alarm, by name.

        Raises:
            ValueError: `at` lies before the last evaluation.
        """
        with self._lock:
            now = at or self._clock.now()
            if at is not None and self._last is not None and at < self._last:
                raise ValueError(f"alarms were evaluated at {self._last.isoformat()}, which is after {at.isoformat()}")
            self._last = now
            with moment.at(now):
                for measure in self._gauges:
                    measure(now - timedelta(seconds=MINUTE))
                return self._evaluate_all()

    def evaluate_alarm(self, alarm: Alarm) -> None:
        """Evaluate one alarm now, in its account and Region; it may change its state."""
        with self._lock:
            now = moment.now()
            rule = definitions.rule_of(alarm)
            try:
                grid, points = _watched(alarm, rule, now)
            except QueryError as error:
                self._transition(alarm, verdict.INSUFFICIENT_DATA, f"EVALUATION_ERROR: {error}", {})
                return
            if definitions.warming(alarm, len(points), now.timestamp()):
                return
            found = [points.get(time) for time in grid]
            judged = verdict.evaluate(rule, found, alarm["StateValue"])
            if judged.state != alarm["StateValue"]:
                reason = messages.reason(rule, found, grid, judged)
                self._transition(alarm, judged.state, reason, _data(alarm, rule, found, grid, judged))

    def _evaluate_all(self) -> dict[str, str]:
        scopes = {scoped[:2] for scoped in [*_CLOUDWATCH._alarms._data, *_CLOUDWATCH._composite_alarms._data]}
        states: dict[str, str] = {}
        for scope in sorted(scopes):
            with _RESPONSES.request_scope(*scope):
                for alarm in list(_CLOUDWATCH._alarms.values()):
                    self.evaluate_alarm(alarm)
                for alarm in [*_CLOUDWATCH._alarms.values(), *_CLOUDWATCH._composite_alarms.values()]:
                    states[alarm["AlarmName"]] = alarm["StateValue"]
        return dict(sorted(states.items()))

    def _transition(self, alarm: Alarm, state: str, reason: str, data: dict[str, Any]) -> None:
        old = alarm["StateValue"]
        if state == old:
            return
        seconds = moment.now().timestamp()
        alarm |= {
            "StateValue": state,
            "StateReason": reason,
            "StateReasonData": json.dumps(data),
            "StateUpdatedTimestamp": seconds,
            "StateTransitionedTimestamp": seconds,
        }
        _CLOUDWATCH._record_history(alarm["AlarmName"], old, state, reason, "MetricAlarm", data)
        actions.perform(alarm, old, state, reason)
        _CLOUDWATCH._evaluate_parent_alarms(alarm)

    def _jumped(self) -> None:
        """Evaluate anew after the clock was set; if it was set back, what was evaluated lies in no past that counts."""
        self._last, self._minute = None, -1
        self._wake.set()

    def _run(self) -> None:
        while not self._ending.is_set():
            seconds = self._clock.now().timestamp()
            if int(seconds // MINUTE) != self._minute:
                self._minute = int(seconds // MINUTE)
                try:
                    self.evaluate()
                except Exception:  # noqa: BLE001 - one alarm in trouble must not end the others
                    _LOG.exception("an evaluation of the alarms failed")
            self._wake.wait(min(MINUTE - seconds % MINUTE + 0.01, LONGEST_WAIT))
            self._wake.clear()


def _watched(alarm: Alarm, rule: verdict.Rule, now: datetime) -> tuple[range, dict[int, float]]:
    """Give the range that an evaluation looks at, and what data points it has.

    The periods end with the last whole minute: the range moves with every evaluation, as CloudWatch's sliding window.
    """
    queries, watched, period = definitions.queries_of(alarm)
    end = int(now.timestamp() // MINUTE) * MINUTE
    grid = range(end - (rule.periods + verdict.EXTRA_PERIODS) * period, end, period)
    store = STORES.of(_RESPONSES.get_account_id(), _RESPONSES.get_region())
    series = queries.evaluate(watched, store, grid)
    if len(series) != 1:
        raise QueryError(f"The result of an alarm must be one time series, not {len(series)}")
    return grid, series[0].points


def _data(
    alarm: Alarm, rule: verdict.Rule, found: list[float | None], times: range, judged: verdict.Verdict
) -> dict[str, Any]:
    """Give the reason's data, as CloudWatch has it for a machine to read."""
    shown = [(found[position], times[position]) for position in judged.evaluated]
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    return {
        "version": "1.0",
        "queryDate": moment.text(moment.now()),
        "startDate": moment.text(moment.of(times[0])),
        **({"statistic": statistic} if statistic else {}),
        "period": times.step,
        "recentDatapoints": [value for value, _ in shown],
        "threshold": rule.threshold,
        "evaluatedDatapoints": [
            {"timestamp": moment.text(moment.of(time)), "value": value} for value, time in reversed(shown)
        ],
    }
