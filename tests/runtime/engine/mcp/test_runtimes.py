import asyncio
from collections.abc import Iterator

import boto3
import pytest
from mcp.server.mcpserver import MCPServer
from strands import Agent

from runtime.engine.failures import ToolSetupError
from runtime.engine.mcp.runtimes import invocation_url
from runtime.engine.mcp.servers import McpServers
from runtime.environment import RuntimeAddress
from runtime.process.threads import Threads
from tests.runtime.agentcore_door import ARN, SECRETS, AgentCoreDoor, served
from tests.runtime.stage import Call, Say, ScriptedModel

RUN_ID = "0193a1b2-0000-7000-8000-000000000001"
ADDRESS = RuntimeAddress(ARN, "live")


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[AgentCoreDoor]:
    """AgentCore's data plane as the AWS SDK finds it, with an MCP server that adds numbers."""
    server = MCPServer("calculator")

    @server.tool()
    def add(left: int, right: int) -> str:
        """Add two numbers."""
        return str(left + right)

    door = AgentCoreDoor(server.streamable_http_app(stateless_http=True, json_response=True))
    with served(door) as url:
        for name, value in {**SECRETS, "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": url}.items():
            monkeypatch.setenv(name, value)
        yield door


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads("test", 4)
    yield made
    made.close()


def ask(servers: McpServers, threads: Threads, agent: str = "analyst") -> list[str]:
    """What an agent's tools have answered; it adds 40 and 2."""
    model = ScriptedModel([[Call("add", {"left": 40, "right": 2})], [Say(["42."])]])

    async def scenario() -> list[str]:
        async with servers.open_tools(agent, RUN_ID, threads) as tools:
            if not tools:
                return []
            asked = Agent(model=model, tools=list(tools), callback_handler=None)
            await asked.invoke_async("How much is 40 and 2?")
            return [
                content["text"]
                for message in asked.messages
                for block in message["content"]
                if "toolResult" in block
                for content in block["toolResult"]["content"]
                if "text" in content
            ]

    return asyncio.run(scenario())


def test_an_agent_calls_a_tool_on_agentcore_with_signed_requests(door: AgentCoreDoor, threads: Threads) -> None:
    servers = McpServers((), {"analysis": ADDRESS}, {"analyst": ("analysis",)})

    assert ask(servers, threads)[0] == "42"

    assert not door.refused
    assert set(door.sessions) == {RUN_ID}, "all requests of a run are one session"


def test_an_agent_that_asks_for_no_server_connects_to_none(door: AgentCoreDoor, threads: Threads) -> None:
    servers = McpServers((), {"analysis": ADDRESS}, {"analyst": ("analysis",)})

    assert ask(servers, threads, agent="data_analyst") == []

    assert not door.sessions
    assert not door.refused


# Strands' client, after a start that failed, makes a coroutine for a loop that has ended.
@pytest.mark.filterwarnings("ignore:coroutine 'MCPClient.stop.<locals>._set_close_event' was never awaited")
@pytest.mark.parametrize(
    ("status", "told"),
    [
        (403, "AgentCore denies access; allow bedrock-agentcore:InvokeAgentRuntime"),
        (404, "AgentCore knows no such runtime or endpoint"),
        (424, "its process does not start or fails"),
        (429, "AgentCore has reached a limit"),
        (500, "check that it runs and is reachable"),
    ],
)
def test_what_agentcore_refuses_is_told_with_the_servers_name(
    door: AgentCoreDoor, threads: Threads, status: int, told: str
) -> None:
    door.status = status
    servers = McpServers((), {"analysis": ADDRESS}, {"analyst": ("analysis",)})

    with pytest.raises(ToolSetupError, match=f"the MCP server analysis cannot be used; {told}"):
        ask(servers, threads)


def test_a_server_that_the_deployment_has_not_is_named(threads: Threads) -> None:
    servers = McpServers((), {"weather": ADDRESS}, {"analyst": ("analysis",)})

    with pytest.raises(ToolSetupError, match=r"asks for the MCP server 'analysis', .* it has weather"):
        ask(servers, threads)


def test_without_credentials_the_server_is_named(threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    servers = McpServers((), {"analysis": ADDRESS}, {"analyst": ("analysis",)})

    with pytest.raises(ToolSetupError, match="the MCP server analysis cannot be used; the agent has no AWS"):
        ask(servers, threads)


@pytest.mark.parametrize(
    ("arn", "host"),
    [
        (ARN, "https://bedrock-agentcore.eu-west-1.amazonaws.com"),
        (ARN.replace("aws", "aws-cn", 1).replace("eu-west-1", "cn-north-1"), "amazonaws.com.cn"),
    ],
)
def test_the_address_is_in_the_runtimes_own_region(arn: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")

    url = invocation_url(RuntimeAddress(arn, "live"), boto3.Session())

    assert host in url
    assert url.endswith("%3Aruntime%2Ftools-a1b2c3d4e5/invocations?qualifier=live")
