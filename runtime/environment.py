"""Names of the environment variables and the frozen objects that read them: the only seam with components/.

A missing variable raises, unless it is optional: a stack without data, a WebSocket, MCP servers or a model of its own
address leaves those variables empty. Defaults stand in the components, and nowhere else.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TABLE: Final = "LONGRUN_TABLE"
PAYLOAD_BUCKET: Final = "LONGRUN_PAYLOAD_BUCKET"
DATA_BUCKET: Final = "LONGRUN_DATA_BUCKET"
WORKER_FUNCTION: Final = "LONGRUN_WORKER_FUNCTION"
CALLBACK_URL: Final = "LONGRUN_CALLBACK_URL"
AGENTS: Final = "LONGRUN_AGENTS"
AUTHORIZATION: Final = "LONGRUN_AUTHORIZATION"
MODEL_PROVIDER: Final = "LONGRUN_MODEL_PROVIDER"
MODEL_ID: Final = "LONGRUN_MODEL_ID"
MODEL_REGION: Final = "LONGRUN_MODEL_REGION"
MODEL_URL: Final = "LONGRUN_MODEL_URL"
MODEL_SECRET: Final = "LONGRUN_MODEL_SECRET"  # noqa: S105  the name of a variable, which holds an ARN
MCP_SERVERS: Final = "LONGRUN_MCP_SERVERS"
MCP_RUNTIMES: Final = "LONGRUN_MCP_RUNTIMES"
DATA_CREDENTIALS: Final = "LONGRUN_DATA_CREDENTIALS"
TRACING_KEYS: Final = "LONGRUN_TRACING_KEYS"
PIPELINES: Final = "LONGRUN_PIPELINES"
DEFAULT_PIPELINE: Final = "LONGRUN_DEFAULT_PIPELINE"
AGENT_RUNTIMES: Final = "LONGRUN_AGENT_RUNTIMES"
DEADLINE_MARGIN: Final = "LONGRUN_DEADLINE_MARGIN"
RUN_TIMEOUT: Final = "LONGRUN_RUN_TIMEOUT"
RETENTION_DAYS: Final = "LONGRUN_RETENTION_DAYS"
TURN_LIMIT: Final = "LONGRUN_TURN_LIMIT"
TOKEN_BUDGET: Final = "LONGRUN_TOKEN_BUDGET"  # noqa: S105  a number of tokens of a model
COST_BUDGET: Final = "LONGRUN_COST_BUDGET"
INPUT_PRICE: Final = "LONGRUN_INPUT_PRICE"
OUTPUT_PRICE: Final = "LONGRUN_OUTPUT_PRICE"
QUESTION_TIMEOUT: Final = "LONGRUN_QUESTION_TIMEOUT"
QUESTION_TIMERS: Final = "LONGRUN_QUESTION_TIMERS"
TOKENS: Final = "LONGRUN_TOKENS"
RESPONSE_SECONDS: Final = "LONGRUN_RESPONSE_SECONDS"
ALLOWED_ORIGINS: Final = "LONGRUN_ALLOWED_ORIGINS"
DOCUMENT_SEARCH: Final = "LONGRUN_DOCUMENT_SEARCH"

FAILED_EVENT_STATUS: Final = 599
"""With it the streaming endpoint replies to an asynchronous event that it could not finish, and to nothing else. The
Lambda Web Adapter must have it in AWS_LWA_ERROR_STATUS_CODES, so that Lambda sends the event to the failure
destination; with 500 there, the replies to HTTP requests would lose their bodies."""


class MissingVariableError(Exception):
    """A variable that the component should have set is absent or empty."""

    def __init__(self, name: str) -> None:
        super().__init__(f"environment variable {name} is not set; the component that creates this function sets it")


def required(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name, "")
    if not value:
        raise MissingVariableError(name)
    return value


def _required_list(variables: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = listed(variables, name)
    if not found:
        raise MissingVariableError(name)
    return found


def listed(variables: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in variables.get(name, "").split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class ModelEnvironment:
    """Which model an agent talks to. `secret` is the ARN of the secret with the API key, empty for Bedrock."""

    provider: str
    model_id: str
    region: str
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class JournalEnvironment:
    """Where runs are recorded, and for how many days."""

    table: str
    payload_bucket: str
    retention_days: int

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "JournalEnvironment":
        return cls(
            table=required(variables, TABLE),
            payload_bucket=required(variables, PAYLOAD_BUCKET),
            retention_days=int(required(variables, RETENTION_DAYS)),
        )


@dataclass(frozen=True, slots=True)
class GatewayEnvironment:
    """What the gateway needs. `agents` names those that may be asked for, the first is the default;
    `run_timeout` is the longest time that a run may take, in seconds, including its wait for the worker."""

    journal: JournalEnvironment
    worker_function: str
    callback_url: str
    agents: tuple[str, ...]
    authorization: str
    run_timeout: int

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "GatewayEnvironment":
        return cls(
            journal=JournalEnvironment.read(variables),
            worker_function=required(variables, WORKER_FUNCTION),
            callback_url=required(variables, CALLBACK_URL),
            agents=_required_list(variables, AGENTS),
            authorization=required(variables, AUTHORIZATION),
            run_timeout=int(required(variables, RUN_TIMEOUT)),
        )


@dataclass(frozen=True, slots=True)
class DeadLetterEnvironment:
    """What the dead-letter handler needs: the journal, the URL of the subscribers' sockets, which is empty where the
    stack has no WebSocket, and the worker."""

    journal: JournalEnvironment
    callback_url: str
    worker_function: str

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "DeadLetterEnvironment":
        journal, callback_url = JournalEnvironment.read(variables), variables.get(CALLBACK_URL, "")
        return cls(journal, callback_url, required(variables, WORKER_FUNCTION))


@dataclass(frozen=True, slots=True)
class RuntimeAddress:
    """An AgentCore runtime that can be invoked: its ARN, the endpoint's name, and the agents it hosts (none for an MCP
    server)."""

    arn: str
    endpoint: str
    agents: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, given: Mapping[str, object]) -> "RuntimeAddress":
        hosted = given.get("agents", [])
        agents = tuple(str(agent) for agent in hosted) if isinstance(hosted, list) else ()
        return cls(str(given["arn"]), str(given["endpoint"]), agents)


def host_of(runtimes: tuple[RuntimeAddress, ...], agent: str) -> RuntimeAddress | None:
    """The runtime that hosts an agent; None where none does."""
    return next((runtime for runtime in runtimes if agent in runtime.agents), None)


@dataclass(frozen=True, slots=True)
class AgentsEnvironment:
    """What agents need, behind every transport. `agents` may be asked for, the first is the default;
    `mcp_servers` are URLs whose tools every agent gets, `mcp_runtimes` are MCP servers on AgentCore by the name under
    which an agent's module asks for them. `credentials` is the ARN of the secret with the servers' credentials."""

    agents: tuple[str, ...]
    data_bucket: str
    payload_bucket: str
    model: ModelEnvironment
    mcp_servers: tuple[str, ...]
    mcp_runtimes: Mapping[str, RuntimeAddress]
    credentials: str = ""

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "AgentsEnvironment":
        return cls(
            agents=_required_list(variables, AGENTS),
            data_bucket=variables.get(DATA_BUCKET, ""),
            payload_bucket=required(variables, PAYLOAD_BUCKET),
            model=ModelEnvironment(
                provider=required(variables, MODEL_PROVIDER),
                model_id=required(variables, MODEL_ID),
                region=variables.get(MODEL_REGION) or required(variables, "AWS_REGION"),
                url=variables.get(MODEL_URL, ""),
                secret=variables.get(MODEL_SECRET, ""),
            ),
            mcp_servers=listed(variables, MCP_SERVERS),
            mcp_runtimes={
                name: RuntimeAddress.from_json(address)
                for name, address in json.loads(variables.get(MCP_RUNTIMES) or "{}").items()
            },
            credentials=variables.get(DATA_CREDENTIALS, ""),
        )


@dataclass(frozen=True, slots=True)
class WorkerEnvironment:
    """What the worker needs. `deadline_margin` is in seconds: the agent is cancelled this long before the function's
    limit. `question_timeout` is in seconds: a question that names no expiry of its own expires after it. `timers` has
    the name of the `group` of schedules that are questions' timers, and the ARN of the `role` of these."""

    journal: JournalEnvironment
    callback_url: str
    agents: AgentsEnvironment
    deadline_margin: float
    question_timeout: float
    timers: Mapping[str, str]

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "WorkerEnvironment":
        return cls(
            journal=JournalEnvironment.read(variables),
            callback_url=required(variables, CALLBACK_URL),
            agents=AgentsEnvironment.read(variables),
            deadline_margin=float(required(variables, DEADLINE_MARGIN)),
            question_timeout=float(required(variables, QUESTION_TIMEOUT)),
            timers=json.loads(required(variables, QUESTION_TIMERS)),
        )


@dataclass(frozen=True, slots=True)
class AgentRuntimeEnvironment:
    """What the AgentCore app needs. `callback_url` is empty where the stack has no WebSocket; `question_timeout` is as
    in WorkerEnvironment."""

    journal: JournalEnvironment
    callback_url: str
    agents: AgentsEnvironment
    question_timeout: float
    deadline_margin: float | None = None
    """Seconds; None where the component leaves it to the application."""

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "AgentRuntimeEnvironment":
        return cls(
            journal=JournalEnvironment.read(variables),
            callback_url=variables.get(CALLBACK_URL, ""),
            agents=AgentsEnvironment.read(variables),
            question_timeout=float(required(variables, QUESTION_TIMEOUT)),
            deadline_margin=float(variables[DEADLINE_MARGIN]) if variables.get(DEADLINE_MARGIN) else None,
        )


@dataclass(frozen=True, slots=True)
class ToolsEnvironment:
    """What the analysis tools' server on AgentCore needs: where the tables are, and where a run's files go."""

    data_bucket: str
    payload_bucket: str

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "ToolsEnvironment":
        return cls(data_bucket=variables.get(DATA_BUCKET, ""), payload_bucket=required(variables, PAYLOAD_BUCKET))
