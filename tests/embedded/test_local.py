"""`make local`, run as a user runs it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3

from embedded_aws.server import EmbeddedAws
from tests.embedded.command_kit import PROJECT, command, environment, processes_of
from tools.outputs import StackOutputs


@contextmanager
def _local(folder: Path, outputs: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    server = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tools.local", "--port", "0", "--outputs", str(outputs), *options],
        cwd=PROJECT,
        env=environment(folder),
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


def test_local_leaves_the_outputs_of_whoever_has_the_port_alone(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs.json"
    outputs.write_text("{}")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = command(tmp_path, "tools.local", "--port", str(port), "--outputs", str(outputs))
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


def _portal_of(server: subprocess.Popen[str], outputs: StackOutputs) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Usage and invoices that the user sees whom `make local` tells of."""
    email, password = _told(server, "sign in as "), _told(server, "password ")
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
    assert usage["tenant_id"] == "sample"
    return usage, urllib3.request("GET", f"{outputs.rest_api_url}/invoices", headers=token).json()["invoices"]


@pytest.mark.soak
def test_local_has_a_month_to_look_at_if_asked(tmp_path: Path) -> None:
    folder, outputs = tmp_path / "tmp", tmp_path / "outputs.json"
    folder.mkdir()
    with _local(folder, outputs, "--sample") as server:
        usage, [invoice] = _portal_of(server, StackOutputs.from_file(outputs))
        os.killpg(server.pid, signal.SIGINT)
        server.communicate(timeout=40)
    used = {meter["meter"] for meter in usage["meters"] if meter["by_day"]}
    # On the first days of a month there may be no usage of it yet.
    assert used >= {"api_calls", "tokens", "usage_events"} or int(usage["as_of"][8:10]) == 1
    assert (invoice["number"][-7:], invoice["kind"], invoice["state"]) == ("-000001", "invoice", "finalized")


@pytest.mark.soak
def test_local_serves_the_smoke_test_and_delivers_what_it_holds_at_ctrl_c(tmp_path: Path) -> None:
    folder, outputs = tmp_path / "tmp", tmp_path / "local" / "outputs.json"
    folder.mkdir()
    with _local(folder, outputs) as server:
        exports = json.loads(outputs.read_text())
        assert _told(server, "the customers' portal: ") == exports["portal_url"]
        usage, invoices = _portal_of(server, StackOutputs.from_file(outputs))
        assert (usage["as_of"], usage["meters"], invoices) == (None, [], [])  # as a new stack is
        smoke = command(folder, "tools.smoke", "--outputs", str(outputs), "--requests", "40")
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
    assert processes_of(server.pid) == []


def test_a_port_that_is_taken_is_told(aws: EmbeddedAws, tmp_path: Path) -> None:
    done = command(tmp_path, "tools.local", "--port", str(aws.port), "--outputs", str(tmp_path / "o.json"))
    assert done.returncode == 2
    assert f"error: 127.0.0.1:{aws.port}: Address already in use" in done.stdout
    assert "choose another with PORT=" in " ".join(done.stdout.split())


@pytest.mark.soak
def test_local_serves_what_lake_formation_guards(tmp_path: Path) -> None:
    folder, outputs = tmp_path / "tmp", tmp_path / "outputs.json"
    folder.mkdir()
    with _local(folder, outputs, "--mode", "lakeformation") as server:
        exports = json.loads(outputs.read_text())
        assert (exports["athena_catalog"], exports["database_name"]) == ("AwsDataCatalog", "saas_metering_dev_metering")
        smoke = command(folder, "tools.smoke", "--outputs", str(outputs), "--requests", "20")
        assert smoke.returncode == 0, smoke.stdout + smoke.stderr
        os.killpg(server.pid, signal.SIGINT)
        told, _ = server.communicate(timeout=60)
    assert ", 0 undelivered" in " ".join(told.split())
