"""The definition of the state machine: an agent whose every step is a state."""

import json
from dataclasses import dataclass
from typing import Any

from components.react_workflow.finish import (
    done,
    ended,
    failed,
    handle_error,
    handle_finish,
    handle_timeout,
    too_many_questions,
)
from components.react_workflow.limits import EVENT_LIMIT, Limits
from components.react_workflow.question import send_prompt
from components.react_workflow.start import check_query, parse_initial_query
from components.react_workflow.tools import TaskTarget, tools, tools_done
from components.react_workflow.turn import append_tool_output, check_budget, check_response, invoke_llm


@dataclass(frozen=True, slots=True)
class Targets:
    """What the state machine calls: its functions by ARN, the containers of its tools, and their partition."""

    parse_initial_query: str
    invoke_llm: str
    dispatch_tool: str
    data_query: str
    send_prompt: str
    append_tool_output: str
    handle_finish: str
    handle_error: str
    handle_timeout: str
    eda: TaskTarget
    causal_analysis: TaskTarget
    partition: str


def definition(targets: Targets, limits: Limits) -> dict[str, Any]:
    partition = targets.partition
    return {
        "Comment": "A ReAct agent: the model, its tools, questions to the user, one end",
        "QueryLanguage": "JSONata",
        "StartAt": "ParseInitialQuery",
        "TimeoutSeconds": limits.workflow,
        "States": {
            "ParseInitialQuery": parse_initial_query(targets.parse_initial_query, partition),
            "CheckQuery": check_query(),
            "InvokeLLM": invoke_llm(targets.invoke_llm, partition, limits),
            "CheckResponse": check_response(),
            "Tools": tools(
                targets.dispatch_tool,
                targets.data_query,
                targets.eda,
                targets.causal_analysis,
                partition,
                limits,
            ),
            "ToolsDone": tools_done(EVENT_LIMIT),
            "SendPrompt": send_prompt(targets.send_prompt, partition),
            "AppendToolOutput": append_tool_output(targets.append_tool_output, partition),
            "CheckBudget": check_budget(),
            "TooManyQuestions": too_many_questions(),
            "HandleFinish": handle_finish(targets.handle_finish, partition),
            "HandleError": handle_error(targets.handle_error, partition),
            "HandleTimeout": handle_timeout(targets.handle_timeout, partition),
            "Ended": ended(),
            "Done": done(),
            "Failed": failed(),
        },
    }


def definition_text(targets: Targets, limits: Limits) -> str:
    """The definition as JSON: an unchanged definition has an unchanged text."""
    return json.dumps(definition(targets, limits))
