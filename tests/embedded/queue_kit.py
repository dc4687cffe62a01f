"""What the tests of asynchronous invocation, mappings and schedules build again and again, through boto3 alone."""

import json
from dataclasses import dataclass
from typing import Any

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, make_function, make_role, unique

FAILING = "def handler(event, context): raise ValueError('no: ' + context.aws_request_id)"


@dataclass(frozen=True)
class Queue:
    aws: EmbeddedAws
    url: str
    arn: str

    def send(self, *bodies: Any) -> None:
        for body in bodies:
            client(self.aws, "sqs").send_message(QueueUrl=self.url, MessageBody=json.dumps(body))

    def take(self, wait: int = 5) -> list[dict[str, Any]]:
        """All messages there are, taken out; waits for the first."""
        sqs, found = client(self.aws, "sqs"), []
        while messages := sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=0 if found else wait,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        ).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            found += messages
        return found

    def bodies(self, wait: int = 5) -> list[Any]:
        return [json.loads(message["Body"]) for message in self.take(wait)]

    def held(self) -> int:
        """How many messages it holds, seen or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = client(self.aws, "sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(value) for value in answer["Attributes"].values())


def make_queue(aws: EmbeddedAws, **attributes: str) -> Queue:
    sqs = client(aws, "sqs")
    url = sqs.create_queue(QueueName=unique("queue"), Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Queue(aws, url, arn)


def redrive(dead: Queue, times: int) -> str:
    return json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": times})


def live(aws: EmbeddedAws, name: str) -> str:
    """A published version behind the alias `live`; gives the alias's ARN."""
    functions = client(aws, "lambda")
    version = functions.publish_version(FunctionName=name)["Version"]
    arn: str = functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)["AliasArn"]
    return arn


def function_arn(aws: EmbeddedAws, source: str, *, role: str | None = None, **settings: Any) -> str:
    return live(aws, make_function(aws, source, role=role, **settings))


def polling_role(aws: EmbeddedAws, queue: Queue, **more: str) -> str:
    actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    return make_role(aws, **{f"sqs__{action}": queue.arn for action in actions}, **more)


def client_of_user(aws: EmbeddedAws, service: str, **allowed: Any) -> Any:
    """A client of a new user who may do only `action=resource`, `:` written as `__`."""
    iam, name = client(aws, "iam"), unique("user")
    iam.create_user(UserName=name)
    statements = [
        {"Effect": "Allow", "Action": action.replace("__", ":"), "Resource": resource}
        for action, resource in allowed.items()
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return aws.session(access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"]).client(service)


def code_of(error: Any) -> tuple[str, str]:
    """Code and message of a `ClientError`."""
    told = error.value.response["Error"]
    return told["Code"], told["Message"]
