"""The make targets' commands, run as a user runs them."""

import io
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import urllib3
from rich.console import Console

from embedded_aws.server import EmbeddedAws
from tests.embedded.permissions_kit import Role
from tools import check
from tools.outputs import StackOutputs

PROJECT = Path(__file__).parents[2]


def _environment(folder: Path) -> dict[str, str]:
    paths = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT / "lambda_src")}
    return {**paths, "TMPDIR": str(folder), "COLUMNS": "120"}


def _command(folder: Path, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", *arguments],
        cwd=PROJECT,
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def test_the_demo_adds_up_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder, invoices = tmp_path / "tmp", tmp_path / "invoices"
    folder.mkdir()
    done = _command(folder, "tools.demo", "--requests", "40", "--invoices", str(invoices))
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


@pytest.mark.parametrize("shown", ["pulumi up", "call the API"], ids=["deploying", "sending"])
def test_ctrl_c_stops_the_demo_without_a_traceback(tmp_path: Path, shown: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tools.demo", "--requests", "5000"],
        cwd=PROJECT,
        env={**_environment(tmp_path), "TERM": "xterm"},
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
    assert _processes_of(session) == []


@contextmanager
def _local(folder: Path, outputs: Path) -> Iterator[subprocess.Popen[str]]:
    server = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tools.local", "--port", "0", "--outputs", str(outputs)],
        cwd=PROJECT,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + 120
        while not outputs.exists():
            assert server.poll() is None, server.communicate()[0]
            assert time.monotonic() < end, "not ready after 120 s"
            time.sleep(0.1)
        yield server
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def _processes_of(session: int) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[3]) == session and fields[0] != "Z":
            found.append((folder / "cmdline").read_text())
    return found


def test_local_leaves_the_outputs_of_whoever_has_the_port_alone(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs.json"
    outputs.write_text("{}")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = _command(tmp_path, "tools.local", "--port", str(port), "--outputs", str(outputs))
    assert (refused.returncode, refused.stderr) == (2, "")
    assert refused.stdout == f"error: 127.0.0.1:{port}: Address already in use; choose another with PORT=\n"
    assert outputs.read_text() == "{}"


def _told(server: subprocess.Popen[str], name: str) -> str:
    """What `make local` prints behind a name."""
    assert server.stdout is not None
    for line in server.stdout:
        before, found, value = line.partition(name)
        if found and not before.strip():
            return value.strip()
    raise AssertionError(f"{name!r} is not told")


def _sees_usage_and_an_invoice(outputs: StackOutputs, email: str, password: str) -> None:
    answer = (
        outputs.session()
        .client("cognito-idp")
        .initiate_auth(
            ClientId=outputs.user_pool_client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )
    )
    token = {"Authorization": answer["AuthenticationResult"]["IdToken"]}
    usage = urllib3.request("GET", f"{outputs.rest_api_url}/usage", headers=token).json()
    assert usage["tenant_id"] == "acme"
    assert {meter["meter"] for meter in usage["meters"] if meter["by_day"]} >= {"api_calls", "tokens", "usage_events"}
    [invoice] = urllib3.request("GET", f"{outputs.rest_api_url}/invoices", headers=token).json()["invoices"]
    assert (invoice["number"], invoice["kind"], invoice["state"]) == ("INV-2026-000001", "invoice", "finalized")


def test_local_serves_the_smoke_test_and_delivers_what_it_holds_at_ctrl_c(tmp_path: Path) -> None:
    folder, outputs = tmp_path / "tmp", tmp_path / "local" / "outputs.json"
    folder.mkdir()
    with _local(folder, outputs) as server:
        exports = json.loads(outputs.read_text())
        assert _told(server, "the customers' portal: ") == exports["portal_url"]
        email, password = _told(server, "sign in as "), _told(server, "password ")
        _sees_usage_and_an_invoice(StackOutputs.from_file(outputs), email, password)
        smoke = _command(folder, "tools.smoke", "--outputs", str(outputs), "--requests", "40")
        assert smoke.returncode == 0, smoke.stdout + smoke.stderr
        text = " ".join(smoke.stdout.split())
        assert "requests sent 40 = rows in the table 40 ok" in text
        assert re.search(
            r"billable rows of acme (\d+) = calls billed \1 ok .* billable rows (\d+) = calls billed \2 ok", text
        )
        assert "events accepted 48 = distinct keys in usage_events 48 ok" in text
        assert "bad events sent to the API 6 = rejected 6 ok" in text
        assert "expired token" not in text
        firehose: Any = StackOutputs.from_file(outputs).session().client("firehose")
        for number in range(100):
            firehose.put_record(DeliveryStreamName=exports["delivery_stream_name"], Record={"Data": b"x%d" % number})
        # As a terminal does: the signal goes to every process of the group, the functions' too.
        os.killpg(server.pid, signal.SIGINT)
        printed, _ = server.communicate(timeout=40)
    assert server.returncode == 0, printed
    figures = re.search(
        r"Firehose: (\d+) records received, (\d+) rows, 107 in the error bucket, 0 undelivered", printed
    )
    assert figures is not None, printed
    assert int(figures[1]) == int(figures[2]) + 107
    assert not outputs.exists()
    assert list(folder.iterdir()) == []
    assert _processes_of(server.pid) == []


def test_a_port_that_is_taken_is_told(aws: EmbeddedAws, tmp_path: Path) -> None:
    done = _command(tmp_path, "tools.local", "--port", str(aws.port), "--outputs", str(tmp_path / "o.json"))
    assert done.returncode == 2
    assert f"error: 127.0.0.1:{aws.port}: Address already in use" in done.stdout
    assert "choose another with PORT=" in " ".join(done.stdout.split())


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
    done = _command(tmp_path, "tools.smoke", "--outputs", str(tmp_path / file), "--requests", requests)
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
