import json
import logging
from collections.abc import Collection
from datetime import timedelta

import pytest

from events import FinalPeriods, Rules
from events.quantities import Quantity, quantities_of
from rating.catalog import Filter
from tests.unit.events.events_kit import METERS, NOW, RULES, meter
from tests.unit.rating.catalog.shipped import shipped_value


def test_the_meters_over_usage_events_are_named() -> None:
    assert RULES.meters == ("credits", "seats", "tokens", "usage_events", "users")
    assert Rules(reversed(METERS)).meters == RULES.meters


def test_the_shipped_catalog_has_rules() -> None:
    rules = Rules.of(json.loads(json.dumps(shipped_value(), default=str)))
    assert rules.meters == ("tokens", "usage_events")


def test_meters_of_one_type_together_demand_the_strictest() -> None:
    eu = Filter("subject", "equals", ("eu",))
    large = Filter("data.size", "greater_than", ())
    meters = [
        meter("a", "t", "data.value", allow_negative=True, filters=(eu,)),
        meter("b", "t", "data.value", allow_negative=True),
        meter("c", "t", "data.other", aggregation="max", filters=(large,)),
        meter("d", "t", "data.other", aggregation="latest", allow_negative=True, filters=(eu,)),
        meter("e", "t", "data.text", aggregation="unique_count"),
        meter("f", "t"),
    ]
    expected = [
        Quantity("value", required=True, negative=True),
        Quantity("other", required=False, negative=False),
        Quantity("size", required=False, negative=True),
    ]
    assert sorted(quantities_of(meters), key=str) == sorted(expected, key=str)
    assert sorted(quantities_of(meters[::-1]), key=str) == sorted(expected, key=str)


def test_final_months_are_read_once_a_minute() -> None:
    asked: list[int] = []

    def read() -> Collection[str]:
        asked.append(1)
        return {f"2026-{len(asked):02}"}

    periods = FinalPeriods(read)
    seconds = [0, 59, -59, 60, 119, 30, 0]
    known = [periods.at(NOW + timedelta(seconds=second)) for second in seconds]
    assert known == [{f"2026-{month:02}"} for month in (1, 1, 1, 2, 2, 2, 3)]


def test_final_months_that_cannot_be_read_are_those_of_before(caplog: pytest.LogCaptureFixture) -> None:
    answers = iter([{"2026-09"}, ConnectionError(), {"2026-10"}])

    def read() -> Collection[str]:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    periods = FinalPeriods(read)
    known = [periods.at(NOW + timedelta(seconds=second)) for second in (0, 60, 119, 120)]
    assert known == [{"2026-09"}, {"2026-09"}, {"2026-09"}, {"2026-10"}]
    assert [(line.levelno, line.getMessage()) for line in caplog.records] == [
        (logging.WARNING, "final months cannot be read: ConnectionError")
    ]
