"""Calls of the transform function over Lambda's own API, so that its limits, logs and concurrency hold here as well."""

import re
import threading
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from embedded_aws.firehose.transform import PAYLOAD_LIMIT, TransformError

_TIMED_OUT = re.compile(r"Task timed out after")
_LONGEST_CALL = 310
_FAILED = "The Lambda function was successfully invoked but it returned an error result."
_BY_CODE = {
    "TooManyRequestsException": (
        "Lambda.InvokeLimitExceeded",
        "The Lambda concurrent execution limit is exceeded. Increase the concurrent execution limit.",
    ),
    "ResourceNotFoundException": (
        "Lambda.ResourceNotFound",
        "The specified Lambda function does not exist. Use a different function that does exist.",
    ),
}


class Invoker:
    """Calls functions as the account's root; the stream's role is checked before (see `access`)."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._made: Any = None

    def invoke(self, function_arn: str, payload: bytes) -> bytes:
        """Call a function and wait for its answer.

        Args:
            function_arn: with a version or alias, or without.
            payload: the event, at most 6 MB.

        Raises:
            TransformError: the call or the function failed, with AWS's code.
        """
        try:
            answer = self._client().invoke(FunctionName=function_arn, Payload=payload)
            body: bytes = answer["Payload"].read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise TransformError(*_BY_CODE.get(code, (f"Lambda.{code}", str(error)))) from error
        except BotoCoreError as error:
            raise TransformError("Lambda.InternalServerError", str(error)) from error
        if "FunctionError" in answer:
            raise _function_error(body)
        if len(body) > PAYLOAD_LIMIT:
            raise TransformError("Lambda.FunctionError", _FAILED)
        return body

    def _client(self) -> Any:
        with self._lock:  # boto3 sessions are not safe for threads; their clients are
            if self._made is None:
                once = Config(retries={"total_max_attempts": 1}, read_timeout=_LONGEST_CALL)
                self._made = self._session.client("lambda", config=once)
            return self._made


def _function_error(body: bytes) -> TransformError:
    if _TIMED_OUT.search(body.decode(errors="replace")):
        return TransformError(
            "Lambda.FunctionTimedOut",
            "The Lambda function invocation timed out. Increase the Timeout setting in the Lambda function.",
        )
    return TransformError("Lambda.FunctionError", _FAILED)
