"""Waiting with a bound for what AWS makes true in its own time, and telling whoever deploys what is waited for."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

POLL_SECONDS = 2
TELL_SECONDS = 30
"""How often a wait is told of, after the first time."""
_Result = TypeVar("_Result")


def tell(message: str) -> None:
    """Show a line while the deployment runs: Pulumi shows what a provider's process writes."""
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()


class Patience:
    """The rest of a wait: each pause says what is waited for, now and then, until the time is up."""

    def __init__(
        self,
        what: str,
        seconds: float,
        *,
        poll_seconds: float = POLL_SECONDS,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._what = what
        self._seconds = seconds
        self._poll_seconds = poll_seconds
        self._sleep, self._clock = sleep or time.sleep, clock or time.monotonic
        self._begin = self._clock()
        self._tell_at = self._begin

    def is_over(self) -> bool:
        """Tell whether the time is up."""
        return self._clock() >= self._begin + self._seconds

    def pause(self) -> None:
        """Wait a little."""
        if self._clock() >= self._tell_at:
            tell(f"waiting for up to {self._seconds:.0f} s: {self._what}")
            self._tell_at = self._clock() + TELL_SECONDS
        self._sleep(self._poll_seconds)


def wait_until(done: Callable[[], bool], patience: Patience, failure: str) -> None:
    """Return when it is done.

    Raises:
        TimeoutError: it is not when the time is up, with the text of `failure`.
    """
    while not done():
        if patience.is_over():
            raise TimeoutError(failure)
        patience.pause()


def retry(action: Callable[[], _Result], is_early: Callable[[ClientError], bool], patience: Patience) -> _Result:
    """Return what the action returns, done again while AWS says that it is too early for it.

    Raises:
        ClientError: that of the last try, when the time is up or the failure is another.
    """
    while True:
        try:
            return action()
        except ClientError as error:
            if patience.is_over() or not is_early(error):
                raise
        patience.pause()


def code_of(error: ClientError) -> str:
    """Return AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
