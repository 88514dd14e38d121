"""What the runs of a process share: agent factories, model, clients, conversations. Creates a fresh agent per run."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from strands import Agent, ModelRetryStrategy
from strands.models import Model
from strands.types.content import Messages
from strands.types.tools import AgentTool

from contract.errors import ErrorCode, RunError
from runtime.agent_context import AgentContext, AgentFactory
from runtime.engine.agent_modules import create_agent, load_agent
from runtime.engine.asking.paused import PausedRuns
from runtime.engine.conversations import Conversation, ConversationStore
from runtime.engine.mcp.servers import McpServers
from runtime.engine.models import create_model
from runtime.engine.tools.guard import guard_agent
from runtime.environment import AgentsEnvironment
from runtime.journal import Head
from runtime.process.aws_clients import boto3_session
from runtime.process.credentials import Credentials
from runtime.process.logs import log
from runtime.process.run_files import RunFiles
from runtime.process.threads import Threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


_PATIENCE: Final = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
"""For the bucket; botocore's defaults of minutes would outlast the time that a run has to end in."""


class OrchestratorError(Exception):
    """The orchestrator cannot serve runs."""


@dataclass(frozen=True, slots=True)
class PreparedAgent:
    """An agent for one run, and the conversation that it continues."""

    agent: Agent
    conversation: Conversation


class Orchestrator:
    """Serves all runs of the process, one after the other or side by side."""

    def __init__(
        self,
        factories: Mapping[str, AgentFactory],
        model: Model,
        conversations: ConversationStore,
        s3: "S3Client",
        data_bucket: str,
        payload_bucket: str,
        mcp_servers: McpServers,
        threads: Threads,
    ) -> None:
        self._factories = factories
        self._model = model
        self._s3 = s3
        self._data_bucket = data_bucket
        self._payload_bucket = payload_bucket
        self._mcp_servers = mcp_servers
        self._threads = threads
        self.conversations = conversations
        self.paused_runs = PausedRuns(payload_bucket, s3)

    @classmethod
    def create(cls, environment: AgentsEnvironment, threads: Threads) -> "Orchestrator":
        """Import the agents and create the clients."""
        session = boto3_session()
        s3 = session.client("s3", config=_PATIENCE)
        agents = {name: load_agent(name) for name in environment.agents}
        wanted = {name: agent.mcp_servers for name, agent in agents.items()}
        return cls(
            factories={name: agent.create_agent for name, agent in agents.items()},
            model=create_model(environment.model, session),
            conversations=ConversationStore(environment.payload_bucket, s3),
            s3=s3,
            data_bucket=environment.data_bucket,
            payload_bucket=environment.payload_bucket,
            mcp_servers=McpServers(
                environment.mcp_servers,
                environment.mcp_runtimes,
                wanted,
                Credentials(environment.credentials) if environment.credentials else None,
            ),
            threads=threads,
        )

    def get_system_status(self) -> dict[str, Any]:
        """The agents, the model and the servers that runs can use. Raises OrchestratorError when runs cannot be
        served."""
        if not self._factories:
            raise OrchestratorError("no agent is configured; name at least one in the configuration key agents")
        return {
            "agents": sorted(self._factories),
            "model": {"provider": type(self._model).__name__, "model_id": self._model_id()},
            "mcp_servers": len(self._mcp_servers),
            "data_bucket": self._data_bucket,
        }

    def warm_up(self) -> None:
        """Create every agent once and discard it, so that a first run finds everything imported and built."""
        for name, factory in self._factories.items():
            try:
                create_agent(name, factory, self._context("", "", [], [], ModelRetryStrategy()))
            except Exception:
                # It fails its own runs, with its reason.
                log("worker.agent_not_warmed_up", level="ERROR", agent=name, exc_info=True)

    @asynccontextmanager
    async def open_agent(
        self,
        run: Head,
        retry_strategy: ModelRetryStrategy,
        conversation: Conversation | None = None,
        before: int | None = None,
    ) -> AsyncIterator[PreparedAgent]:
        """A fresh agent with its conversation (the session's unless given) and MCP tools, for the time of the block: an
        agent serves one call at a time and keeps its messages. A run that was stopped for answers has stored the
        conversation already; `before` is then the number of its messages before the run."""
        factory = self._factories.get(run.agent)
        if factory is None:
            known = ", ".join(sorted(self._factories))
            message = f"agent {run.agent!r} is not deployed with this worker; known agents: {known}"
            raise RunError(ErrorCode.INVALID_REQUEST, message, run.run_id)
        async with self._mcp_servers.open_tools(run.agent, run.run_id, self._threads) as tools:
            conversation = conversation or await self._conversation(run, before)
            context = self._context(run.run_id, run.session_id, list(conversation.messages), tools, retry_strategy)
            # In a thread, since the agent is the user's code and may read a file or call a service.
            agent = await self._threads.run(create_agent, run.agent, factory, context)
            yield PreparedAgent(agent, conversation)

    def _context(
        self, run_id: str, session_id: str, messages: Messages, tools: Sequence[AgentTool], retry: ModelRetryStrategy
    ) -> AgentContext:
        return AgentContext(
            run_id=run_id,
            session_id=session_id,
            model=self._model,
            messages=messages,
            tools=tools,
            retry_strategy=retry,
            data_bucket=self._data_bucket,
            s3=self._s3,
            files=RunFiles(self._payload_bucket, self._s3, run_id),
            prepare=guard_agent,
        )

    async def _conversation(self, run: Head, before: int | None) -> Conversation:
        if run.session_id == run.run_id and before is None:
            # The session began with this run, so there is nothing to read before the first token.
            return Conversation([], None)
        stored = await self._threads.run(self.conversations.load, run.owner, run.session_id)
        return stored if before is None else Conversation(stored.messages[:before], stored.version)

    def _model_id(self) -> str:
        config: Mapping[str, Any] = self._model.get_config()
        return str(config.get("model_id", ""))


class OrchestratorSlot:
    """Holds the process's orchestrator: created on first use, checked before each run, created again once when it
    fails."""

    def __init__(self, build: Callable[[], Orchestrator]) -> None:
        self._build = build
        self._orchestrator: Orchestrator | None = None
        self._lock = Lock()

    def ready(self) -> Orchestrator:
        """An orchestrator that has just passed its check. Raises OrchestratorError when a new one fails it too, or
        RunError with what the user may know."""
        with self._lock:
            try:
                return self._checked()
            except Exception:
                log("worker.orchestrator_failed", level="ERROR", exc_info=True)
                self._orchestrator = None
            try:
                return self._checked()
            except RunError:
                self._orchestrator = None
                raise
            except Exception as error:
                self._orchestrator = None
                raise OrchestratorError(f"the orchestrator failed twice: {error}") from error

    def _checked(self) -> Orchestrator:
        if self._orchestrator is None:
            self._orchestrator = self._build()
            log("worker.orchestrator_built", status=self._orchestrator.get_system_status())
        else:
            self._orchestrator.get_system_status()
        return self._orchestrator
