"""Athena: SELECT and INSERT in its dialect over the tables of S3 Tables, as its caller, by its workgroup's rules.

ministack keeps workgroups, named queries and prepared statements; queries run here.
"""

import itertools
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.athena import answers, authorization, executions, workgroups
from embedded_aws.athena.executions import StartError
from embedded_aws.server import EmbeddedAws

Answer = tuple[int, dict[str, str], bytes]

_ATHENA = hooks.use(
    "ministack.services.athena",
    "_executions",
    "_get_query_results",
    "_start_query_execution",
    "handle_request",
)
_RESPONSES = hooks.use("ministack.core.responses", "AccountRegionScopedDict", "error_response_json", "json_response")
_S3 = hooks.use("ministack.services.s3", "_get_object_data")
_ROUTER = hooks.use("ministack.core.router", "extract_access_key_id")

_caller: ContextVar[iam.Principal] = ContextVar("athena_caller")
_MOST_ROWS = 1000


def install(aws: EmbeddedAws) -> None:
    """Put this part in place."""
    aws.before_stop.callback(executions.interrupt)
    authorization.install()
    workgroups.install()
    _ATHENA.handle_request = _knowing_its_caller(_ATHENA.handle_request)
    _ATHENA._start_query_execution = _Starts()
    _ATHENA._get_query_results = _get_query_results


def _knowing_its_caller(handle: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    """Wrap the service: its operations see a request's body only, but queries act as the caller."""

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        token = _caller.set(iam.caller(_ROUTER.extract_access_key_id(headers, query)))
        try:
            return await handle(method, path, headers, body, query)
        finally:
            _caller.reset(token)

    return handle_request


class _Starts:
    """StartQueryExecution, once per ClientRequestToken."""

    def __init__(self) -> None:
        self._by_token: Any = _RESPONSES.AccountRegionScopedDict()

    def __call__(self, data: dict[str, Any]) -> Answer:
        token = data.get("ClientRequestToken")
        if token not in self._by_token:
            try:
                query_id = executions.start(data, _caller.get())
            except StartError as error:
                return _error(error.message, error.code)
            if not token:
                return _json({"QueryExecutionId": query_id})
            self._by_token[token] = (data, query_id)
        first, query_id = self._by_token[token]
        if data != first:
            return _error("Idempotent parameters do not match")
        return _json({"QueryExecutionId": query_id})


def _get_query_results(data: dict[str, Any]) -> Answer:
    """Answer GetQueryResults: of a SELECT, the first page begins with the column names."""
    query_id = data.get("QueryExecutionId")
    execution = _ATHENA._executions.get(query_id)
    if execution is None:
        return _error(f"QueryExecution {query_id} was not found")
    status = execution["Status"]
    if status["State"] in {"FAILED", "CANCELLED"}:
        reason = status.get("StateChangeReason", "")
        return _error(f"Query did not finish successfully. Final query state: {status['State']}. {reason}".strip())
    if status["State"] != "SUCCEEDED":
        return _error(f"Query has not yet finished. Current state: {status['State']}")
    location = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://")
    try:
        iam.require(_caller.get(), "s3:GetObject", f"arn:aws:s3:::{location}")
    except iam.AccessDeniedError as error:
        answer: Answer = _RESPONSES.error_response_json("AccessDeniedException", str(error), 400)
        return answer
    bucket, _, key = location.partition("/")
    content = b"" if execution["_inserted"] is not None else _S3._get_object_data(bucket, key)
    if content is None:
        return _error("Could not find results. Please rerun the query.")
    return _page(execution, content, int(data.get("NextToken") or 0), int(data.get("MaxResults") or _MOST_ROWS))


def _page(execution: dict[str, Any], content: bytes, start: int, size: int) -> Answer:
    """Answer with some rows of a result file, from a position in it on; the next token is the position after them."""
    columns = execution["_columns"]
    described = [
        {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": column.name,
            "Label": column.name,
            "Type": column.type,
            "Precision": column.precision,
            "Scale": column.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": column.type == "varchar",
        }
        for column in columns
    ]
    page = list(itertools.islice(answers.read(content, start), size))
    cells = [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row, _ in page]
    after = page[-1][1] if page else len(content)
    body = {
        "UpdateCount": execution["_inserted"] or 0,
        "ResultSet": {"Rows": cells, "ResultSetMetadata": {"ColumnInfo": described}},
    }
    return _json({**body, "NextToken": str(after)} if after < len(content) else body)


def _json(body: dict[str, Any]) -> Answer:
    answer: Answer = _RESPONSES.json_response(body)
    return answer


def _error(message: str, code: str = "INVALID_INPUT") -> Answer:
    answer: Answer = _RESPONSES.error_response_json(
        "InvalidRequestException", message, 400, extra={"AthenaErrorCode": code}
    )
    return answer
