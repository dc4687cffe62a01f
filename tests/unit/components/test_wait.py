"""Waits end, and say now and then what they wait for."""

import pytest
from botocore.exceptions import ClientError

from components._ensure._wait import Patience, code_of, retry, wait_until
from tests.unit.components.table_kit import Clock

EARLY = ClientError({"Error": {"Code": "Early", "Message": "not yet"}}, "Do")
TOLD = "waiting for up to 100 s: AWS does it\n"


def patience(clock: Clock, seconds: float = 100) -> Patience:
    return Patience("AWS does it", seconds, poll_seconds=5, sleep=clock.sleep, clock=clock)


def test_what_is_done_already_is_not_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    wait_until(lambda: True, patience(clock), "never")
    assert retry(lambda: "done", lambda _: True, patience(clock)) == "done"
    assert (clock.now, capsys.readouterr().out) == (0, "")


def test_a_wait_is_told_of_at_once_and_every_half_minute(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    wait_until(lambda: clock.now >= 65, patience(clock), "never")
    assert (clock.now, capsys.readouterr().out) == (65, TOLD * 3)


def test_a_wait_ends_with_what_did_not_happen() -> None:
    clock = Clock()
    with pytest.raises(TimeoutError, match=r"^AWS did not$"):
        wait_until(lambda: False, patience(clock), "AWS did not")
    assert clock.now == 100


def test_an_action_is_done_again_until_it_is_no_longer_too_early(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()

    def act() -> str:
        if clock.now < 10:
            raise EARLY
        return "done"

    assert retry(act, lambda error: code_of(error) == "Early", patience(clock)) == "done"
    assert (clock.now, capsys.readouterr().out) == (10, TOLD)


@pytest.mark.parametrize(("early", "seconds"), [(True, 100), (False, 0)], ids=["time is up", "another failure"])
def test_an_action_that_fails_for_good_fails_with_its_own_error(early: bool, seconds: int) -> None:
    clock = Clock()

    def act() -> None:
        raise EARLY

    with pytest.raises(ClientError, match="not yet"):
        retry(act, lambda _: early, patience(clock))
    assert clock.now == seconds
