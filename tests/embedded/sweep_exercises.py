"""What an exercise of a role is, and what those of functions have in common."""

from abc import ABC, abstractmethod
from datetime import datetime

from ministack.core import lambda_runtime

from tests.embedded.permissions_kit import invoke
from tests.embedded.sweep_kit import Deployment


class Exercise(ABC):
    """The work of a role."""

    @abstractmethod
    def prepare(self) -> None:
        """With all permissions, bring about that there is work that asks for each of them."""

    @abstractmethod
    def work(self) -> list[str]:
        """Do the work that there is; give what is seen of a failure, nothing if there is none."""

    @abstractmethod
    def rest(self) -> None:
        """With all permissions back, let what is under way come to its end."""

    @abstractmethod
    def whole(self) -> None:
        """With all permissions back, go on as the program does by itself; fails if anything is lost."""

    def speaks(self) -> bool:
        """Tell whether what is to be logged is logged."""
        return True


class OfFunction(Exercise):
    """The work of a function, whose log tells what fails."""

    def __init__(self, deployment: Deployment, part: str) -> None:
        self.deployment, self.part = deployment, part
        names = [one["FunctionName"] for one in deployment.client("lambda").list_functions()["Functions"]]
        group = deployment.log_group(part)
        [self.function] = [
            name
            for name in names
            if deployment.client("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
            == group
        ]

    def prepare(self) -> None:
        """Begin with new environments: old ones remember what they have read."""
        lambda_runtime.reset()

    def rest(self) -> None:
        """Let messages be read, and retries succeed."""
        assert self.deployment.settle() == []

    def speaks(self) -> bool:
        """Call the function with what is no event of any kind: it complains of that."""
        lambda_runtime.reset()  # a new environment has a log stream to make
        before = len(self.deployment.lines(self.part, self.deployment.since))
        invoke(self.deployment.outputs, self.function, 1)
        return len(self.deployment.lines(self.part, self.deployment.since)) > before

    def complaints(self, since: datetime) -> list[str]:
        return self.deployment.complaints(self.part, since)


class Speaking(OfFunction):
    """A function that needs nothing but its log."""

    def work(self) -> list[str]:
        return []

    def whole(self) -> None:
        assert self.speaks() or self.part == "customer-portal"
