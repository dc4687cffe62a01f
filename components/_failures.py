"""What becomes of an asynchronous call that fails: it is tried again, and then its event is a dead letter."""

import pulumi
import pulumi_aws as aws

from components.lambda_function import ALIAS, LambdaFunction

RETRIES = 2
"""Lambda's maximum."""


def tell_failures(
    name: str, function: LambdaFunction, dead_letters_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> None:
    """Call a function again when an asynchronous call fails; when it fails for good, its event is a dead letter.

    Args:
        name: what the logical name begins with.
        function: whose role may send to the queue.
        dead_letters_arn: ARN of the queue.
        opts: options of the resource made here.
    """
    aws.lambda_.FunctionEventInvokeConfig(
        f"{name}-failures",
        function_name=function.name,
        qualifier=ALIAS,
        maximum_retry_attempts=RETRIES,
        destination_config={"on_failure": {"destination": dead_letters_arn}},
        # Lambda refuses a destination that the function's role may not send to.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[function])),
    )
