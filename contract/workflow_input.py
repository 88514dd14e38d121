"""The input of an execution of the ReAct workflow: what it may hold, and how the first state reads it, once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from contract import fields
from contract.errors import RunError
from contract.limits import MAX_AGENT_LENGTH
from contract.owners import ANONYMOUS, USER, USER_FORM
from contract.run_ids import is_run_id
from contract.trace_context import TraceContext

_KEYS: Final = frozenset(
    {"sessionId", "query", "networkConfig", "runId", "user", "agent", "answers", "traceparent"},
)
_NETWORK_KEYS: Final = frozenset({"subnets", "securityGroups"})

MAX_SUBNETS: Final = 16
"""Of a task's network (ECS, `AwsVpcConfiguration`)."""

MAX_SECURITY_GROUPS: Final = 5
"""Of a task's network (ECS, `AwsVpcConfiguration`)."""

_SUBNET: Final = re.compile(r"subnet-[A-Za-z0-9-]{1,40}")
_SECURITY_GROUP: Final = re.compile(r"sg-[A-Za-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowInput:
    """A valid input. `session_id` and `agent` are empty where the input names none: the run then begins a session of
    its own, and the workflow has a default agent. `subnets` and `security_groups` are for the tools' tasks, none where
    the workflow's own apply. `answers` are given ahead of time; `traceparent` is empty for none."""

    question: str
    session_id: str = ""
    owner: str = ANONYMOUS
    agent: str = ""
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    answers: tuple[Any, ...] = ()
    traceparent: str = ""

    def to_input(self, run_id: str) -> dict[str, Any]:
        """The execution's input, for a run with that id."""
        document: dict[str, Any] = {"runId": run_id, "query": {"text": self.question}, "user": self.owner}
        optional = {
            "sessionId": self.session_id,
            "agent": self.agent,
            "answers": list(self.answers),
            "traceparent": self.traceparent,
        }
        document |= {key: value for key, value in optional.items() if value}
        network = {"subnets": list(self.subnets), "securityGroups": list(self.security_groups)}
        return document | ({"networkConfig": network} if any(network.values()) else {})


def read_workflow_input(given: object) -> WorkflowInput:
    """The input, read once and for all. Raises RunError INVALID_REQUEST."""
    if not isinstance(given, Mapping):
        raise fields.invalid(f"The input is a JSON {fields.json_type(given)}; send an object with key query.")
    _reject_unknown(given, _KEYS, "the input")
    query = given.get("query")
    if not isinstance(query, Mapping):
        raise fields.invalid(f'The query is a JSON {fields.json_type(query)}; send {{"text": "<the question>"}}.')
    _reject_unknown(query, frozenset({"text"}), "query")
    _check_run_id(given.get("runId"))
    subnets, groups = _network(given.get("networkConfig"))
    return WorkflowInput(
        question=fields.question(query, "text", "query.text"),
        session_id=_session_id(given.get("sessionId")),
        owner=_owner(given.get("user")),
        agent=fields.optional_text(given, "agent", MAX_AGENT_LENGTH) or "",
        subnets=subnets,
        security_groups=groups,
        answers=fields.answers(given),
        traceparent=_traceparent(given.get("traceparent")),
    )


def run_id_of_execution(given: object, name: str, execution: str) -> str:
    """The id of the run that an execution asks for, the same for the same execution: the input's runId where that is
    valid, otherwise the execution's name where that is a UUID in lower case, otherwise a UUID derived from its ARN."""
    asked = given.get("runId") if isinstance(given, Mapping) else None
    if isinstance(asked, str) and is_run_id(asked):
        return asked
    return name if is_run_id(name) else str(uuid5(NAMESPACE_URL, f"longrun:execution:{execution}"))


def _reject_unknown(given: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    unknown = sorted(str(key) for key in set(given) - known)
    if unknown:
        raise fields.invalid(f"Unknown key {fields.shown(unknown[0])} in {place}; it takes {', '.join(sorted(known))}.")


def _check_run_id(value: object) -> None:
    if value is not None and not is_run_id(value):
        raise fields.invalid(
            f"The runId {fields.shown(value)} is not a UUID; send its text of 36 characters in lower case, or leave it "
            "out."
        )


def _session_id(value: object) -> str:
    try:
        return fields.optional_session_id({"session_id": value}) or ""
    except RunError as problem:
        raise fields.invalid(problem.message.replace("session_id", "sessionId", 1)) from None


def _owner(value: object) -> str:
    if value is None:
        return ANONYMOUS
    if isinstance(value, str) and USER.fullmatch(value):
        return value
    raise fields.invalid(f"The user {fields.shown(value)} is not valid; {USER_FORM}")


def _network(given: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if given is None:
        return (), ()
    if not isinstance(given, Mapping):
        raise fields.invalid(
            f"The networkConfig is a JSON {fields.json_type(given)}; send an object with subnets and securityGroups."
        )
    _reject_unknown(given, _NETWORK_KEYS, "networkConfig")
    return (
        _ids(given.get("subnets"), "subnets", _SUBNET, "subnet-0123456789abcdef0", MAX_SUBNETS),
        _ids(
            given.get("securityGroups"), "securityGroups", _SECURITY_GROUP, "sg-0123456789abcdef0", MAX_SECURITY_GROUPS
        ),
    )


def _ids(value: object, key: str, form: re.Pattern[str], example: str, limit: int) -> tuple[str, ...]:
    listed = [] if value is None else value
    if (
        isinstance(listed, list)
        and len(listed) <= limit
        and all(isinstance(item, str) and form.fullmatch(item) for item in listed)
    ):
        return tuple(listed)
    raise fields.invalid(
        f"The networkConfig.{key} {fields.shown(value)} is not valid; send at most {limit} ids such as {example}."
    )


def _traceparent(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and TraceContext.from_traceparent(value) is not None:
        return value
    raise fields.invalid(
        f"The traceparent {fields.shown(value)} is not valid; send W3C's form 00-<32 hex>-<16 hex>-<2 hex>, in lower "
        "case, or leave it out."
    )
