"""boto3 sessions that reach the embedded AWS and nothing else."""

import threading
from typing import Any

import boto3
from botocore.config import Config

ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 - the embedded AWS's dummy
_LOCAL = Config(
    retries={"mode": "standard", "max_attempts": 2},
    read_timeout=120,
    max_pool_connections=32,
    s3={"addressing_style": "path"},
)


_CLIENTS: dict[tuple[str | None, ...], Any] = {}
_MAKING = threading.Lock()


class EmbeddedSession(boto3.Session):
    """A boto3 session whose every client and resource goes to one loopback endpoint.

    Args:
        endpoint_url: `http://127.0.0.1:<port>` of the embedded AWS.
        region: the Region to sign for.
        access_key, secret_key, token: credentials; the dummies `test`/`test` act as the account's root.
    """

    def __init__(
        self,
        endpoint_url: str,
        *,
        region: str = "us-east-1",
        access_key: str = ACCESS_KEY,
        secret_key: str = SECRET_KEY,
        token: str | None = None,
    ) -> None:
        super().__init__(
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=token,
            region_name=region,
        )
        self.endpoint_url = endpoint_url
        self._identity = (endpoint_url, region, access_key, secret_key, token)

    def client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:
        """Give a client of a service, bound to the embedded AWS; a plain one is shared by all sessions of its identity.

        Making a client parses its service's model, which takes longer than a call does here.
        """
        if args or kwargs:
            return super().client(service_name, *args, **self._local(kwargs))
        key = (*self._identity, service_name)
        with _MAKING:  # clients may be shared by threads, sessions may not
            if key not in _CLIENTS:
                _CLIENTS[key] = super().client(service_name, **self._local({}))
            return _CLIENTS[key]

    def resource(self, *args: Any, **kwargs: Any) -> Any:
        """Give a resource of a service, bound to the embedded AWS."""
        return super().resource(*args, **self._local(kwargs))

    def _local(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        config = _LOCAL.merge(kwargs["config"]) if kwargs.get("config") else _LOCAL
        return {"endpoint_url": self.endpoint_url, **kwargs, "config": config}
