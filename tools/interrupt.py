"""Ctrl-C at any moment: a KeyboardInterrupt that never leaves Python's import lock held."""

import signal
from types import FrameType

_AGAIN_SECONDS = 0.02
_IMPORT_MACHINERY = "<frozen importlib._bootstrap>"


def install() -> None:
    """Let Ctrl-C raise KeyboardInterrupt, a moment later if the import machinery is at work just now.

    Between taking its lock and guarding it, an exception would leave the lock held, and every other thread that imports
    would wait for ever (seen with Python 3.11).
    """
    signal.signal(signal.SIGALRM, raise_when_safe)
    signal.signal(signal.SIGINT, raise_when_safe)


def raise_when_safe(_number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, or come again by an alarm; a signal handler.

    Raises:
        KeyboardInterrupt: the interrupted code is not the import machinery's own.
    """
    if frame is not None and frame.f_code.co_filename == _IMPORT_MACHINERY:
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS)
        return
    raise KeyboardInterrupt
