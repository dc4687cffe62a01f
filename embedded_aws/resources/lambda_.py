"""Lambda functions, their aliases and who may invoke them."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, partition, retag, tag_outputs
from embedded_aws.resources._creator import Creator, InputError, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "ResourceNotFoundException"
_UNLIMITED = -1
_POLL = {"Delay": 0.05, "MaxAttempts": 600}  # the waiter's own delay, a second, is made for a far service


def invoke_arn(session: boto3.Session, function_arn: str) -> str:
    """The URI by which API Gateway integrates a function, a version or an alias."""
    path = f"path/2015-03-31/functions/{function_arn}/invocations"
    return f"arn:{partition(session)}:apigateway:{session.region_name}:lambda:{path}"


class Function(Creator):
    """`aws.lambda_.Function` from a zip; its id is its name. `version` is the newest published one, else `$LATEST`."""

    pulumi_type = "aws:lambda/function:Function"
    shape: ClassVar[Shape] = {
        "name": "FunctionName",
        "role": "Role",
        "handler": "Handler",
        "runtime": "Runtime",
        "architectures": "Architectures",
        "description": "Description",
        "memorySize": "MemorySize",
        "timeout": "Timeout",
        "packageType": "PackageType",
        "layers": "Layers",
        "kmsKeyArn": "KMSKeyArn",
        "tags": "Tags",
        "environment": ("Environment", {"variables": "Variables"}),
        "ephemeralStorage": ("EphemeralStorage", {"size": "Size"}),
        "tracingConfig": ("TracingConfig", {"mode": "Mode"}),
        "deadLetterConfig": ("DeadLetterConfig", {"targetArn": "TargetArn"}),
        "loggingConfig": (
            "LoggingConfig",
            {
                "logFormat": "LogFormat",
                "logGroup": "LogGroup",
                "applicationLogLevel": "ApplicationLogLevel",
                "systemLogLevel": "SystemLogLevel",
            },
        ),
    }
    kept = frozenset({"code", "publish", "reservedConcurrentExecutions", "skipDestroy", "sourceCodeHash"})
    replace_on = frozenset({"name", "packageType"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        if not isinstance(args.get("code"), bytes):
            raise InputError(
                f"{self.pulumi_type} {name}: code must be a zip archive, got {type(args.get('code')).__name__}"
            )
        functions = client(session, "lambda")
        functions.create_function(
            **self._parameters(args) | {"FunctionName": name},
            Code={"ZipFile": args["code"]},
            Tags=args.get("Tags", {}),
            Publish=bool(args.get("publish")),
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=_POLL)
        self._limit(functions, name, {}, args)
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the function's configuration and newest version."""
        functions = client(session, "lambda")
        answer = found(functions.get_function, _GONE, FunctionName=id_)
        if answer is None:
            return None
        config = answer["Configuration"]
        pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=id_)
        numbers = [int(one["Version"]) for page in pages for one in page["Versions"] if one["Version"] != "$LATEST"]
        version = str(max(numbers)) if numbers else "$LATEST"
        qualified = f"{config['FunctionArn']}:{version}"
        reserved = answer.get("Concurrency", {}).get("ReservedConcurrentExecutions", _UNLIMITED)
        return {
            **{key: value for key, value in from_aws(self.shape, config).items() if value not in ("", [])},
            "arn": config["FunctionArn"],
            "invokeArn": invoke_arn(session, config["FunctionArn"]),
            "qualifiedArn": qualified,
            "qualifiedInvokeArn": invoke_arn(session, qualified),
            "version": version,
            "codeSha256": config["CodeSha256"],
            "sourceCodeSize": config["CodeSize"],
            "lastModified": config["LastModified"],
            "reservedConcurrentExecutions": reserved,
            "region": session.region_name,
            **tag_outputs(answer.get("Tags")),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        functions = client(session, "lambda")
        updated = functions.get_waiter("function_updated_v2")
        settings = self._parameters(args)
        # What was taken out of the program goes back to Lambda's default.
        functions.update_function_configuration(
            **{"Description": "", "Environment": {"Variables": {}}, "MemorySize": 128, "Timeout": 3}
            | {key: value for key, value in settings.items() if key not in ("Architectures", "PackageType")}
            | {"FunctionName": id_}
        )
        updated.wait(FunctionName=id_, WaiterConfig=_POLL)
        architectures = {key: settings[key] for key in ("Architectures",) if key in settings}
        functions.update_function_code(FunctionName=id_, ZipFile=args["code"], **architectures)
        updated.wait(FunctionName=id_, WaiterConfig=_POLL)
        if args.get("publish"):
            functions.publish_version(FunctionName=id_)
        self._limit(functions, id_, olds, args)
        retag(
            olds,
            args.get("Tags", {}),
            lambda changed: functions.tag_resource(Resource=olds["arn"], Tags=changed),
            lambda gone: functions.untag_resource(Resource=olds["arn"], TagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:
        """Delete the function with its versions, unless `skipDestroy` keeps it."""
        if not outputs.get("skipDestroy"):
            found(client(session, "lambda").delete_function, _GONE, FunctionName=id_)

    def _parameters(self, args: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in args.items() if key not in self.kept and key != "Tags"}

    def _limit(self, functions: Any, name: str, olds: Mapping[str, Any], args: Mapping[str, Any]) -> None:
        reserved = args.get("reservedConcurrentExecutions", _UNLIMITED)
        if reserved != _UNLIMITED:
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        elif olds.get("reservedConcurrentExecutions", _UNLIMITED) != _UNLIMITED:
            functions.delete_function_concurrency(FunctionName=name)


class Alias(Creator):
    """`aws.lambda_.Alias`; its id is its ARN."""

    pulumi_type = "aws:lambda/alias:Alias"
    shape: ClassVar[Shape] = {
        "name": "Name",
        "functionName": "FunctionName",
        "functionVersion": "FunctionVersion",
        "description": "Description",
        "routingConfig": ("RoutingConfig", {"additionalVersionWeights": "AdditionalVersionWeights"}),
    }
    replace_on = frozenset({"name", "functionName"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        return str(client(session, "lambda").create_alias(**args | {"Name": name})["AliasArn"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the version that the alias names."""
        function, name = id_.rsplit(":", 2)[1:]
        answer = found(client(session, "lambda").get_alias, _GONE, FunctionName=function, Name=name)
        if answer is None:
            return None
        read = {key: value for key, value in from_aws(self.shape, answer).items() if value}
        return {
            **read,
            "functionName": function,
            "arn": id_,
            "invokeArn": invoke_arn(session, id_),
            "region": session.region_name,
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        function, name = id_.rsplit(":", 2)[1:]
        whole = {"Description": "", "RoutingConfig": {}} | args | {"FunctionName": function, "Name": name}
        client(session, "lambda").update_alias(**whole)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the alias."""
        function, name = id_.rsplit(":", 2)[1:]
        found(client(session, "lambda").delete_alias, _GONE, FunctionName=function, Name=name)


class Permission(Creator):
    """`aws.lambda_.Permission`; its id is the import form `<function>[:<qualifier>]/<statement>`.

    pulumi-aws's own id, the statement's, would not find it again.
    """

    pulumi_type = "aws:lambda/permission:Permission"
    shape: ClassVar[Shape] = {
        "action": "Action",
        "function": "FunctionName",
        "principal": "Principal",
        "qualifier": "Qualifier",
        "sourceAccount": "SourceAccount",
        "sourceArn": "SourceArn",
        "statementId": "StatementId",
    }
    kept = frozenset({"statementIdPrefix"})
    replace_on = frozenset({*shape, "statementIdPrefix"})
    named_by = "statementId"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        parameters = {key: value for key, value in args.items() if key not in self.kept}
        client(session, "lambda").add_permission(**parameters | {"StatementId": name})
        function = str(args["FunctionName"]).rsplit(":", 1)[-1]
        return f"{function}{':' + args['Qualifier'] if 'Qualifier' in args else ''}/{name}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the statement back as the arguments that made it."""
        place, sid = id_.split("/")
        function, _, qualifier = place.partition(":")
        where = {"FunctionName": function} | ({"Qualifier": qualifier} if qualifier else {})
        answer = found(client(session, "lambda").get_policy, _GONE, **where)
        statements = json.loads(answer["Policy"])["Statement"] if answer else []
        statement = next((one for one in statements if one["Sid"] == sid), None)
        if statement is None:
            return None
        principal = statement["Principal"]
        condition = statement.get("Condition", {})
        source_arn = condition.get("ArnLike", {}).get("AWS:SourceArn")
        source_account = condition.get("StringEquals", {}).get("AWS:SourceAccount")
        return {
            "statementId": sid,
            "action": statement["Action"],
            "principal": principal if isinstance(principal, str) else principal.get("Service", principal.get("AWS")),
            "region": session.region_name,
            **({"qualifier": qualifier} if qualifier else {}),
            **({"sourceArn": source_arn} if source_arn else {}),
            **({"sourceAccount": source_account} if source_account else {}),
            "function": function,
        }

    def _outputs(self, session: boto3.Session, id_: str, inputs: Mapping[str, Any]) -> Outputs:
        # `function` may be given as an ARN; it stays as given, as in pulumi-aws.
        return super()._outputs(session, id_, inputs) | {"function": inputs["function"]}

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Take the statement out of the function's policy."""
        place, sid = id_.split("/")
        function, _, qualifier = place.partition(":")
        where = {"FunctionName": function} | ({"Qualifier": qualifier} if qualifier else {})
        found(client(session, "lambda").remove_permission, _GONE, **where, StatementId=sid)


CREATORS: tuple[Creator, ...] = (Function(), Alias(), Permission())
