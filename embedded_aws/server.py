"""The embedded AWS as a server: one process, one loopback port, one folder of its own."""

import asyncio
import importlib
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
from embedded_aws.session import EmbeddedSession

if TYPE_CHECKING:
    from embedded_aws.firehose import Firehose

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_APP = hooks.use("ministack.app", "app")
_WORKERS = hooks.use("ministack.core.lambda_runtime", "reset")

ACCOUNT = "000000000000"
REGION = "us-east-1"
PARTS = (
    "embedded_aws.lambda_runtime",
    "embedded_aws.cognito",
    "embedded_aws.s3_tables",
    "embedded_aws.glue",
    "embedded_aws.cloud_control",
    "embedded_aws.athena",
    "embedded_aws.firehose",
    "embedded_aws.gateway",
)
"""What is added to ministack, in the order in which it is put in place; each module has `install(aws)`."""


class OneServerPerProcessError(RuntimeError):
    """A second embedded AWS was started in this process."""


class EmbeddedAws:
    """AWS's services that the program uses, on loopback.

    Use it as a context manager; `url` answers as soon as the block is entered. ministack keeps its state in modules, so a
    process has one embedded AWS in its life.

    Attributes:
        url: `http://127.0.0.1:<port>`, the endpoint for every service.
        account, region: whose resources it holds.
        folder: all that it writes; removed at the end.
        app: the ASGI application; a part wraps it in its `install`.
        before_stop: what must be done while the services still answer (Firehose delivers what it holds), in order.
        firehose: the delivery streams: `flush`, `quiesce`, `report`.

    Args:
        port: 0 takes a free one.

    Raises:
        OneServerPerProcessError: the process had an embedded AWS already.
        OSError: the port is taken.
    """

    firehose: "Firehose"

    def __init__(self, port: int = 0, *, account: str = ACCOUNT, region: str = REGION) -> None:
        if "ministack.app" in sys.modules:
            raise OneServerPerProcessError("ministack keeps its state in modules: one embedded AWS per process")
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.account, self.region = account, region
        self.before_stop: list[Callable[[], None]] = []
        self._environment = dict(os.environ)
        self._tempdir = tempfile.tempdir
        self.folder = Path(tempfile.mkdtemp(prefix="embedded-aws-"))
        self._point_ministack_here()
        self.app: AsgiApp = _APP.app
        for part in PARTS:
            importlib.import_module(part).install(self)

    def session(self, **credentials: str) -> EmbeddedSession:
        """Give a boto3 session; without credentials it acts as the account's root."""
        return EmbeddedSession(self.url, region=self.region, **credentials)

    def start(self) -> Self:
        """Serve in a thread; returns when the port answers."""
        ready = threading.Event()
        self._thread = threading.Thread(
            target=asyncio.run, args=(self._serve(ready),), daemon=True, name="embedded-aws"
        )
        self._thread.start()
        if not ready.wait(timeout=30):
            raise TimeoutError("the embedded AWS did not start within 30 s")
        return self

    def stop(self) -> None:
        """Deliver what is buffered, then end the server, the functions' processes and the folder."""
        try:
            for action in self.before_stop:
                action()
        finally:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(timeout=15)
            _WORKERS.reset()
            tempfile.tempdir = self._tempdir
            os.environ.clear()
            os.environ.update(self._environment)
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _point_ministack_here(self) -> None:
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

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        config = Config()
        config.bind = [f"fd://{self._socket.fileno()}"]
        config.loglevel = "WARNING"
        config.keep_alive_timeout = 75
        config.graceful_timeout = 1

        async def until_stopped() -> None:
            ready.set()  # hypercorn waits for this trigger only once it serves
            await self._stopping.wait()

        await serve(self._application, config, shutdown_trigger=until_stopped)  # type: ignore[arg-type]

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
