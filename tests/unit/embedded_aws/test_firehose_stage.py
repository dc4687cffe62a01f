import threading
import time
from collections.abc import Callable, Iterator

import pytest

from embedded_aws.firehose.configuration import Buffering
from embedded_aws.firehose.records import StreamName
from embedded_aws.firehose.stage import Patience, Stage

STREAM = StreamName("arn:aws:firehose:us-east-1:000000000000:deliverystream/unit")
NEVER = Buffering(size=100, interval=900)


class Recorder:
    """A stage that notes its batches."""

    def __init__(self, buffering: Buffering, work: Callable[[list[str]], None] = lambda _: None) -> None:
        self.batches: list[list[str]] = []
        self.stage: Stage[str] = Stage(STREAM, "unit", lambda: buffering, len, self._work)
        self._then = work

    def _work(self, batch: list[str]) -> None:
        self.batches.append(batch)
        self._then(batch)

    def wait(self, *batches: list[str]) -> None:
        deadline = time.monotonic() + 5
        while len(self.batches) < len(batches) and time.monotonic() < deadline:
            time.sleep(0.002)
        assert self.batches == list(batches)


@pytest.fixture
def stages() -> Iterator[Callable[..., Recorder]]:
    made = []

    def make(*args: object) -> Recorder:
        made.append(Recorder(*args))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.stage.stop()


def test_a_full_buffer_is_due_and_no_batch_is_over_the_size(stages: Callable[..., Recorder]) -> None:
    recorder = stages(NEVER)
    recorder.stage.put(["a" * 60])
    time.sleep(0.05)
    recorder.wait()
    recorder.stage.put(["b" * 30, "c" * 30])
    recorder.wait(["a" * 60, "b" * 30])


def test_an_item_larger_than_the_buffer_is_a_batch_of_its_own(stages: Callable[..., Recorder]) -> None:
    recorder = stages(NEVER)
    recorder.stage.put(["a" * 500, "b"])
    recorder.wait(["a" * 500])


def test_the_interval_counts_from_the_first_item(stages: Callable[..., Recorder]) -> None:
    recorder = stages(Buffering(size=10_000, interval=0.2))
    started = time.monotonic()
    while not recorder.batches:  # counted from the last item, the interval would never be over
        assert time.monotonic() - started < 5
        recorder.stage.put(["a"])
        time.sleep(0.01)
    assert time.monotonic() - started >= 0.2
    assert set(recorder.batches[0]) == {"a"}


def test_what_comes_during_work_is_the_next_batch(stages: Callable[..., Recorder]) -> None:
    go = threading.Event()
    recorder = stages(Buffering(size=100, interval=0), lambda _: go.wait(5))
    recorder.stage.put(["a"])
    recorder.wait(["a"])
    recorder.stage.put(["b"])
    recorder.stage.put(["c"])
    go.set()
    recorder.wait(["a"], ["b", "c"])


def test_a_flush_wants_what_is_held_and_not_what_comes_later(stages: Callable[..., Recorder]) -> None:
    recorder = stages(NEVER)
    recorder.stage.put(["a"])
    ticket = recorder.stage.flush()
    recorder.wait(["a"])
    recorder.stage.put(["b"])
    time.sleep(0.05)
    recorder.wait(["a"])
    assert (recorder.stage.done(ticket), recorder.stage.done(ticket + 1)) == (True, False)


def test_a_defect_in_the_work_does_not_stop_the_stage(
    stages: Callable[..., Recorder], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(batch: list[str]) -> None:
        if batch == ["a"]:
            raise ValueError("a defect")

    recorder = stages(Buffering(size=1, interval=0), fail)
    recorder.stage.put(["a", "b"])
    recorder.wait(["a"], ["b"])
    assert "firehose-unit-unit: stuck records: 1" in caplog.messages


def test_a_stopped_stage_works_no_more(stages: Callable[..., Recorder]) -> None:
    recorder = stages(NEVER)
    recorder.stage.put(["a"])
    recorder.stage.stop()
    recorder.stage.flush()
    time.sleep(0.05)
    recorder.wait()


def test_a_pause_is_cut_short_when_somebody_hurries_or_all_is_over() -> None:
    patience = Patience()
    for hurry in (patience.__enter__, patience.end):
        threading.Timer(0.05, hurry).start()
        started = time.monotonic()
        patience.pause(10)
        assert time.monotonic() - started < 5
    assert (patience.hurried, patience.over) == (True, True)
