"""The Python runtime inside a function's process: loads the handler, answers invocations.

It runs in a process of its own, with the standard library alone, and is started by path: it imports nothing of this
project. Invocations arrive on standard input, one JSON object a line; answers leave on the file descriptor that the
first argument names. Standard output and error are the function's log, as on AWS.
"""

import contextlib
import decimal
import importlib
import json
import logging
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

RESPONSE_LIMIT = 6_291_556
"""Bytes that a synchronous response may have (6 MB and a little, as on AWS)."""

Handler = Callable[[Any, Any], Any]
Failure = dict[str, Any]


class Context:
    """What AWS calls the context object of an invocation."""

    identity = None
    client_context = None

    def __init__(self, message: dict[str, Any]) -> None:
        self.aws_request_id: str = message["request_id"]
        self.invoked_function_arn: str = message["function_arn"]
        self._deadline: float = message["deadline"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is stopped; never negative."""
        return max(0, int((self._deadline - time.time()) * 1000))


class TextFormatter(logging.Formatter):
    """Lambda's text log format: level, UTC time, request id, message, by tabs."""

    converter = staticmethod(time.gmtime)
    request_id = ""

    def __init__(self) -> None:
        super().__init__("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Give one log line."""
        record.request_id = self.request_id
        return super().format(record)


class JsonFormatter(TextFormatter):
    """Lambda's JSON log format: the message, where it came from, and all `extra` fields."""

    own = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request_id"}

    def format(self, record: logging.LogRecord) -> str:
        """Give one log line, a JSON object."""
        line = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            **{key: value for key, value in vars(record).items() if key not in self.own},
            "requestId": self.request_id,
        }
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line |= {
                "errorType": type(error).__name__,
                "errorMessage": str(error),
                "stackTrace": traceback.format_tb(error.__traceback__),
            }
        return json.dumps(line, default=str)


def configure_logging() -> TextFormatter:
    """Give the root logger Lambda's handler, in the format and level of the function's logging configuration."""
    as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
    formatter = JsonFormatter() if as_json else TextFormatter()
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    if as_json:
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
        logging.getLogger().setLevel({"TRACE": "NOTSET", "FATAL": "CRITICAL"}.get(level, level))
    return formatter


def failure(error: BaseException, *, kind: str = "", message: str = "") -> Failure:
    """Word an error as Lambda words it: the class's name is the error's type."""
    return {
        "errorMessage": message or str(error),
        "errorType": kind or type(error).__name__,
        "requestId": "",
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def load(name: str) -> Handler | Failure:
    """Import the handler `module.function`, or give what went wrong."""
    module_name, _, function = name.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        return failure(error, kind="Runtime.ImportModuleError", message=message)
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        return failure(error, kind="Runtime.UserCodeSyntaxError", message=message)
    except Exception as error:  # noqa: BLE001 - a module's code may raise anything; it is the answer
        return failure(error)
    handler: Handler | None = getattr(module, function, None)
    if handler is None:
        missing = AttributeError(f"Handler '{function}' missing on module '{module_name}'")
        return failure(missing, kind="Runtime.HandlerNotFound")
    return handler


def _encode(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return float(value)  # as AWS's runtime does
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def call(handler: Handler, message: dict[str, Any]) -> tuple[str, bytes]:
    """Run the handler; gives `ok` or `error` and the payload as JSON."""
    try:
        result = handler(message["event"], Context(message))
    except Exception as error:  # noqa: BLE001 - whatever the function raises is its answer
        return _error(failure(error), message)
    try:
        payload = json.dumps(result, default=_encode, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        text = f"Unable to marshal response: {error}"
        return _error(failure(error, kind="Runtime.MarshalError", message=text), message)
    if len(payload) > RESPONSE_LIMIT:
        text = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
        return "error", json.dumps({"errorMessage": text, "errorType": "Function.ResponseSizeTooLarge"}).encode()
    return "ok", payload


def _error(report: Failure, message: dict[str, Any]) -> tuple[str, bytes]:
    report = {**report, "requestId": message["request_id"]}
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(json.dumps({"timestamp": now, "log_level": "ERROR", **report}))  # noqa: T201 - standard output is the log
    else:
        trace = "".join(["Traceback (most recent call last):\n", *report["stackTrace"]]) if report["stackTrace"] else ""
        print(f"[ERROR] {report['errorType']}: {report['errorMessage']}\n{trace}")  # noqa: T201 - as above
    return "error", json.dumps(report).encode()


def peak_memory() -> int:
    """Give the most memory that this process has held, in MB.

    `getrusage` is for systems without Linux's `/proc`: it counts what the server held when it started the process, too.
    """
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123 - no pathlib for one file
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Answer invocations until standard input ends; after the answer that no handler could be loaded, end."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(int(sys.argv[1]), "wb")
    with open(os.devnull) as nothing:  # noqa: PTH123 - no pathlib for one descriptor
        os.dup2(nothing.fileno(), 0)
    sys.path[:] = [os.environ["LAMBDA_TASK_ROOT"], *sys.path, os.environ["LAMBDA_RUNTIME_DIR"]]
    formatter = configure_logging()
    handler = load(os.environ["_HANDLER"])
    sys.stdout.flush()
    answers.write(b"ready\n")
    answers.flush()
    for line in requests:
        message = json.loads(line)
        formatter.request_id = message["request_id"]
        if isinstance(handler, dict):
            status, payload = "unloadable", _error(handler, message)[1]
        else:
            status, payload = call(handler, message)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(ValueError, OSError):  # the function may have closed it
                stream.flush()
        answers.write(b'{"status":"%s","memory":%d,"payload":' % (status.encode(), peak_memory()) + payload + b"}\n")
        answers.flush()
        if isinstance(handler, dict):
            return


if __name__ == "__main__":
    main()
