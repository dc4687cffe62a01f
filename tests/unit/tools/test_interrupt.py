import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

import pytest

from tools import interrupt

PROJECT = Path(__file__).parents[3]
PROGRAM = """
import os, signal
from tools import interrupt
interrupt.install()
names = {"interrupt": interrupt.raise_when_safe, "signal": signal, "os": os}
machinery = compile("interrupt(2, __import__('sys')._getframe())", "<frozen importlib._bootstrap>", "exec")
exec(machinery, names)
try:
    signal.pause()
except KeyboardInterrupt:
    print("a moment later")
"""


def test_elsewhere_it_interrupts_at_once() -> None:
    frame: FrameType = sys._getframe()
    with pytest.raises(KeyboardInterrupt):
        interrupt.raise_when_safe(signal.SIGINT, frame)


def test_within_the_import_machinery_it_interrupts_a_moment_later() -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "a moment later\n", "")
