"""What a policy about a queue has to permit."""

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.queue_kit import client_of_user, code_of, make_queue


def test_a_batch_is_permitted_by_the_single_action(aws: EmbeddedAws) -> None:
    queue = make_queue(aws)
    user = client_of_user(aws, "sqs", sqs__SendMessage=queue.arn, sqs__DeleteMessage=queue.arn)
    entries = [{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "2"}]
    sent = user.send_message_batch(QueueUrl=queue.url, Entries=entries)
    assert [one["Id"] for one in sent["Successful"]] == ["a", "b"]
    receipt = aws.session().client("sqs").receive_message(QueueUrl=queue.url)["Messages"][0]["ReceiptHandle"]
    gone = user.delete_message_batch(QueueUrl=queue.url, Entries=[{"Id": "a", "ReceiptHandle": receipt}])
    assert [one["Id"] for one in gone["Successful"]] == ["a"]
    with pytest.raises(ClientError) as caught:
        user.change_message_visibility_batch(
            QueueUrl=queue.url, Entries=[{"Id": "a", "ReceiptHandle": receipt, "VisibilityTimeout": 1}]
        )
    code, message = code_of(caught)
    assert (code, "sqs:ChangeMessageVisibility because" in message) == ("AccessDenied", True)


def test_a_batch_is_refused_without_the_single_action(aws: EmbeddedAws) -> None:
    queue = make_queue(aws)
    user = client_of_user(aws, "sqs", sqs__SendMessageBatch=queue.arn)
    with pytest.raises(ClientError, match=r"not authorized to perform: sqs:SendMessage because"):
        user.send_message_batch(QueueUrl=queue.url, Entries=[{"Id": "a", "MessageBody": "1"}])
