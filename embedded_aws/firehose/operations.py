"""Firehose's API: checks as AWS makes them, in front of ministack's store of streams.

ministack keeps names, tags, encryption and versions of streams; what it would do with records is replaced.
"""

import base64
import threading
from collections.abc import Callable
from typing import Any

from embedded_aws import constraints, hooks
from embedded_aws.faults.book import FAULTS, Kind
from embedded_aws.firehose import access, configuration, report, table
from embedded_aws.firehose.faults import (
    InvalidArgumentError,
    NoSuchStreamError,
    StreamBusyError,
    UnavailableError,
    unsupported,
)
from embedded_aws.firehose.records import StreamName
from embedded_aws.firehose.service import Firehose
from embedded_aws.iam import AccessDeniedError
from embedded_aws.iceberg import UnknownCatalogError
from embedded_aws.lake_formation.errors import InsufficientPermissionsError
from embedded_aws.refusals import RefusedCallError

_MINISTACK = hooks.use(
    "ministack.services.firehose",
    "_HANDLERS",
    "_create_delivery_stream",
    "_delete_delivery_stream",
    "_dest_description",
    "_put_record",
    "_put_record_batch",
    "_record_id",
    "_stream_arn",
    "_streams",
    "_update_destination",
)
_LAMBDA = hooks.use("ministack.services.lambda_svc", "_get_func_record_for_ref")
_RESPONSES = hooks.use("ministack.core.responses", "get_account_id", "json_response", "request_scope")
_ICEBERG = "IcebergDestinationConfiguration"
_BATCH_LIMIT = 4 * 1024 * 1024
_OK = 200
_SLOW_DOWN = "Slow down."
_REFUSED = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": _SLOW_DOWN}

Request = dict[str, Any]
Handler = Callable[[Request], Any]


class Operations:
    """The operations that are not ministack's."""

    def __init__(self, firehose: Firehose) -> None:
        self._firehose = firehose
        self._create = _MINISTACK._create_delivery_stream
        self._delete = _MINISTACK._delete_delivery_stream
        self._update = _MINISTACK._update_destination

    def install(self) -> None:
        """Put them in ministack's place, both for requests and for callers in the process."""
        replaced = {
            "CreateDeliveryStream": ("_create_delivery_stream", self.create_delivery_stream),
            "DeleteDeliveryStream": ("_delete_delivery_stream", self.delete_delivery_stream),
            "UpdateDestination": ("_update_destination", self.update_destination),
            "PutRecord": ("_put_record", self.put_record),
            "PutRecordBatch": ("_put_record_batch", self.put_record_batch),
        }
        for operation, kept in list(_MINISTACK._HANDLERS.items()):
            name, method = replaced.get(operation, ("", kept))
            _MINISTACK._HANDLERS[operation] = _answering(operation, method)
            if name:
                setattr(_MINISTACK, name, _MINISTACK._HANDLERS[operation])
        _MINISTACK._dest_description = self.describe_destination

    def create_delivery_stream(self, request: Request) -> Any:
        """Make a stream, as ACTIVE."""
        if request.get("DeliveryStreamType", "DirectPut") != "DirectPut":
            raise unsupported(f"DeliveryStreamType {request['DeliveryStreamType']}")
        if _ICEBERG not in request:
            raise unsupported("a destination other than Iceberg")
        stream = StreamName(_MINISTACK._stream_arn(request["DeliveryStreamName"]))
        if stream.name in _MINISTACK._streams:
            raise StreamBusyError(f"Firehose {stream.name} under accountId {stream.account} already exists")
        config = configuration.complete(request[_ICEBERG])
        destination = configuration.typed(config, version=1)
        _check_surroundings(stream, destination)
        answer = self._create({**request, _ICEBERG: config})
        if answer[0] == _OK:
            self._firehose.run(stream, destination)
        return answer

    def update_destination(self, request: Request) -> Any:
        """Change the destination's configuration; what is not given stays."""
        stored = _stored(request)
        if stored["status"] != "ACTIVE":
            raise StreamBusyError(f"Firehose {stored['name']} is not in the ACTIVE state.")
        changes = request.get("IcebergDestinationUpdate")
        if changes is None:
            raise unsupported("a destination other than Iceberg")
        old = stored["destinations"][0]["config"]
        if changes.get("AppendOnly", old["AppendOnly"]) != old["AppendOnly"]:
            raise InvalidArgumentError("AppendOnly can only be set when the Firehose stream is created")
        s3 = {**old["S3Configuration"], **changes.get("S3Configuration", {})}
        config = configuration.complete({**old, **changes, "S3Configuration": s3})
        stream = StreamName(stored["arn"])
        destination = configuration.typed(config, version=stored["version"] + 1)
        _check_surroundings(stream, destination)
        answer = self._update({**request, "IcebergDestinationUpdate": config})
        if answer[0] == _OK:
            self._firehose.reconfigure(stream, destination)
        return answer

    def delete_delivery_stream(self, request: Request) -> Any:
        """Refuse records from now on; the stream is gone once all that it held is delivered."""
        stored = _stored(request)
        stream = StreamName(stored["arn"])
        if stored["status"] == "DELETING":
            return _RESPONSES.json_response({})
        stored["status"] = "DELETING"
        if not self._firehose.holds(stream):
            self._retire(stream)
        else:
            threading.Thread(
                target=self._retire, args=(stream,), daemon=True, name=f"firehose-{stream.name}-end"
            ).start()
        return _RESPONSES.json_response({})

    def put_record(self, request: Request) -> Any:
        """Take one record."""
        self._throttle(request, 1)
        encrypted = self._accept(request, [request["Record"]])
        return _RESPONSES.json_response({"RecordId": _MINISTACK._record_id(), "Encrypted": encrypted})

    def put_record_batch(self, request: Request) -> Any:
        """Take up to 500 records of 4 MiB together."""
        records = request["Records"]
        refused = self._throttle(request, len(records))
        encrypted = self._accept(request, [record for record, no in zip(records, refused, strict=True) if not no])
        answers = [dict(_REFUSED) if no else {"RecordId": _MINISTACK._record_id()} for no in refused]
        return _RESPONSES.json_response(
            {"FailedPutCount": sum(refused), "Encrypted": encrypted, "RequestResponses": answers}
        )

    def describe_destination(self, stored: dict[str, Any]) -> dict[str, Any]:
        """Give a destination as DescribeDeliveryStream shows it."""
        return {
            "DestinationId": stored["id"],
            "IcebergDestinationDescription": configuration.described(stored["config"]),
        }

    def _throttle(self, request: Request, records: int) -> list[bool]:
        """Tell which records a fault refuses: none, some of a batch, or by an error all of them."""
        name = request["DeliveryStreamName"]
        if not FAULTS.strike(name, Kind.THROTTLE):
            return [False] * records
        refused = [True] * records
        if records > 1 and FAULTS.choose([True, False]):
            refused = [FAULTS.choose([True, False]) for _ in range(records)]
        stored = _stored(request)
        report.metrics(StreamName(stored["arn"]), {"ThrottledRecords": sum(refused)})
        if all(refused):
            raise UnavailableError(_SLOW_DOWN)
        return refused

    def _accept(self, request: Request, records: list[dict[str, str]]) -> bool:
        data = [base64.b64decode(record["Data"]) for record in records]
        if sum(len(one) for one in data) > _BATCH_LIMIT:
            raise InvalidArgumentError("Records size exceeds 4 MB limit")
        stored = _stored(request)
        if stored["status"] != "ACTIVE":
            raise UnavailableError(f"Firehose {stored['name']} is being deleted and takes no more records.")
        self._firehose.put(StreamName(stored["arn"]), data)
        return (stored["encryption"] or {}).get("Status") == "ENABLED"

    def _retire(self, stream: StreamName) -> None:
        self._firehose.end(stream)
        with _RESPONSES.request_scope(stream.account, stream.region):
            self._delete({"DeliveryStreamName": stream.name})


def _answering(operation: str, method: Handler) -> Handler:
    """Check a request against AWS's model, and turn what is refused into AWS's answer."""

    def handle(request: Request) -> Any:
        try:
            constraints.check("firehose", operation, request)
            return method(request)
        except RefusedCallError as error:
            return error.response()

    return handle


def _stored(request: Request) -> dict[str, Any]:
    name = request["DeliveryStreamName"]
    stored: dict[str, Any] | None = _MINISTACK._streams.get(name)
    if stored is None:
        raise NoSuchStreamError(f"Firehose {name} under account {_RESPONSES.get_account_id()} not found.")
    return stored


def _check_surroundings(stream: StreamName, destination: configuration.Destination) -> None:
    """Check what a stream relies on, as CreateDeliveryStream does."""
    for role_arn in {destination.role_arn, destination.errors.role_arn}:
        try:
            principal = access.assume(stream, role_arn)
        except AccessDeniedError as error:
            raise InvalidArgumentError(
                f"Firehose is unable to assume role {role_arn}. Please check the role provided."
            ) from error
        if role_arn == destination.role_arn:
            _check_table(stream, destination, principal)
    if destination.transform and _LAMBDA._get_func_record_for_ref(destination.transform.lambda_arn)[0] is None:
        raise InvalidArgumentError(
            f"The Lambda function {destination.transform.lambda_arn} does not exist. Use a function that does exist."
        )


def _check_table(stream: StreamName, destination: configuration.Destination, principal: Any) -> None:
    try:
        access.read_catalog(principal, destination)
        table.find(stream, destination)
        access.see_in_lake_formation(principal, destination)
    except UnknownCatalogError as error:
        raise unsupported(str(error)) from error
    except InsufficientPermissionsError as error:
        raise InvalidArgumentError(
            f"Access was denied when calling Glue. Please ensure that the role {destination.role_arn} has the "
            f"necessary permissions. {error}"
        ) from error
    except (AccessDeniedError, table.DeliveryError) as error:
        raise InvalidArgumentError(
            f"Role {destination.role_arn} is not authorized to perform: glue:GetTable for the given table or the table "
            "does not exist."
        ) from error
