"""What customers of a metered API call: usage events in, their own usage and bills out, and a page that shows both."""

from typing import NotRequired, TypedDict

import pulumi

from components import _rules
from components._customer_functions import CustomerParts, customer_functions
from components.catalog import check_catalog
from components.queried_lake import QueriedLakeArgs
from components.routes import RouteArgs
from components.shown_billing import ShownBillingArgs
from components.stream import StreamArgs
from components.watched import WatchedEventsArgs


class CustomerApiArgs(TypedDict):
    """Inputs of `CustomerApi`."""

    lake: QueriedLakeArgs
    """The lake whose rows are behind the lines of invoices."""
    billing: ShownBillingArgs
    """The billing whose usage and invoices are shown."""
    catalog: str
    """Meters and plans as JSON text: what events must be like."""
    events: StreamArgs
    """The stream that usage events go to."""
    log_retention_days: NotRequired[int]
    """Days that log events are kept, one of CloudWatch Logs' periods; 30 if absent."""


class CustomerApi(pulumi.ComponentResource):
    """The functions behind `/events`, `/usage`, `/invoices` and `/portal`, each for the tenant in the caller's token.

    Creates: five functions, each with a role of its own. Hands on: `routes` to `MeteredApi`.
    """

    routes: list[RouteArgs]
    """The routes that lead to the functions; none is billable, and all but the page need a token."""

    def __init__(self, name: str, args: CustomerApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("saas-metering:index:CustomerApi", name, {}, opts)
        functions = customer_functions(
            name,
            CustomerParts(
                lake=args["lake"],
                billing=args["billing"],
                catalog=args["catalog"],
                events=args["events"],
                log_retention_days=args.get("log_retention_days", 30),
            ),
            pulumi.ResourceOptions(parent=self),
        )

        def route(method: str, path: str, function: str) -> RouteArgs:
            return {"method": method, "path": path, "function": functions[function].arn, "billable": False}

        self.routes = [
            route("POST", "/events", "events"),
            route("GET", "/usage", "usage"),
            route("GET", "/invoices", "invoices"),
            route("GET", "/invoices/{number}", "invoices"),
            route("GET", "/invoices/{number}/lines/{line}", "lines"),
            route("GET", "/invoices/{number}/lines/{line}/rows", "lines"),
            {**route("GET", "/portal", "portal"), "authorize": False},
        ]
        self._watched: WatchedEventsArgs = {
            "function_name": functions["events"].name,
            "log_group_name": functions["events"].log_group_name,
        }
        self.register_outputs({"routes": self.routes})

    def to_watch(self) -> WatchedEventsArgs:
        """Return what a component that watches the taking of events needs."""
        return self._watched


def _check(name: str, args: CustomerApiArgs) -> None:
    _rules.check_retention(f"{name}: log_retention_days", int(args.get("log_retention_days", 30)))
    check_catalog(f"{name}: catalog", args["catalog"])
