"""The embedded AWS as a server: one process, one loopback port, one folder of its own."""

import asyncio
import contextlib
import importlib
import logging
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from hypercorn.asyncio import serve
from hypercorn.config import Config

from embedded_aws import hooks
from embedded_aws.parts import PARTS
from embedded_aws.session import EmbeddedSession

if TYPE_CHECKING:
    from embedded_aws.activity import Activity
    from embedded_aws.clock import Clock
    from embedded_aws.cloudwatch import Alarms
    from embedded_aws.controls import Controls
    from embedded_aws.firehose import Firehose
    from embedded_aws.scheduler import Scheduler

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_APP = hooks.use("ministack.app", "app")
_LOG = logging.getLogger(__name__)

ACCOUNT = "000000000000"
REGION = "us-east-1"
START_SECONDS = 30
END_SECONDS = 5.0
"""How long connections, and then the requests behind them, may take to end once the services have stopped."""


class OneServerPerProcessError(RuntimeError):
    """A second embedded AWS was started in this process."""


class EmbeddedAws:
    """AWS's services that the program uses, on loopback.

    Use it as a context manager; `url` answers as soon as the block is entered. ministack keeps its state in modules, so
    a process has one embedded AWS in its life.

    Attributes:
        url: `http://127.0.0.1:<port>`, the endpoint for every service; `account`, `region`: whose resources it holds.
        folder: all that it writes; removed at the end.
        app: the ASGI application; a part wraps it in its `install`.
        before_stop: what parts do at the stop while the services still answer; the part installed last goes first.
            `afterwards`: what they do once nothing answers any more, in the same order.
        controls: what can be asked of it over HTTP beyond AWS's own calls; `activity`: what goes on behind requests.
        clock: the time that requests, records, schedules and metrics bear; `set` and `advance` it. `alarms` live by it.
        firehose: the delivery streams: `flush`, `quiesce`, `report`; `scheduler`: the schedules: `fire` one.

    Args:
        port: 0 takes a free one.

    Raises:
        OneServerPerProcessError: the process had an embedded AWS already.
        OSError: the port is taken.
    """

    activity: "Activity"
    alarms: "Alarms"
    clock: "Clock"
    controls: "Controls"
    firehose: "Firehose"
    scheduler: "Scheduler"

    def __init__(self, port: int = 0, *, account: str = ACCOUNT, region: str = REGION) -> None:
        if "ministack.app" in sys.modules:
            raise OneServerPerProcessError("ministack keeps its state in modules: one embedded AWS per process")
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.account, self.region = account, region
        self.before_stop, self.afterwards = contextlib.ExitStack(), contextlib.ExitStack()
        self.afterwards.callback(self._socket.close)
        self._ready, self._failure = threading.Event(), ""
        try:
            self._point_ministack_here()
            self.app: AsgiApp = _APP.app
            for part in PARTS:
                importlib.import_module(part).install(self)
        except BaseException:
            self.stop()
            raise

    def session(self, **credentials: str) -> EmbeddedSession:
        """Give a boto3 session; without credentials it acts as the account's root."""
        return EmbeddedSession(self.url, region=self.region, **credentials)

    def start(self) -> Self:
        """Serve in a thread; returns when the port answers.

        Raises:
            RuntimeError: it cannot serve; all is undone, as by `stop`.
        """
        thread = threading.Thread(target=self._run, daemon=True, name="embedded-aws")
        thread.start()
        self.afterwards.callback(self._end, thread)
        if not self._ready.wait(START_SECONDS):
            self._failure = f"no answer within {START_SECONDS} s"
        if self._failure:
            self.stop()
            raise RuntimeError(f"the embedded AWS cannot serve on {self.url}: {self._failure}")
        return self

    def stop(self) -> None:
        """Deliver what is buffered, then end the server, the functions' processes and the folder.

        First the scheduler fires no more, then the gateway refuses new requests and lets those in flight write their
        access log lines (10 s at most), then what runs behind the requests may end (`activity`, 5 s), then Firehose
        delivers what it holds (`stop_seconds`, 20 s), then functions end (2 s), then connections and Firehose's threads
        (5 s each) and the alarms (2 s): 49 s at most whatever is stuck. Messages still in queues are gone.
        """
        with self.afterwards:
            self.before_stop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _point_ministack_here(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="embedded-aws-"))
        self.afterwards.callback(_restore, dict(os.environ), tempfile.tempdir, self.folder)
        # Functions' processes unpack their code in the temporary folder, and their credentials come from ministack.
        tempfile.tempdir = str(self.folder)
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(
            AUTH="true",
            GATEWAY_PORT=str(self.port),
            MINISTACK_HOST="localhost",
            MINISTACK_ACCOUNT_ID=self.account,
            MINISTACK_REGION=self.region,
            STATE_DIR=str(self.folder / "state"),
            S3_DATA_DIR=str(self.folder / "s3"),
            LAMBDA_EXECUTOR="local",
            DOCKER_HOST=f"unix://{self.folder}/no-docker.sock",
            IOT_MTLS_ENABLED="0",
            SFTP_ENABLED="0",
            LOG_LEVEL=os.environ.get("LOG_LEVEL", "ERROR"),
        )

    def _run(self) -> None:
        """Serve, in the server's thread, to the end.

        Not by `asyncio.run`, which ends only when every task and every worker thread has ended by itself.
        """
        self._loop, self._stopping = asyncio.new_event_loop(), asyncio.Event()
        self._loop.set_exception_handler(_tell)
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001 - told by `start`, or below
            self._failure = repr(error)
            if self._ready.is_set():
                _LOG.exception("the embedded AWS on %s has ended", self.url)
        finally:
            self._ready.set()
            self._loop.run_until_complete(_cancel_tasks(END_SECONDS / 2))
            self._loop.close()

    async def _serve(self) -> None:
        config = Config()
        config.bind = [f"fd://{os.dup(self._socket.fileno())}"]  # hypercorn closes it
        config.loglevel = "WARNING"
        config.keep_alive_timeout = 75
        config.graceful_timeout = 1

        async def until_stopped() -> None:
            self._ready.set()  # hypercorn waits for this trigger only once it serves
            await self._stopping.wait()

        serving = asyncio.ensure_future(serve(self._application, config, shutdown_trigger=until_stopped))  # type: ignore[arg-type]
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        # hypercorn waits for ever for a client that does not take its answer.
        await asyncio.wait({serving}, timeout=END_SECONDS / 2)
        if serving.done():
            serving.result()

    def _end(self, thread: threading.Thread) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed if it could not serve
            self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join(END_SECONDS + 1)
        if thread.is_alive():
            _LOG.error("%s: a request does not end", self.url)

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what goes wrong in the loop; a connection that the stop has ended is nothing wrong."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


async def _cancel_tasks(seconds: float) -> None:
    """Cancel all other tasks, again and again: some take a first cancellation as a wish to end tidily."""
    end = asyncio.get_running_loop().time() + seconds
    while (tasks := asyncio.all_tasks() - {asyncio.current_task()}) and asyncio.get_running_loop().time() < end:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=0.1)


def _restore(environment: dict[str, str], tempdir: str | None, folder: Path) -> None:
    tempfile.tempdir = tempdir
    os.environ.clear()
    os.environ.update(environment)
    shutil.rmtree(folder, ignore_errors=True)
