"""A plan is made by one process and run by another: what the program registers must not depend on which."""

import os
import subprocess
import sys

import pytest

from tests.unit.components.harness import ROOT


@pytest.mark.soak  # two processes of their own load all that Pulumi is
def test_two_processes_register_the_same() -> None:
    command = [sys.executable, "-m", "tests.unit.delivery.registrations"]
    processes = [
        subprocess.Popen(  # noqa: S603 - our own module
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "lambda_src"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    one, other = (process.communicate(timeout=600)[0] for process in processes)
    assert len(one) == 64
    assert one == other
