"""What a function writes, and where it goes."""

import json

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, invoke, make_function, make_role, unique


def log_messages(aws: EmbeddedAws, group: str) -> list[str]:
    events = client(aws, "logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]


def test_the_log_goes_to_the_configured_group_as_the_role_may(aws: EmbeddedAws) -> None:
    group = f"/aws/lambda/{unique('group')}"
    client(aws, "logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{group}:*"
    role = make_role(aws, logs__CreateLogStream=arn, logs__PutLogEvents=arn)
    source = """
        import logging, sys
        def handler(event, context):
            print("printed")
            sys.stderr.write("to stderr\\n")
            logging.getLogger().warning("warned %s", event)
    """
    name = make_function(aws, source, role=role, LoggingConfig={"LogFormat": "Text", "LogGroup": group})
    assert invoke(aws, name, 1) == (None, None)
    start, *lines, end, report = log_messages(aws, group)
    assert start.startswith("START RequestId: ")
    assert end.startswith("END RequestId: ")
    assert report.startswith("REPORT RequestId: ")
    assert sorted(lines)[1:] == ["printed", "to stderr"]
    assert min(lines).startswith("[WARNING]\t20")
    assert min(lines).endswith("\twarned 1")


def test_a_log_that_the_role_may_not_write_is_lost_and_the_call_is_not(aws: EmbeddedAws) -> None:
    group = f"/aws/lambda/{unique('group')}"
    client(aws, "logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{group}:*"
    role = make_role(aws, logs__CreateLogStream=arn)
    name = make_function(
        aws, "def handler(e, c): print('lost')", role=role, LoggingConfig={"LogFormat": "Text", "LogGroup": group}
    )
    assert invoke(aws, name) == (None, None)
    assert log_messages(aws, group) == []


def test_the_json_log_format_carries_extra_fields_and_the_report(aws: EmbeddedAws) -> None:
    group = f"/aws/lambda/{unique('group')}"
    client(aws, "logs").create_log_group(logGroupName=group)
    role = make_role(aws, logs__CreateLogStream="*", logs__PutLogEvents="*")
    source = """
        import logging
        logger = logging.getLogger("part")
        def handler(event, context):
            logger.info("counted", extra={"records": 3})
            logger.debug("not shown")
            raise ValueError("bad")
    """
    logging = {"LogFormat": "JSON", "LogGroup": group, "ApplicationLogLevel": "INFO"}
    name = make_function(aws, source, role=role, LoggingConfig=logging)
    assert invoke(aws, name)[1] == "Unhandled"
    start, info, error, report = (json.loads(line) for line in log_messages(aws, group))
    assert (start["type"], report["type"], report["record"]["status"]) == ("platform.start", "platform.report", "error")
    assert {key: info[key] for key in ("level", "message", "logger", "records")} == {
        "level": "INFO",
        "message": "counted",
        "logger": "part",
        "records": 3,
    }
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "bad")
    assert info["requestId"] == error["requestId"] == start["record"]["requestId"]


def test_more_log_than_a_pipe_holds_does_not_stop_the_function(aws: EmbeddedAws) -> None:
    name = make_function(aws, "def handler(e, c):\n    print('y' * 1_000_000)\n    return 'done'", Timeout=10)
    assert invoke(aws, name) == ("done", None)


def test_log_before_a_large_event_is_read_does_not_stop_the_function(aws: EmbeddedAws) -> None:
    name = make_function(aws, "print('y' * 1_000_000)\ndef handler(e, c): return len(e)", Timeout=10)
    assert invoke(aws, name, "x" * 2_000_000) == (2_000_000, None)


def test_the_report_tells_the_functions_own_memory_and_not_the_servers(aws: EmbeddedAws) -> None:
    group = f"/aws/lambda/{unique('group')}"
    client(aws, "logs").create_log_group(logGroupName=group)
    role = make_role(aws, logs__CreateLogStream="*", logs__PutLogEvents="*")
    source = """
        def handler(event, context):
            return len(b"x" * 40_000_000)
    """
    name = make_function(aws, source, role=role, LoggingConfig={"LogFormat": "Text", "LogGroup": group})
    assert invoke(aws, name)[0] == 40_000_000
    report = log_messages(aws, group)[-1]
    assert 40 < int(report.rpartition("Max Memory Used: ")[2].split()[0]) < 80
