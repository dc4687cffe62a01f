import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, invoke, make_function, make_role, trust, unique, zip_of


def test_a_function_answers_what_its_handler_returns(aws: EmbeddedAws) -> None:
    name = make_function(aws, "def handler(event, context): return {'got': event, 'name': context.function_name}")
    assert invoke(aws, name, {"a": [1, None]}) == ({"got": {"a": [1, None]}, "name": name}, None)


def test_the_environment_is_lambdas_and_not_this_machines(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    monkeypatch.setenv("TZ", "Asia/Seoul")
    source = """
        import os, time
        def handler(event, context):
            return {"names": sorted(os.environ), "zone": time.tzname[0], "own": os.environ["OWN"], "cwd": os.getcwd()}
    """
    name = make_function(aws, source, Environment={"Variables": {"OWN": "1", "AWS_REGION": "eu-west-9"}})
    answer, error = invoke(aws, name)
    assert error is None
    assert (answer["zone"], answer["own"]) == ("UTC", "1")
    assert answer["cwd"].startswith(str(aws.folder))
    allowed = ("AWS_", "LAMBDA_", "_HANDLER", "PATH", "HOME", "TMPDIR", "LANG", "TZ", "OWN", "LC_CTYPE")
    assert [given for given in answer["names"] if not given.startswith(allowed)] == []


def test_the_sdk_is_there_and_the_servers_packages_are_not(aws: EmbeddedAws) -> None:
    name = make_function(aws, "import duckdb\ndef handler(event, context): return 1")
    assert invoke(aws, name)[0]["errorType"] == "Runtime.ImportModuleError"
    with_sdk = make_function(
        aws,
        """
        import boto3
        def handler(event, context): return boto3.client("sts").get_caller_identity()["Arn"]
        """,
        Timeout=30,
    )
    arn, error = invoke(aws, with_sdk)
    assert error is None
    assert arn.startswith(f"arn:aws:sts::{aws.account}:assumed-role/role-")


def test_each_function_acts_with_its_own_role(aws: EmbeddedAws) -> None:
    bucket = unique("bucket")
    aws.session().client("s3").create_bucket(Bucket=bucket)
    source = f"""
        import boto3
        def handler(event, context):
            boto3.client("s3").put_object(Bucket="{bucket}", Key=context.function_name, Body=b"x")
            return "written"
    """
    may = make_function(aws, source, role=make_role(aws, s3__PutObject=f"arn:aws:s3:::{bucket}/*"), Timeout=30)
    may_not = make_function(aws, source, Timeout=30)
    assert invoke(aws, may) == ("written", None)
    refused, error = invoke(aws, may_not)
    assert (refused["errorType"], error) == ("AccessDenied", "Unhandled")


def test_a_role_that_lambda_cannot_assume_is_refused(aws: EmbeddedAws) -> None:
    role = make_role(aws, service="firehose.amazonaws.com")
    for refused in (role, f"arn:aws:iam::{aws.account}:role/is-not-there"):
        with pytest.raises(ClientError, match=r"cannot be assumed by Lambda\.") as error:
            make_function(aws, "def handler(event, context): return 1", role=refused)
        assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_trust_taken_away_stops_the_function_at_its_next_cold_start(aws: EmbeddedAws) -> None:
    role = make_role(aws)
    name = make_function(aws, "def handler(event, context): return 1", role=role)
    iam = client(aws, "iam")
    iam.update_assume_role_policy(RoleName=role.split("/")[-1], PolicyDocument=trust("firehose.amazonaws.com"))
    assert invoke(aws, name)[0] == {
        "errorType": "AccessDeniedException",
        "errorMessage": "The role defined for the function cannot be assumed by Lambda.",
    }


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        pytest.param("def handler(e, c): raise KeyError('x')", "KeyError", "'x'", id="raises"),
        pytest.param(
            "class OddError(Exception): pass\ndef handler(e, c): raise OddError('why')",
            "OddError",
            "why",
            id="own class",
        ),
        pytest.param("def handler(e, c): return b''", "Runtime.MarshalError", "bytes is not JSON", id="bytes"),
        pytest.param(
            "def other(e, c): return 1", "Runtime.HandlerNotFound", "Handler 'handler' missing", id="no handler"
        ),
        pytest.param("import os\ndef handler(e, c): os._exit(3)", "Runtime.ExitError", "exit status 3", id="exits"),
        pytest.param("raise ValueError('at import')", "ValueError", "at import", id="raises at import"),
        pytest.param("def handler(e, c) return", "Runtime.UserCodeSyntaxError", "Syntax error", id="syntax"),
        pytest.param(
            "def handler(e, c): return 'x' * 6291556",
            "Function.ResponseSizeTooLarge",
            r"exceeded maximum allowed payload size \(6291556 bytes\)",
            id="response too large",
        ),
    ],
)
def test_an_error_has_its_type_and_message(aws: EmbeddedAws, source: str, kind: str, message: str) -> None:
    name = make_function(aws, source)
    for _ in range(2):  # a broken function stays broken, also when its process had to be started again
        answer, error = invoke(aws, name)
        assert (answer["errorType"], error) == (kind, "Unhandled")
        assert re.search(message, answer["errorMessage"])


def test_a_raise_keeps_the_process_and_its_state(aws: EmbeddedAws) -> None:
    source = """
        calls = 0
        def handler(event, context):
            global calls
            calls += 1
            if event == "fail":
                raise RuntimeError("now")
            return calls
    """
    name = make_function(aws, source)
    assert [invoke(aws, name, event)[0] for event in (1, "again")] == [1, 2]
    assert invoke(aws, name, "fail")[0]["errorType"] == "RuntimeError"
    assert invoke(aws, name, 1)[0] == 4


def test_a_function_over_its_time_is_stopped(aws: EmbeddedAws) -> None:
    name = make_function(aws, "import time\ndef handler(e, c): time.sleep(e)\n", Timeout=1)
    answer, error = invoke(aws, name, 30)
    assert (answer["errorType"], error) == ("Sandbox.Timedout", "Unhandled")
    assert answer["errorMessage"].endswith(" Error: Task timed out after 1.00 seconds")
    assert invoke(aws, name, 0) == (None, None)


def test_requests_of_six_megabytes_pass_and_larger_ones_do_not(aws: EmbeddedAws) -> None:
    name = make_function(aws, "def handler(e, c): return len(e)", Timeout=30)
    assert invoke(aws, name, "x" * 6_291_554) == (6_291_554, None)
    with pytest.raises(ClientError) as error:
        invoke(aws, name, "x" * 6_291_555)
    assert error.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_a_version_never_changes_and_an_alias_moves(aws: EmbeddedAws) -> None:
    functions = client(aws, "lambda")
    source = "import os\ndef handler(e, c): return [{n}, os.environ.get('SET'), c.invoked_function_arn.split(':')[-1]]"
    name = make_function(aws, source.format(n=1), Environment={"Variables": {"SET": "one"}})
    first = functions.publish_version(FunctionName=name)["Version"]
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion=first)
    functions.update_function_code(FunctionName=name, ZipFile=zip_of(source.format(n=2)))
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"SET": "two"}})
    assert invoke(aws, name, Qualifier="live")[0] == [1, "one", "live"]
    assert invoke(aws, name)[0] == [2, "two", name]
    second = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=second)
    assert invoke(aws, name, Qualifier="live")[0] == [2, "two", "live"]
    assert invoke(aws, name, Qualifier=first)[0] == [1, "one", first]


def test_the_time_of_importing_is_not_the_invocations(aws: EmbeddedAws) -> None:
    name = make_function(aws, "import time\ntime.sleep(1.2)\ndef handler(e, c): return 'done'", Timeout=1)
    assert invoke(aws, name) == ("done", None)


def test_an_interrupt_at_the_terminal_does_not_reach_a_function(aws: EmbeddedAws) -> None:
    name = make_function(aws, "import os\ndef handler(e, c): return os.getpgrp()")
    assert invoke(aws, name)[0] != os.getpgrp()


def test_concurrent_calls_get_environments_of_their_own(aws: EmbeddedAws, tmp_path: Path) -> None:
    # Each call waits for the other three: one after the other they would never end.
    source = """
        import os, pathlib, time
        def handler(event, context):
            folder = pathlib.Path(event)
            (folder / str(os.getpid())).touch()
            while len(list(folder.iterdir())) < 4:
                time.sleep(0.01)
            return os.getpid()
    """
    name = make_function(aws, source, Timeout=60)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: invoke(aws, name, str(tmp_path)), range(4)))
    assert {error for _, error in answers} == {None}
    assert {str(pid) for pid, _ in answers} == {path.name for path in tmp_path.iterdir()}
    assert len({pid for pid, _ in answers}) == 4
