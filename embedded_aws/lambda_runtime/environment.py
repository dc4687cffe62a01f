"""An execution environment: the process that runs one version of one function, one invocation at a time."""

import importlib.util
import io
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from embedded_aws import hooks, iam

_WORKERS = hooks.use("ministack.core.lambda_runtime", "execution_credentials", "kill_workers")

REQUEST_LIMIT = 6_291_556
"""Bytes that a synchronous request may have (6 MB and a little, as on AWS)."""
BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What AWS's Python runtimes carry beside the standard library, and what that needs."""


def link_sdk(folder: Path) -> None:
    """Make a folder that holds AWS's SDK and nothing else of this process's packages.

    A function that imports what is neither in its zip nor in AWS's runtime must fail here too.
    """
    folder.mkdir(parents=True)
    for name in SDK:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{name} is part of AWS's Python runtime and must be installed", name=name)
        source = Path(spec.origin)
        source = source.parent if source.name == "__init__.py" else source
        (folder / source.name).symlink_to(source)


@dataclass(frozen=True)
class Outcome:
    """What one invocation came to.

    Attributes:
        payload: the handler's answer, or the error object if `failed`.
        failed: the function did not answer properly.
        log: the lines that the function wrote.
        memory: peak memory of the process in MB.
        seconds: how long it took.
    """

    payload: Any
    failed: bool = False
    log: list[str] = field(default_factory=list)
    memory: int = 0
    seconds: float = 0.0


class Environment:
    """One process for one version of a function; ministack's pool lends it to one invocation at a time.

    Args:
        name: the function's name.
        config: its configuration, as Lambda shows it.
        code: its zip.
        sdk: folder of `link_sdk`.
    """

    def __init__(self, name: str, config: dict[str, Any], code: bytes, *, sdk: Path) -> None:
        self.name, self.config, self._code, self._sdk = name, config, code, sdk
        self.in_use, self.last_used = False, time.time()  # the pool's own marks
        self._proc: subprocess.Popen[bytes] | None = None  # under the name by which the pool ends it
        self._folder: Path | None = None
        self._answers = -1
        today = datetime.now(UTC)
        self.log_stream = f"{today:%Y/%m/%d}/[{config['Version']}]{uuid.uuid4().hex}"

    def invoke(self, event: Any, request_id: str, function_arn: str) -> Outcome:
        """Run the handler with an event.

        Args:
            event: any JSON value.
            request_id: the invocation's id.
            function_arn: the ARN by which the caller named the function.

        Returns:
            The answer; errors, timeouts and ends of the process are answers too.

        Raises:
            iam.AccessDeniedError: Lambda may not assume the function's role.
        """
        timeout = float(self.config["Timeout"])
        body = json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(body) > REQUEST_LIMIT:
            return _fault("RequestEntityTooLargeException", f"Request must be smaller than {REQUEST_LIMIT} bytes")
        if self._proc is None or self._proc.poll() is not None:
            self._start()
        started = time.time()
        head = {"request_id": request_id, "function_arn": function_arn, "deadline": started + timeout}
        answer, log = self._exchange(json.dumps(head)[:-1].encode() + b', "event": ' + body + b"}\n", started + timeout)
        seconds = time.time() - started
        if answer is not None:
            parsed = json.loads(answer)
            if parsed["status"] == "unloadable":
                self._end(1)
            return Outcome(parsed["payload"], parsed["status"] != "ok", log, parsed["memory"], seconds)
        timed_out = seconds >= timeout
        code = self._end(0 if timed_out else 1)
        if timed_out:
            text = f"Task timed out after {timeout:.2f} seconds"
            log.append(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {request_id} {text}")
            return _fault("Sandbox.Timedout", f"RequestId: {request_id} Error: {text}", log, seconds)
        text = f"RequestId: {request_id} Error: Runtime exited with error: {code}"
        log.append(text)
        return _fault("Runtime.ExitError", text, log, seconds)

    def kill(self) -> None:
        """End the process and remove its folder."""
        _WORKERS.kill_workers([self])

    def _exchange(self, message: bytes, deadline: float) -> tuple[bytes | None, list[str]]:
        """Hand over a message and wait for the answer; None if there is none by the deadline or the process ends."""
        process = self._proc
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError(f"{self.name}: the environment has not been started")
        answer, log = bytearray(), bytearray()
        try:
            process.stdin.write(message)
            process.stdin.flush()
        except BrokenPipeError:  # it ended meanwhile; its last words are in the log
            return None, _lines(log + _read_all(process.stdout.fileno()))
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ, answer)
            selector.register(process.stdout.fileno(), selectors.EVENT_READ, log)
            while not answer.endswith(b"\n") and (left := deadline - time.time()) > 0:
                for key, _ in selector.select(left):
                    chunk = os.read(key.fd, 1 << 20)
                    key.data.extend(chunk)
                    if not chunk:
                        selector.unregister(key.fd)
                if len(selector.get_map()) < 2:  # noqa: PLR2004 - one of the two ends was closed: the process is ending
                    break
        log += _read_all(process.stdout.fileno())
        return (bytes(answer) if answer.endswith(b"\n") else None), _lines(log)

    def _start(self) -> None:
        self._discard_tmpdir()
        self._folder = Path(tempfile.mkdtemp(prefix=f"lambda-{self.name}-"))
        task = self._folder / "task"
        with zipfile.ZipFile(io.BytesIO(self._code)) as archive:
            archive.extractall(task)
        self._answers, write_end = os.pipe()
        try:
            self._proc = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                # Isolated, without site-packages and without writing into the task's folder, read-only on AWS.
                [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(BOOTSTRAP), str(write_end)],
                cwd=task,
                env=self._variables(task),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[write_end],
            )
        finally:
            os.close(write_end)
        if self._proc.stdout is not None:
            os.set_blocking(self._proc.stdout.fileno(), False)

    def _variables(self, task: Path) -> dict[str, str]:
        """Give the process's environment: what AWS sets, the function's own, and nothing of this machine's."""
        arn, logging = self.config["FunctionArn"].split(":"), self.config.get("LoggingConfig") or {}
        account, region = arn[4], arn[3]
        function = ":".join(arn[:7])
        # Assumed at every cold start, as on AWS: a role that stopped to trust Lambda stops the function.
        iam.service_role(
            self.config["Role"],
            "lambda.amazonaws.com",
            {"aws:SourceAccount": account, "aws:SourceArn": function},
            self.name[:64],
        )
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
            **((self.config.get("Environment") or {}).get("Variables") or {}),
            **_WORKERS.execution_credentials({**self.config, "FunctionArn": function}),
            "PATH": os.defpath,
            "HOME": str(self._folder),
            "TMPDIR": str(self._folder),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": str(task),
            "LAMBDA_RUNTIME_DIR": str(self._sdk),
            "_HANDLER": self.config["Handler"],
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.config['Runtime']}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.config["Version"],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.config["MemorySize"]),
            "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
            "AWS_LAMBDA_LOG_FORMAT": logging.get("LogFormat", "Text"),
            "AWS_LAMBDA_LOG_LEVEL": logging.get("ApplicationLogLevel", "INFO"),
        }

    def _end(self, grace: float) -> str:
        """Wait that many seconds for the process to end by itself, else end it; says how it ended as Lambda does."""
        process, self._proc = self._proc, None
        if process is None:
            return "unknown"
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
        status = process.wait()
        _close(process)
        return f"exit status {status}" if status >= 0 else f"signal {-status}"

    def _discard_tmpdir(self) -> None:
        """Close and remove what the last process left; the pool calls it by this name after it ended the process."""
        if self._answers >= 0:
            os.close(self._answers)
            self._answers = -1
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:  # what was not yet written has no reader left
                continue


def _read_all(descriptor: int) -> bytes:
    """Read what a non-blocking descriptor holds now."""
    found = bytearray()
    while True:
        try:
            chunk = os.read(descriptor, 1 << 20)
        except BlockingIOError:
            return bytes(found)
        if not chunk:
            return bytes(found)
        found += chunk


def _lines(log: bytes | bytearray) -> list[str]:
    return bytes(log).decode("utf-8", "replace").splitlines()


def _fault(kind: str, text: str, log: list[str] | None = None, seconds: float = 0.0) -> Outcome:
    return Outcome({"errorType": kind, "errorMessage": text}, failed=True, log=log or [], seconds=seconds)
