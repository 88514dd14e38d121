"""Runs whose agent's module does what it should not."""

import asyncio
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from strands import Agent

import agents
from contract.events import Status
from runtime.agent_context import AgentContext, AgentFactory
from runtime.engine.agent_modules import load_agent
from runtime.engine.conversations import ConversationStore
from runtime.engine.mcp.servers import McpServers
from runtime.engine.orchestrator import Orchestrator
from tests.runtime.stage import Say, ScriptedModel, Stage

GOOD = "def create_agent(context): return context.agent(system_prompt='Be brief.')"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of agents' modules beside the project's own."""
    monkeypatch.setattr(agents, "__path__", [*agents.__path__, str(tmp_path)])
    for name in ("broken", "good"):
        monkeypatch.delitem(sys.modules, f"agents.{name}", raising=False)
    return tmp_path


def orchestrator(stage: Stage, **factories: AgentFactory) -> Orchestrator:
    return Orchestrator(
        factories=factories,
        model=stage.model,
        conversations=ConversationStore("payloads", cast(Any, stage.bucket)),
        s3=cast(Any, stage.bucket),
        data_bucket="data",
        payload_bucket="payloads",
        mcp_servers=McpServers(()),
        threads=stage.threads,
    )


def run(stage: Stage, shared: Orchestrator, agent: str) -> str:
    run_id = stage.accept()
    stage.journal.change(run_id, agent=agent)
    asyncio.run(stage.worker(lambda: shared).serve(run_id, 12.0))
    return run_id


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import sys\nsys.exit('secret')", "agents/broken.py raised SystemExit when it was imported"),
        ("raise KeyboardInterrupt", "agents/broken.py raised KeyboardInterrupt when it was imported"),
        ("class Own(BaseException): ...\nraise Own", "agents/broken.py raised Own when it was imported"),
        ("x = (", "agents/broken.py raised SyntaxError when it was imported"),
        ("create_agent = 5", "agents/broken.py has no function create_agent(context)"),
        ("async def create_agent(context): ...", "create_agent of agents/broken.py is not a plain function"),
        ("def create_agent(context):\n    yield", "create_agent of agents/broken.py is not a plain function"),
        ("def create_agent(): ...", "create_agent of agents/broken.py does not take one argument"),
        ("def create_agent(context, model): ...", "create_agent of agents/broken.py does not take one argument"),
        ("def create_agent(context): ...", "create_agent of agents/broken.py returned nothing; return the agent"),
        ("def create_agent(context): return dict", "create_agent of agents/broken.py returned a type"),
        (
            "async def make(): ...\ndef create_agent(context): return make()",
            "create_agent of agents/broken.py returned a coroutine and no strands.Agent",
        ),
        (
            "from strands.multiagent import GraphBuilder\ndef create_agent(context):\n"
            "    builder = GraphBuilder()\n    builder.set_max_node_executions(3)\n"
            "    builder.add_node(context.agent(system_prompt=''), 'one')\n    return builder.build()",
            "create_agent of agents/broken.py returned a Graph and no strands.Agent",
        ),
        (
            "from strands.multiagent import Swarm\n"
            "def create_agent(context): return Swarm([context.agent(system_prompt='', name='a')])",
            "create_agent of agents/broken.py returned a Swarm and no strands.Agent",
        ),
        ("def create_agent(context): raise SystemExit(3)", "create_agent of agents/broken.py raised SystemExit"),
        ("def create_agent(context): next(iter(()))", "create_agent of agents/broken.py raised StopIteration"),
        ("def create_agent(context): raise ValueError('secret')", "create_agent of agents/broken.py raised ValueError"),
    ],
)
def test_a_module_that_cannot_be_used_fails_its_own_runs_with_its_reason(
    stage: Stage, folder: Path, source: str, told: str
) -> None:
    (folder / "broken.py").write_text(source)
    (folder / "good.py").write_text(GOOD)
    shared = orchestrator(stage, broken=load_agent("broken").create_agent, good=load_agent("good").create_agent)

    shared.warm_up()
    failed, worked = run(stage, shared, "broken"), run(stage, shared, "good")

    end = stage.end(failed).data
    assert (stage.journal.head(failed).status, end["code"]) == (Status.FAILED, "INTERNAL")
    assert told in end["error"]
    assert "secret" not in end["error"]
    assert stage.journal.head(worked).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    "source",
    [
        "from strands import Agent\nKEPT = Agent(model='x')\ndef create_agent(context): return KEPT",
        "from functools import cache\n@cache\ndef kept():\n    from strands import Agent\n    return Agent(model='x')\n"
        "def create_agent(context): return kept()",
    ],
)
def test_an_agent_that_its_module_keeps_is_not_given_to_a_second_run(
    stage: Stage, folder: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    (folder / "broken.py").write_text(source)
    shared = orchestrator(stage, broken=load_agent("broken").create_agent)
    shared.warm_up()

    run_id = run(stage, shared, "broken")

    assert "an agent that it keeps, with the conversation of another run" in stage.end(run_id).data["error"]


def test_a_list_of_messages_that_a_module_keeps_takes_nothing_from_one_run_to_the_next(stage: Stage) -> None:
    kept: list[Any] = []

    def create(context: AgentContext) -> Agent:
        agent = context.agent(system_prompt="")
        agent.messages = kept
        return agent

    stage.model = ScriptedModel([[Say(["One."])], [Say(["Two."])]])
    shared = orchestrator(stage, mine=create)

    for _ in range(2):
        run(stage, shared, "mine")

    assert kept == []
    assert [len(heard) for heard in stage.model.heard] == [1, 1]


def test_an_agent_chooses_its_own_model_and_callback(stage: Stage) -> None:
    own, called = ScriptedModel([[Say(["From my own model."])]]), list[dict[str, Any]]()

    def create(context: AgentContext) -> Agent:
        return context.agent(system_prompt="", model=own, callback_handler=lambda **event: called.append(event))

    run_id = run(stage, orchestrator(stage, mine=create), "mine")

    assert stage.text(run_id) == "From my own model."
    assert [event["data"] for event in called if "data" in event] == ["From my own model."]
    assert not stage.model.heard


def test_an_agent_replaces_the_conversation_and_has_no_tools(stage: Stage) -> None:
    def create(context: AgentContext) -> Agent:
        messages: Any = [
            {"role": "user", "content": [{"text": "a"}]},
            {"role": "assistant", "content": [{"text": "b"}]},
        ]
        return context.agent(system_prompt=None, tools=None, messages=messages)

    run_id = run(stage, orchestrator(stage, mine=create), "mine")

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert [message["content"][0]["text"] for message in stage.model.heard[0]] == ["a", "b", "How?"]


class _Leaving(ScriptedModel):
    def __init__(self, error: BaseException) -> None:
        super().__init__([])
        self._error = error

    async def stream(self, *_: Any, **__: Any) -> Any:  # noqa: ANN401  it yields nothing
        raise self._error
        yield {}


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt()])
def test_a_model_that_leaves_ends_its_run_only(stage: Stage, error: BaseException) -> None:
    own = _Leaving(error)
    shared = orchestrator(
        stage,
        leaving=lambda context: context.agent(system_prompt="", model=own),
        good=lambda context: context.agent(system_prompt=""),
    )

    failed, worked = run(stage, shared, "leaving"), run(stage, shared, "good")

    assert stage.end(failed).data["code"] == "INTERNAL"
    assert stage.journal.head(worked).status is Status.SUCCEEDED
