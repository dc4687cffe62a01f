"""The make targets' commands, run as a user runs them."""

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest
from rich.console import Console

from embedded_aws.server import EmbeddedAws
from tests.embedded.command_kit import PROJECT, command, environment, processes_of
from tests.embedded.permissions_kit import Role
from tools import check
from tools.outputs import StackOutputs


def test_the_demo_adds_up_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder, invoices = tmp_path / "tmp", tmp_path / "invoices"
    folder.mkdir()
    done = command(folder, "tools.demo", "--requests", "40", "--invoices", str(invoices))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for expected in (
        "requests sent 44 = rows in the table 44 ok",
        "rows 44 = distinct keys 44 ok",
        "malformed records put 7 = malformed records in the error bucket 7 ok",
        "requests sent 44 = answered with an id 44 ok",
        "requests sent 44 = with the right status 44 ok",
        "POST /events negative quantity 2 rejected: 2 (data.value must not be negative, got -1)",
        "the transform's log NoTime 2",
        "events accepted 96 = distinct keys in usage_events 96 ok",
        "events sent again 24 = rows beyond the keys 24 ok",
        "bad events sent to the API 6 = rejected 6 ok",
        "bad events on the stream 8 = in the error bucket 8 ok",
        "events sent 134 = answered as they should be 134 ok",
        "Firehose Lambda.ProcessingFailedStatus 7",
        "Team: monthly fee 49.00",
        "billable rows of acme 16 = calls billed 16 ok",
        "billable rows of globex 14 = calls billed 14 ok",
        "billable rows 30 = calls billed 30 ok",
        "tokens of acme 1,332,962.4 = billed 1,332,962.4 ok",
        "tokens of globex 1,333,442.4 = billed 1,333,442.4 ok",
        "usage_events of acme 24 = billed 24 ok",
        "sent again with other data 4 = told by the bills 4 ok",
        "acme's draft, USD 61.31 = GET /usage, USD 61.31 ok",
        "initech's draft, EUR 45.00 = GET /usage, EUR 45.00 ok",
    ):
        assert expected in lines
    assert any(
        re.fullmatch(r"the customers' portal was at http://127\.0\.0\.1:\S+/v1/portal; .*", line) for line in lines
    )
    assert done.stderr == ""
    assert list(folder.iterdir()) == []
    pages = sorted(path.name.rsplit("-", 1)[-1] for path in invoices.iterdir())
    assert pages == ["acme.html", "globex.html", "initech.html"]
    assert all(str(path) in lines for path in invoices.iterdir())


@pytest.mark.soak
@pytest.mark.parametrize("shown", ["pulumi up", "call the API"], ids=["deploying", "sending"])
def test_ctrl_c_stops_the_demo_without_a_traceback(tmp_path: Path, shown: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tools.demo", "--requests", "5000"],
        cwd=PROJECT,
        env={**environment(tmp_path), "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as demo:
        os.close(theirs)
        text, guard = b"", threading.Timer(90, demo.kill)
        guard.start()
        with suppress(OSError):  # the terminal's end is an error of its own
            while part := os.read(ours, 65536):
                if shown.encode() in part and shown.encode() not in text:
                    demo.send_signal(signal.SIGINT)
                text += part
        guard.cancel()
        assert demo.wait(60) == 130, text.decode()
        session = demo.pid
    os.close(ours)
    assert b"Traceback" not in text
    assert text.splitlines()[-1].endswith((b"stopped", b"stopped\x1b[?25h"))
    assert list(tmp_path.iterdir()) == []
    assert processes_of(session) == []


@pytest.mark.parametrize(
    ("file", "requests", "message"),
    [
        pytest.param("none.json", "10", "none.json", id="no outputs"),
        pytest.param("whole.json", "6000", "requests: 1 to 5000, got 6000", id="too many requests"),
    ],
)
def test_a_smoke_test_that_cannot_run_says_why(
    tmp_path: Path, outputs: StackOutputs, file: str, requests: str, message: str
) -> None:
    (tmp_path / "whole.json").write_text(json.dumps(asdict(outputs)))
    done = command(tmp_path, "tools.smoke", "--outputs", str(tmp_path / file), "--requests", requests)
    assert done.returncode == 2
    assert message in " ".join(done.stdout.split())


def test_what_does_not_add_up_is_shown_and_fails(aws: EmbeddedAws, outputs: StackOutputs) -> None:
    plan = check.Plan(requests=12, users_per_tenant=1, whole_table=False, warm_up_seconds=5, deadline_seconds=2)
    stream = (
        outputs.session()
        .client("firehose")
        .describe_delivery_stream(DeliveryStreamName=outputs.delivery_stream_name)["DeliveryStreamDescription"][
            "Destinations"
        ][0]["IcebergDestinationDescription"]
    )
    role = Role(outputs.session().client("iam"), stream["RoleARN"].rsplit("/", 1)[-1])
    printed = io.StringIO()
    with role.without("glue:UpdateTable"):
        assert check.run(outputs, plan, Console(width=120, file=printed)) is False
        aws.firehose.flush()
    lines = [" ".join(line.split()) for line in printed.getvalue().splitlines()]
    assert "requests sent 12 ≠ rows in the table 0 differs by -12" in lines
