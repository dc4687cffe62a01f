"""Forgetting: `POST /_ministack/reset` empties every service, those that the embedded AWS adds as well."""

from collections.abc import Callable

from embedded_aws import hooks

_APP = hooks.use("ministack.app", "_reset_all_state")


def on_reset(forget: Callable[[], None]) -> None:
    """Call `forget` after ministack has emptied its own services."""
    reset = _APP._reset_all_state

    def reset_all() -> None:
        reset()
        forget()

    _APP._reset_all_state = reset_all
