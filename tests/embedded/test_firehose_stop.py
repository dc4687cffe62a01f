import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.soak

HERE = Path(__file__).parent


def test_a_stop_in_mid_delivery_delivers_all_it_can_and_tells_of_the_rest() -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(HERE / "stop_in_mid_delivery.py")],
        cwd=HERE.parents[1],
        env={"PYTHONPATH": str(HERE.parents[1]), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = json.loads(done.stdout)
    assert not Path(found.pop("folder")).exists()
    assert found == {
        "held": {"rows": 300, "errors": 1, "undelivered": 0},
        "busy": {"rows": 300, "errors": 1, "undelivered": 0},
        "failing": {"rows": 0, "errors": 301, "undelivered": 0},
        "stuck": {"rows": 300, "errors": 0, "undelivered": 1},
        "blocked": {"rows": 0, "errors": 0, "undelivered": 301},
        "sum": {"received": 1505, "undelivered": 302},
        "refused": "ServiceUnavailableException",
    }
    assert "undelivered records: 301 (S3.AccessDenied" in done.stderr
    assert "undelivered records: 1 (S3.AccessDenied" in done.stderr
