"""The settings of the ReAct workflow: a stack without an image for its tools has none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from components.react_workflow.args import (
    CONCURRENCY,
    COST_BUDGET,
    DAY,
    TOKEN_BUDGET,
    TOKEN_PRICE,
    TURN_LIMIT,
    WORKFLOW_TIME,
    ReactWorkflowArgs,
)
from components.react_workflow.names import WEBSOCKET_HANDLER, default_prefix, named, prefix_problems
from components.refs import DataRef, JournalRef, SecretRef
from components.stack_config.options import GatewayOptions, LoggedOptions
from components.stack_config.reader import ConfigReader
from components.tool_task.args import ToolTaskArgs
from policies.rules.aws_limits import Range
from tools.analysis.limits import TOOL_LIMITS, ToolKind

_IMAGE: Final = re.compile(r"[a-z0-9][a-zA-Z0-9.:/_-]*@sha256:[0-9a-f]{64}")
_SUBNET: Final = re.compile(r"subnet-[0-9a-z-]{1,40}")
_GROUP: Final = re.compile(r"sg-[0-9a-z-]{1,40}")
NO_LIMIT: Final = Range(0, CONCURRENCY.maximum, "executions at once (0: no limit)", None)

REACT_RANGES: Final[Mapping[str, Range]] = {
    "workflowTurnLimit": TURN_LIMIT,
    "workflowTokenBudget": TOKEN_BUDGET,
    "reactTimeoutSeconds": WORKFLOW_TIME,
    "workflowConcurrency": NO_LIMIT,
}


class TaskWiring(TypedDict):
    """What a task gets from the program."""

    journal: JournalRef
    data: DataRef
    architecture: str
    traces_keys: SecretRef


@dataclass(frozen=True, slots=True)
class ReactSettings:
    """The keys of the workflow. A number of 0 is no limit, an empty text or list the component's own default."""

    tool_image: str
    workflow_agent: str
    name_prefix: str
    workflow_turn_limit: int
    workflow_token_budget: int
    workflow_cost_budget: str
    input_token_price: str
    output_token_price: str
    react_timeout_seconds: int
    workflow_concurrency: int
    task_subnets: tuple[str, ...]
    task_security_groups: tuple[str, ...]

    @property
    def is_deployed(self) -> bool:
        """Whether the stack has a workflow."""
        return bool(self.tool_image)

    @property
    def prefix(self) -> str:
        return self.name_prefix or default_prefix()

    @property
    def gateway(self) -> GatewayOptions:
        """The name of the gateway's function among the workflow's; none where Pulumi makes one."""
        return {"gateway_name": named(self.prefix, WEBSOCKET_HANDLER)} if self.is_deployed else {}

    def workflow_args(
        self, wiring: ReactWorkflowArgs, days: int, question_seconds: int, logged: LoggedOptions
    ) -> ReactWorkflowArgs:
        """The wiring with the numbers of this stack. No run outlasts its journal, nor a question its run."""
        workflow = min(self.react_timeout_seconds, days * DAY)
        args: ReactWorkflowArgs = {
            **wiring,
            "default_agent": self.workflow_agent,
            "prefix": self.prefix,
            "turn_limit": self.workflow_turn_limit,
            "token_budget": self.workflow_token_budget,
            "cost_budget": float(self.workflow_cost_budget),
            "input_price": float(self.input_token_price),
            "output_price": float(self.output_token_price),
            "question_timeout": min(question_seconds, workflow // 2),
            "workflow_timeout": workflow,
            **logged,
        }
        if self.workflow_concurrency:
            args["reserved_concurrency"] = self.workflow_concurrency
        return args

    def task_args(self, kind: str, wiring: TaskWiring, traces_endpoint: str, logged: LoggedOptions) -> ToolTaskArgs:
        """The wiring of a task for the tools of a kind: eda or causal_analysis."""
        tools = [name for name, limits in TOOL_LIMITS.items() if limits.kind is ToolKind(kind)]
        args: ToolTaskArgs = {
            "tools": tools,
            "image": self.tool_image,
            "journal": wiring["journal"],
            "data": wiring["data"],
            "architecture": wiring["architecture"],
            "traces_endpoint": traces_endpoint,
            "traces_keys": wiring["traces_keys"],
            "log_retention_days": logged["log_retention_days"],
            "tags": logged["tags"],
        }
        if self.task_subnets:
            args["subnets"], args["security_groups"] = list(self.task_subnets), list(self.task_security_groups)
        return args

    @classmethod
    def read(cls, reader: ConfigReader) -> "ReactSettings":
        return cls(
            tool_image=(image := reader.text("toolImage", _image_problem)),
            workflow_agent=reader.text("workflowAgent", lambda _: ""),
            name_prefix=reader.text("namePrefix", lambda given: _prefix_problem(given) if image else ""),
            workflow_turn_limit=reader.integer("workflowTurnLimit", REACT_RANGES["workflowTurnLimit"]),
            workflow_token_budget=reader.integer("workflowTokenBudget", REACT_RANGES["workflowTokenBudget"]),
            workflow_cost_budget=_decimal(reader, "workflowCostBudget", COST_BUDGET),
            input_token_price=_decimal(reader, "inputTokenPrice", TOKEN_PRICE),
            output_token_price=_decimal(reader, "outputTokenPrice", TOKEN_PRICE),
            react_timeout_seconds=reader.integer("reactTimeoutSeconds", REACT_RANGES["reactTimeoutSeconds"]),
            workflow_concurrency=reader.integer("workflowConcurrency", REACT_RANGES["workflowConcurrency"]),
            task_subnets=reader.texts("taskSubnets", lambda given: _id_problem(given, _SUBNET, "subnet-0a1b2c3d")),
            task_security_groups=reader.texts(
                "taskSecurityGroups", lambda given: _id_problem(given, _GROUP, "sg-0a1b2c3d")
            ),
        )

    def problems(self, agents: Sequence[str]) -> list[str]:
        """One message for each pair of settings that do not fit, beginning with a key. `agents` is empty where that
        setting has a problem of its own."""
        found = []
        if self.workflow_agent and agents and self.workflow_agent not in agents:
            found.append(f"workflowAgent is '{self.workflow_agent}'; allowed: one of agents, {', '.join(agents)}")
        if bool(self.task_subnets) != bool(self.task_security_groups):
            found.append("taskSubnets and taskSecurityGroups belong together; set both, or neither for the default VPC")
        prices = {"inputTokenPrice": float(self.input_token_price), "outputTokenPrice": float(self.output_token_price)}
        found += [
            f"{key} is 0; workflowCostBudget needs the model's prices, in USD per million tokens"
            for key, price in prices.items()
            if float(self.workflow_cost_budget) and not price
        ]
        return found


def _image_problem(given: str) -> str:
    return "" if not given or _IMAGE.fullmatch(given) else "give an address by digest, registry/repository@sha256:..."


def _prefix_problem(given: str) -> str:
    problems = prefix_problems(given or default_prefix())
    return problems[0].partition("; ")[2] if problems else ""


def _id_problem(given: str, form: re.Pattern[str], example: str) -> str:
    return "" if form.fullmatch(given) else f"give an id such as {example}"


def _decimal(reader: ConfigReader, key: str, allowed: Range) -> str:
    """A number with a fraction. Pulumi's project file has no type for it, so it is a text, 0 where it is wrong."""

    def problem(given: str) -> str:
        try:
            fits = allowed.allows(float(given))
        except ValueError:
            fits = False
        return "" if fits else f"allowed: {allowed}"

    given = reader.text(key, problem)
    return "0" if not given or problem(given) else given
