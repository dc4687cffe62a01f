"""Traffic for a metered API: a mix of good, bad and unauthorized requests, sent concurrently, each accounted for."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import cycle, islice

import urllib3

from tools.people import User

THROTTLED = 429
EXTENDED_ID_HEADER = "x-amz-apigw-id"
GOOD_PATHS = (
    "/random/strings",
    "/random/strings?len=16&num=5",
    "/random/strings?len=32&num=20&chars=digits",
    "/random/strings?len=12&chars=uppercase",
)
BAD_PATHS = ("/random/strings?len=0", "/random/strings?num=many", "/random/strings?chars=emoji")


@dataclass(frozen=True)
class Call:
    """A request to send: what it is an example of, its path, its token, and the status that it must get."""

    kind: str
    path: str
    token: str | None
    expected_status: int
    tenant: str | None


@dataclass(frozen=True)
class Answer:
    """What came back for a call.

    Attributes:
        extended_request_id: the gateway's own id of the request, its key in the table; None if there was no answer.
        status: the HTTP status; None if there was no answer.
        problem: why there was none, else None.
    """

    call: Call
    extended_request_id: str | None
    status: int | None
    problem: str | None = None

    @property
    def as_it_should_be(self) -> bool:
        """Whether the status is the call's; the stage's throttle may refuse any call, and that is a row as well."""
        return self.status in {self.call.expected_status, THROTTLED}


def plan(users: Sequence[User], requests: int, expired: Callable[[User], str] | None) -> list[Call]:
    """Lay out a run's calls: of every twenty one has no token, one a forged and one an expired one, two bad parameters.

    Args:
        users: who calls, in turn.
        requests: how many calls.
        expired: gives an expired token of a user; None leaves such calls out.
    """
    # The rare kinds first, so that a short run has them too.
    rare = ["no token", "forged token", *(["expired token"] if expired else []), "bad parameter", "bad parameter"]
    callers, good, bad = cycle(users), cycle(GOOD_PATHS), cycle(BAD_PATHS)
    calls = []
    for kind in islice(cycle([*rare, *["good"] * 15]), requests):
        user = next(callers)
        match kind:
            case "good":
                calls.append(Call(kind, next(good), user.id_token, 200, user.tenant))
            case "bad parameter":
                calls.append(Call(kind, next(bad), user.id_token, 400, user.tenant))
            case "no token":
                calls.append(Call(kind, next(good), None, 401, None))
            case "forged token":
                calls.append(Call(kind, next(good), forge(user.id_token, "somebody-else"), 401, None))
            case "expired token" if expired:
                calls.append(Call(kind, next(good), expired(user), 401, None))
    return calls


def forge(token: str, tenant: str) -> str:
    """Change the tenant in an ID token without being able to sign it anew."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["custom:tenant_id"] = tenant
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{header}.{changed}.{signature}"


def send(base_url: str, calls: Sequence[Call], clients: int = 8) -> Iterator[Answer]:
    """Send the calls from several clients at once; yields every answer as it comes, in no order.

    A call is sent once: a retry would be a second request on somebody's bill.
    """
    pool = urllib3.PoolManager(num_pools=2, maxsize=clients, block=True, retries=False, timeout=60)
    with ThreadPoolExecutor(clients, thread_name_prefix="client") as executor:
        for future in as_completed([executor.submit(_send, pool, base_url, call) for call in calls]):
            yield future.result()


def _send(pool: urllib3.PoolManager, base_url: str, call: Call) -> Answer:
    headers = {"Authorization": call.token} if call.token else {}
    try:
        response = pool.request("GET", base_url + call.path, headers=headers)
    except urllib3.exceptions.HTTPError as error:
        return Answer(call, None, None, f"{type(error).__name__}: {error}")
    return Answer(call, response.headers.get(EXTENDED_ID_HEADER), response.status)
