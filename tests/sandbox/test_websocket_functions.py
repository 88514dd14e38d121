"""Functions behind the routes of a WebSocket API."""

import pytest
from websockets.sync.client import connect

from tests.sandbox.clients import websocket_url
from tests.sandbox.harness import Emulator

pytestmark = pytest.mark.sandbox

MEETING = """
import os, pathlib, tempfile, time
def handler(event, context):
    if event["requestContext"]["routeKey"] != "meet":
        return {"statusCode": 200}
    place = pathlib.Path(tempfile.gettempdir(), "meeting")
    place.mkdir(exist_ok=True)
    (place / event["requestContext"]["connectionId"].replace("/", "_")).touch()
    deadline = time.monotonic() + 8
    while len(list(place.iterdir())) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    return {"statusCode": 200, "body": str(len(list(place.iterdir())))}
"""

PROGRAM = f"""
made = function("meets", {MEETING!r})
api = aws.apigatewayv2.Api("meets-api", protocol_type="WEBSOCKET", route_selection_expression="$request.body.action")
allowed = aws.lambda_.Permission("meets-permission", action="lambda:InvokeFunction", function=made.name,
    principal="apigateway.amazonaws.com", source_arn=api.execution_arn.apply(lambda arn: f"{{arn}}/*/*"))
integration = aws.apigatewayv2.Integration("meets-integration", api_id=api.id, integration_type="AWS_PROXY",
    integration_uri=made.invoke_arn)
target = integration.id.apply(lambda known: f"integrations/{{known}}")
routes = [aws.apigatewayv2.Route(f"meets-{{key}}", api_id=api.id, route_key=key, target=target)
    for key in ("$connect", "$disconnect", "meet")]
stage = aws.apigatewayv2.Stage("meets-stage", api_id=api.id, name="live", auto_deploy=True,
    opts=pulumi.ResourceOptions(depends_on=routes))
pulumi.export("path", pulumi.Output.format("/_aws/execute-api/{{0}}/{{1}}", api.id, stage.name))
"""


def test_they_run_side_by_side_for_different_connections(emulator: Emulator) -> None:
    path = emulator.deploy(PROGRAM, "meets")["path"]
    url = websocket_url(emulator.state.endpoint, path)

    with connect(url) as first, connect(url) as second, connect(url) as third:
        sockets = (first, second, third)
        for socket in sockets:
            socket.send('{"action": "meet"}')
        answers = [socket.recv(timeout=20) for socket in sockets]

    assert answers == ["3", "3", "3"]
