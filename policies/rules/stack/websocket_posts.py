"""A function that answers over a WebSocket may post to its connections."""

from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.api_gateway.api import API, INTEGRATION
from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Permissions
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.denied import denied_finding, lacking
from policies.rules.stack.references.variables import CALLBACK_URL, hosts
from policies.rules.values import text

_ACTION: Final = "execute-api:ManageConnections"
_WHY: Final = "Every frame ends in a ForbiddenException: the client's socket stays open and silent"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    judged: set[tuple[str, str]] = set()
    for host, role_property, path, api in _senders(index):
        role = permissions.role(host, role_property)
        if role is None or (host.urn, api.urn) in judged:
            continue
        judged.add((host.urn, api.urn))
        if lacking(permissions, role, (_ACTION,), api):
            on = f"the connections of '{api.name}'"
            yield host, denied_finding(path, role, (_ACTION,), on, _WHY)


def _senders(index: Index) -> Iterator[tuple[Resource, str, str, Resource]]:
    """(resource, property of its role, property to report, API) of what posts: whatever has the callback URL, and
    the functions of the routes."""
    for host in hosts(index):
        url = host.variables.get(CALLBACK_URL)
        api = None if url is None else index.find(url, (API,)).resource
        if api is not None:
            yield host.resource, host.role_property, host.path(CALLBACK_URL), api
    for integration in index.of_types(INTEGRATION):
        api = index.target(integration, "apiId", (API,)).resource
        function = index.target(integration, "integrationUri", (FUNCTION,)).resource
        if api is not None and function is not None and text(api.properties, "protocolType") == "WEBSOCKET":
            yield function, "role", "role", api


RULE = StackRule(
    name="stack-websocket-function-posts",
    description="The role of a function of a WebSocket API, or with its callback URL, may post to connections.",
    remediation="Allow execute-api:ManageConnections on <execution arn>/<stage>/POST/@connections/*.",
    check=_check,
)
