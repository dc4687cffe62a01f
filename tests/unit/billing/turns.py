"""Several callers at once, one step at a time: who makes the next call to a service is drawn by lot."""

import random
import threading
from collections.abc import Callable, Sequence


class Turns:
    """Lets actors run in threads of which just one moves at a time; the same seed gives the same course."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self._condition = threading.Condition()
        self._waiting: list[int] = []
        self._running = 0
        self._next: int | None = None
        self._me = threading.local()
        self.errors: list[BaseException] = []

    def run(self, actors: Sequence[Callable[[], None]]) -> None:
        """Run actors to their ends."""
        self._running = len(actors)
        threads = [threading.Thread(target=self._act, args=(number, actor)) for number, actor in enumerate(actors)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def pause(self) -> None:
        """Let others go first, perhaps; outside of `run` nobody waits."""
        number = getattr(self._me, "number", None)
        if number is None:
            return
        with self._condition:
            self._waiting.append(number)
            self._draw()
            self._condition.wait_for(lambda: self._next == number)
            self._next = None
            self._waiting.remove(number)

    def _act(self, number: int, actor: Callable[[], None]) -> None:
        self._me.number = number
        self.pause()
        try:
            actor()
        except BaseException as error:  # noqa: BLE001 - raised by `run`
            self.errors.append(error)
        with self._condition:
            self._running -= 1
            self._draw()

    def _draw(self) -> None:
        """Choose who goes on, once everybody waits."""
        if self._waiting and len(self._waiting) == self._running:
            self._next = self.random.choice(sorted(self._waiting))
            self._condition.notify_all()
