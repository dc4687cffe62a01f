import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from tools.local import StopSignal


@pytest.fixture
def stop() -> Iterator[StopSignal]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield StopSignal()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_interrupts_what_goes_before_serving(stop: StopSignal, number: signal.Signals) -> None:
    assert stop.serving is False
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


def test_signals_end_the_wait_and_disturb_nothing_after_it(stop: StopSignal) -> None:
    stop.serving = True
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    stop.wait()
    signal.raise_signal(signal.SIGTERM)


def test_a_signal_ends_a_wait_that_has_begun(stop: StopSignal) -> None:
    stop.serving = True
    started = time.monotonic()
    sender = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM))
    sender.start()
    stop.wait()
    assert 0.2 <= time.monotonic() - started < 5
    sender.join()
