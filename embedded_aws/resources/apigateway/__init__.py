"""API Gateway REST APIs: what they contain, their deployments and stages."""

from embedded_aws.resources._creator import Creator
from embedded_aws.resources.apigateway.api import Authorizer, RequestValidator, Response, RestApi
from embedded_aws.resources.apigateway.deployment import Deployment, MethodSettings, Stage
from embedded_aws.resources.apigateway.method import Integration, Method, Resource

CREATORS: tuple[Creator, ...] = (
    RestApi(),
    Authorizer(),
    RequestValidator(),
    Response(),
    Resource(),
    Method(),
    Integration(),
    Deployment(),
    Stage(),
    MethodSettings(),
)
