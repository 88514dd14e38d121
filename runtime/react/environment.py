"""The environment of the functions of a ReactWorkflow, as one frozen object."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from runtime import environment
from runtime.environment import JournalEnvironment, required


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may use. A limit of 0 is none; the component requires the turn limit and, with a cost budget, both
    prices."""

    turns: int
    tokens: int
    """Input and output tokens of all model calls together."""
    cost: float
    """USD."""
    input_price: float
    """USD per million input tokens."""
    output_price: float
    """USD per million output tokens."""


@dataclass(frozen=True, slots=True)
class ReactEnvironment:
    """What every function of the workflow has, the finalizer too. `agents` names those that may be asked for, the first
    is the default; `callback_url` is empty where the stack has no WebSocket.

    invoke-llm and data-query have the variables of AgentsEnvironment in addition.
    """

    journal: JournalEnvironment
    agents: tuple[str, ...]
    callback_url: str
    budget: Budget
    question_timeout: int
    """Seconds that a question stays open."""
    run_timeout: int
    """The longest time that a run may take, in seconds, including its waits for answers."""
    worker_function: str = ""
    """The worker of streamed runs, for the functions that end runs; empty where the stack has no WebSocket."""

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "ReactEnvironment":
        return cls(
            journal=JournalEnvironment.read(variables),
            agents=tuple(required(variables, environment.AGENTS).split(",")),
            callback_url=variables.get(environment.CALLBACK_URL, ""),
            budget=Budget(
                turns=int(required(variables, environment.TURN_LIMIT)),
                tokens=int(variables.get(environment.TOKEN_BUDGET) or 0),
                cost=float(variables.get(environment.COST_BUDGET) or 0),
                input_price=float(variables.get(environment.INPUT_PRICE) or 0),
                output_price=float(variables.get(environment.OUTPUT_PRICE) or 0),
            ),
            question_timeout=int(required(variables, environment.QUESTION_TIMEOUT)),
            run_timeout=int(required(variables, environment.RUN_TIMEOUT)),
            worker_function=variables.get(environment.WORKER_FUNCTION, ""),
        )
