"""What an agent's module creates its agent from: the same behind every transport."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from strands import Agent, ModelRetryStrategy
from strands.models import Model
from strands.types.content import Messages, SystemContentBlock
from strands.types.tools import AgentTool

from runtime.process.run_files import RunFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class AgentContext:
    """One run's parts. `messages` is the conversation so far, `tools` are those of the configured MCP servers;
    `data_bucket` is empty where the stack has none. `model` and `s3` are shared by all runs of the process. `files` are
    those that the run makes for its user. `prepare` is called with each agent that the context creates."""

    run_id: str
    session_id: str
    model: Model
    messages: Messages
    tools: Sequence[AgentTool]
    retry_strategy: ModelRetryStrategy
    data_bucket: str
    s3: "S3Client"
    files: RunFiles
    prepare: Callable[[Agent], None] = lambda _agent: None

    @property
    def is_warm_up(self) -> bool:
        """Whether the agent is created only to warm up the process: time to start what a first run would wait for."""
        return not self.run_id

    def agent(
        self,
        *,
        system_prompt: str | list[SystemContentBlock] | None,
        tools: Sequence[Any] | None = (),
        **options: Any,  # noqa: ANN401  as Strands
    ) -> Agent:
        """An agent with this run's model, conversation and retries, these tools and those of the MCP servers.
        `options` are further arguments of strands.Agent, and replace this run's."""
        defaults: dict[str, Any] = {
            "model": self.model,
            "messages": self.messages,
            "retry_strategy": self.retry_strategy,
            "callback_handler": None,  # Strands' default prints every token into the log
        }
        agent = Agent(system_prompt=system_prompt, tools=[*(tools or ()), *self.tools], **(defaults | options))
        self.prepare(agent)
        return agent


AgentFactory = Callable[[AgentContext], Agent]
"""`create_agent` of a module in agents/: a fresh agent each time."""
