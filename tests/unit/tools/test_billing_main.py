"""The billing commands as a process among others."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from tools.billing import __main__ as billing

def show(stack, arguments, out):
    out.show("", [])
    return 0

billing.open_stack = lambda *_: None
billing.COMMANDS = {"holds": show}
sys.exit(billing.main(["holds", "--json"]))
"""


def test_a_reader_who_has_enough_is_no_fault() -> None:
    paths = os.pathsep.join(map(str, (PROJECT, PROJECT / "lambda_src")))
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", PROGRAM]
    found = subprocess.run(  # noqa: S603 - our own program
        command, env={"PYTHONPATH": paths}, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )
    os.close(writing)
    assert (found.returncode, found.stderr) == (141, "")
