import threading
import time

from embedded_aws.gateway.gate import Gate


def test_a_closed_gate_lets_nobody_in() -> None:
    gate = Gate()
    assert (gate.enter(), gate.closed) == (True, False)
    gate.leave()
    assert gate.close() == 0
    assert (gate.enter(), gate.closed) == (False, True)
    assert gate.close() == 0  # who was refused is not inside


def test_closing_waits_for_those_inside() -> None:
    gate = Gate()
    gate.enter()
    leaver = threading.Timer(0.2, gate.leave)
    started = time.monotonic()
    leaver.start()
    assert gate.close() == 0
    assert 0.2 <= time.monotonic() - started < gate.drain_seconds
    leaver.join()


def test_closing_waits_for_a_limited_time() -> None:
    gate = Gate()
    gate.drain_seconds = 0.1
    gate.enter()
    gate.enter()
    started = time.monotonic()
    assert gate.close() == 2
    assert 0.1 <= time.monotonic() - started < 5
