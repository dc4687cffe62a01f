"""An execution environment: the process that runs one version of one function, one invocation at a time."""

import io
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from embedded_aws import hooks
from embedded_aws.lambda_runtime import pipes
from embedded_aws.lambda_runtime.variables import variables

_WORKERS = hooks.use("ministack.core.lambda_runtime", "kill_workers")

REQUEST_LIMIT = 6_291_556
"""Bytes that a synchronous request may have (6 MB and a little, as on AWS)."""
INIT_SECONDS = 30
"""Time to import the handler's module, not counted as the invocation's. AWS gives 10; a busy machine is slower."""
BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_PAUSE = 0.005  # seconds before a full pipe is tried again
ENDING = threading.Event()
"""Set once the server stops: no process is started any more."""


class EndingError(RuntimeError):
    """The server stops, and runs no more functions."""


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
        sdk: folder of `variables.link_sdk`.

    Attributes:
        fuse: seconds after which the next invocation's process is killed, or as soon as it answers; None: it is not.
    """

    def __init__(self, name: str, config: dict[str, Any], code: bytes, *, sdk: Path) -> None:
        self.name, self.config, self._code, self._sdk = name, config, code, sdk
        self.fuse: float | None = None
        self.in_use, self.last_used = False, time.time()  # the pool's own marks
        self._proc: subprocess.Popen[bytes] | None = None  # under the name by which the pool ends it
        self._folder: Path | None = None
        self._answers, self._log = -1, bytearray()
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
            EndingError: the server stops.
        """
        timeout = float(self.config["Timeout"])
        body = json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(body) > REQUEST_LIMIT:
            return _fault("RequestEntityTooLargeException", f"Request must be smaller than {REQUEST_LIMIT} bytes")
        if self._proc is None or self._proc.poll() is not None:
            self._start()
        started = time.time()
        head = {"request_id": request_id, "function_arn": function_arn, "deadline": started + timeout}
        message = json.dumps(head)[:-1].encode() + b', "event": ' + body + b"}\n"
        answer, seconds = self._exchange(message, started + timeout), time.time() - started
        log = self._taken_log()
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

    def interrupt(self) -> None:
        """End the process at once with all that it has started; an invocation under way then ends in an error."""
        if (process := self._proc) is not None:
            pipes.kill(process)

    def kill(self) -> None:
        """End the process and remove its folder."""
        _WORKERS.kill_workers([self])

    def _exchange(self, message: bytes, deadline: float) -> bytes | None:
        """Hand over a message and wait for a line of answer; None if there is none by the deadline or the process ends.

        Reading and writing go on together: a process that fills its log's pipe does not read meanwhile.
        """
        process = self._proc
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError(f"{self.name}: the environment has not been started")
        requests, answer, sent = process.stdin.fileno(), bytearray(), 0
        ended = False
        while not ended and not answer.endswith(b"\n") and (left := deadline - time.time()) > 0:
            if sent < len(message):
                written = pipes.write(requests, message[sent : sent + pipes.CHUNK])
                sent, ended = sent + (written or 0), written is None
                if sent < len(message):
                    left = 0 if written else _PAUSE
                elif message and self.fuse is not None:
                    self._blow(process)
                    return None
            for key, _ in self._selector.select(left):
                chunk = os.read(key.fd, pipes.CHUNK)
                (answer if key.fd == self._answers else self._log).extend(chunk)
                ended = ended or not chunk
        self._log += pipes.read_all(process.stdout.fileno())
        return bytes(answer) if answer.endswith(b"\n") else None

    def _blow(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the process in mid-call: what it has done is done, and its answer is lost."""
        self._selector.select(self.fuse)
        self.fuse = None
        pipes.kill(process)

    def _taken_log(self) -> list[str]:
        lines = self._log.decode("utf-8", "replace").splitlines()
        self._log.clear()
        return lines

    def _start(self) -> None:
        self._discard_tmpdir()
        if ENDING.is_set():
            raise EndingError("the embedded AWS stops and runs no more functions")
        self._folder = Path(tempfile.mkdtemp(prefix=f"lambda-{self.name}-"))
        task = self._folder / "task"
        with zipfile.ZipFile(io.BytesIO(self._code)) as archive:
            archive.extractall(task)
        environment = variables(self.config, task=task, sdk=self._sdk, log_stream=self.log_stream)
        self._answers, write_end = os.pipe()
        self._selector = selectors.DefaultSelector()  # kept: each of its calls may cost a turn among busy threads
        self._selector.register(self._answers, selectors.EVENT_READ)
        try:
            self._proc = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                # Isolated, without site-packages and without writing into the task's folder, read-only on AWS.
                [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(BOOTSTRAP), str(write_end)],
                cwd=task,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[write_end],
                start_new_session=True,  # Ctrl-C stops the server, which still needs the transform to deliver the rest
            )
        finally:
            os.close(write_end)
        if ENDING.is_set():  # since the check above: whoever set it may have looked before there was a process
            self.interrupt()
        for pipe in (self._proc.stdin, self._proc.stdout):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        if self._proc.stdout is not None:
            self._selector.register(self._proc.stdout.fileno(), selectors.EVENT_READ)
        self._exchange(b"", time.time() + INIT_SECONDS)  # the first line says that the handler's module was imported

    def _end(self, grace: float) -> str:
        """Wait that many seconds for the process to end by itself, else end it; says how it ended as Lambda does."""
        process, self._proc = self._proc, None
        if process is None:
            return "unknown"
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            pipes.kill(process)
        status = process.wait()
        pipes.close(process)
        return f"exit status {status}" if status >= 0 else f"signal {-status}"

    def _discard_tmpdir(self) -> None:
        """Close and remove what the last process left; the pool calls it by this name after it ended the process."""
        if self._answers >= 0:
            self._selector.close()
            os.close(self._answers)
            self._answers = -1
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _fault(kind: str, text: str, log: list[str] | None = None, seconds: float = 0.0) -> Outcome:
    return Outcome({"errorType": kind, "errorMessage": text}, failed=True, log=log or [], seconds=seconds)
