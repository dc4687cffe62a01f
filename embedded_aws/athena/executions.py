"""Query executions: started under the workgroup's rules, run in a thread, their results written to S3 as the caller."""

import asyncio
import importlib
import re
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

from embedded_aws import hooks, iam
from embedded_aws.athena import metrics
from embedded_aws.athena.errors import MalformedQueryError, QueryError, ScanLimitError
from embedded_aws.athena.names import Context

if TYPE_CHECKING:
    from embedded_aws.athena.engine import Result

ATHENA = hooks.use(
    "ministack.services.athena",
    "_detect_statement_type",
    "_ensure_default_workgroup",
    "_executions",
    "_prepared_statements",
    "_workgroups",
)
_CONCURRENCY = hooks.use("ministack.core.concurrency", "run_reentrant")
_RESPONSES = hooks.use("ministack.core.responses", "AccountRegionScopedDict", "get_account_id", "get_region")
_S3 = hooks.use("ministack.services.s3", "_buckets", "_put_object")

_LONGEST_QUERY = 262_144
"""Bytes of UTF-8."""
_EXECUTE = re.compile(r"\s*EXECUTE\s+\"?(\w+)\"?(?:\s+USING\s+(.+?))?\s*;?\s*", re.IGNORECASE | re.DOTALL)
_INSERT = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*INSERT\b", re.IGNORECASE | re.DOTALL)
_ALTER = re.compile(r"\s*ALTER\s+TABLE\b", re.IGNORECASE)
_ENGINE = dict.fromkeys(("SelectedEngineVersion", "EffectiveEngineVersion"), "Athena engine version 3")
_RUNNING: set[asyncio.Task[None]] = set()
"""asyncio holds its tasks weakly; one that nothing else holds may vanish."""


class StartError(Exception):
    """A query that Athena refuses to start: InvalidRequestException and its AthenaErrorCode."""

    def __init__(self, message: str, code: str = "INVALID_INPUT") -> None:
        super().__init__(message)
        self.message, self.code = message, code


def start(data: dict[str, Any], principal: iam.Principal) -> str:
    """Start a query and give its id.

    Args:
        data: the body of StartQueryExecution.
        principal: the caller, who reads the tables and writes the results.

    Raises:
        StartError: the workgroup does not take the query, or the text is malformed.
    """
    if len(data["QueryString"].encode()) > _LONGEST_QUERY:
        raise StartError(
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length "
            f"less than or equal to {_LONGEST_QUERY}"
        )
    ATHENA._ensure_default_workgroup()
    workgroup = _workgroup(data.get("WorkGroup", "primary"))
    configuration = workgroup.get("Configuration", {})
    location = _output_location(data, configuration)
    _check_bucket(location, principal)
    execution = _execution(data, workgroup["Name"], location)
    query = _Query(execution, principal, configuration.get("BytesScannedCutoffPerQuery"))
    query.find_prepared()
    query.name_output()
    ATHENA._executions[execution["QueryExecutionId"]] = execution
    task = asyncio.get_running_loop().create_task(_CONCURRENCY.run_reentrant(query.run, thread_name="athena"))
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)
    return str(execution["QueryExecutionId"])


def interrupt() -> None:
    """Let the queries that run now fail at once."""
    if "embedded_aws.athena.engine" in sys.modules:  # else there has been none; the first may still be importing it
        importlib.import_module("embedded_aws.athena.engine").interrupt()


def _workgroup(name: str) -> dict[str, Any]:
    workgroup: dict[str, Any] | None = ATHENA._workgroups.get(name)
    if workgroup is None:
        raise StartError(f"WorkGroup {name} is not found.")
    if workgroup.get("State") == "DISABLED":
        raise StartError(f"WorkGroup {name} is disabled.")
    return workgroup


def _output_location(data: dict[str, Any], configuration: dict[str, Any]) -> str:
    """Give `s3://bucket/prefix/`: the workgroup's if it enforces its settings, else the request's before it."""
    own = configuration.get("ResultConfiguration", {}).get("OutputLocation")
    asked = data.get("ResultConfiguration", {}).get("OutputLocation")
    location = own if configuration.get("EnforceWorkGroupConfiguration") else asked or own
    if not location:
        raise StartError(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )
    return str(location if location.endswith("/") else f"{location}/")


def _check_bucket(location: str, principal: iam.Principal) -> None:
    bucket = location.removeprefix("s3://").partition("/")[0]
    refusal = f"Unable to verify/create output bucket {bucket}"
    if bucket not in _S3._buckets:
        raise StartError(refusal)
    try:
        iam.require(principal, "s3:GetBucketLocation", f"arn:aws:s3:::{bucket}")
    except iam.AccessDeniedError as error:
        raise StartError(f"{refusal}. {error}") from error


def _execution(data: dict[str, Any], workgroup: str, location: str) -> dict[str, Any]:
    """Make ministack's record of an execution; the keys with an underscore are never shown."""
    query, query_id = data["QueryString"], str(uuid.uuid4())
    kind = "DML" if _EXECUTE.fullmatch(query) else ATHENA._detect_statement_type(query)
    given = data.get("QueryExecutionContext") or {}
    suffix = "csv" if kind == "DML" else "txt"
    return {
        "QueryExecutionId": query_id,
        "Query": query,
        "StatementType": kind,
        "ResultConfiguration": {"OutputLocation": f"{location}{query_id}.{suffix}"},
        "QueryExecutionContext": {key: given[key] for key in ("Catalog", "Database") if key in given},
        "Status": {"State": "QUEUED", "SubmissionDateTime": time.time()},
        "Statistics": {"EngineExecutionTimeInMillis": 0, "DataScannedInBytes": 0},
        "WorkGroup": workgroup,
        "EngineVersion": dict(_ENGINE),
        **({"ExecutionParameters": data["ExecutionParameters"]} if data.get("ExecutionParameters") else {}),
        "_columns": [],
        "_inserted": None,
    }


class _Query:
    """One execution on its way; `run` works in a thread of its own."""

    def __init__(self, execution: dict[str, Any], principal: iam.Principal, limit: int | None) -> None:
        self._execution, self._principal, self._limit = execution, principal, limit
        self._started = time.monotonic()
        given = execution["QueryExecutionContext"]
        self._context = Context(
            catalog=given.get("Catalog", "AwsDataCatalog"),
            database=given.get("Database", "default"),
            account=_RESPONSES.get_account_id(),
            region=_RESPONSES.get_region(),
        )
        self._text, self._parameters = execution["Query"], list(execution.get("ExecutionParameters", []))
        self._using: str | None = None

    def find_prepared(self) -> None:
        """Put the prepared statement in the place of its EXECUTE.

        Raises:
            StartError: there is no such prepared statement.
        """
        called = _EXECUTE.fullmatch(self._text)
        if not called:
            return
        prepared = ATHENA._prepared_statements.get(f"{self._execution['WorkGroup']}/{called[1]}")
        if prepared is None:
            raise StartError(f"PreparedStatement {called[1]} was not found in workGroup {self._execution['WorkGroup']}")
        self._text = prepared["QueryStatement"]
        self._using = called[2]

    def name_output(self) -> None:
        """Name the output of an INSERT as Athena does: no result file, but a manifest of the files that it wrote."""
        if _INSERT.match(self._text):
            location = self._execution["ResultConfiguration"]["OutputLocation"].removesuffix(".csv")
            self._execution["ResultConfiguration"]["OutputLocation"] = location
            self._execution["SubstatementType"] = "INSERT"
            self._execution["Statistics"]["DataManifestLocation"] = f"{location}-manifest.csv"

    def run(self) -> None:
        """Run the query to its end, which GetQueryExecution shows."""
        status = self._execution["Status"]
        if status["State"] == "CANCELLED":  # by StopQueryExecution, before it ran
            return
        status["State"] = "RUNNING"
        try:
            result = self._result()
            self._write(result)
        except ScanLimitError as error:
            self._finish("CANCELLED", error)
        except QueryError as error:
            self._finish("FAILED", error)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the query must end, and say why
            self._finish("FAILED", QueryError("GENERIC_INTERNAL_ERROR", f"{type(error).__name__}: {error}", category=1))
        else:
            self._execution["_columns"] = result.columns
            self._execution["_inserted"] = result.inserted
            self._execution["Statistics"]["DataScannedInBytes"] = result.scanned
            self._finish("SUCCEEDED", None)

    def _result(self) -> "Result":
        from embedded_aws.athena import ddl, engine, insert, sql  # noqa: PLC0415 - a second to load, so not with the server

        if _ALTER.match(self._text):
            ddl.add_columns(ddl.parse(self._text), self._context, self._principal)
            return engine.Result([], b"", 0)
        parameters = sql.arguments(self._using) if self._using else self._parameters
        if _INSERT.match(self._text):
            self._may_write(self._execution["Statistics"]["DataManifestLocation"])  # else rows, and a failed query
            return insert.insert(self._text, parameters, self._context, self._principal, self._limit)
        return engine.select(self._text, parameters, self._context, self._principal, self._limit)

    def _write(self, result: "Result") -> None:
        if result.inserted is not None:
            bucket, key = self._may_write(self._execution["Statistics"]["DataManifestLocation"])
            _S3._put_object(bucket, key, result.manifest, {"content-type": "application/octet-stream"})
            return
        bucket, key = self._may_write(self._execution["ResultConfiguration"]["OutputLocation"])
        _S3._put_object(bucket, key, result.content, {"content-type": "application/octet-stream"})
        described = "\n".join(f"{column.name},{column.type}" for column in result.columns).encode()
        _S3._put_object(bucket, f"{key}.metadata", described, {"content-type": "application/octet-stream"})

    def _may_write(self, location: str) -> tuple[str, str]:
        """Give the bucket and key of an output, if the caller may write it."""
        bucket, _, key = location.removeprefix("s3://").partition("/")
        try:
            iam.require(self._principal, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
        except iam.AccessDeniedError as error:
            message = f"Access denied when writing output to url: {location} . {error}"
            raise QueryError("", message) from error
        return bucket, key

    def _finish(self, state: str, error: QueryError | None) -> None:
        status = self._execution["Status"]
        if status["State"] == "CANCELLED":  # by StopQueryExecution, while it ran
            return
        elapsed = int((time.monotonic() - self._started) * 1000)
        self._execution["Statistics"].update(EngineExecutionTimeInMillis=elapsed, TotalExecutionTimeInMillis=elapsed)
        metrics.count(self._execution, state, self._context.account, self._context.region)
        status["CompletionDateTime"] = time.time()
        if error:
            status["StateChangeReason"] = error.reason
        if error and state == "FAILED":
            kind = {
                "ErrorCategory": error.category,
                "ErrorType": 1006 if isinstance(error, MalformedQueryError) else 1000,
            }
            status["AthenaError"] = {**kind, "Retryable": False, "ErrorMessage": error.reason}
        status["State"] = state
