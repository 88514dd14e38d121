"""Kinds of resources that texts name: by ARN anywhere, by name in a variable, an argument or a property."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.agentcore.runtime import RUNTIME
from policies.rules.dynamodb.table import TABLE
from policies.rules.index import TASK_DEFINITION, Index, Reference
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.messaging.resources.events import BUS
from policies.rules.messaging.resources.queue import QUEUE
from policies.rules.s3.bucket import BUCKETS
from policies.rules.step_functions.states.machine import MACHINE

CLUSTER: Final = "aws:ecs/cluster:Cluster"
TOPIC: Final = "aws:sns/topic:Topic"
SECRET: Final = "aws:secretsmanager/secret:Secret"  # noqa: S105  a type, not a secret


@dataclass(frozen=True, slots=True)
class Kind:
    """What a message calls it, its resource types, the prefix of the actions on it, and words that end the name of a
    variable or an argument which holds its name, URL or ARN."""

    word: str
    types: tuple[str, ...]
    service: str
    variables: tuple[str, ...]


FUNCTION_KIND: Final = Kind("function", (FUNCTION,), "lambda", ("FUNCTION", "FUNCTION_NAME", "FUNCTION_ARN"))
TABLE_KIND: Final = Kind("table", (TABLE,), "dynamodb", ("TABLE", "TABLE_NAME", "TABLE_ARN"))
QUEUE_KIND: Final = Kind("queue", (QUEUE,), "sqs", ("QUEUE", "QUEUE_URL", "QUEUE_NAME", "QUEUE_ARN"))
TOPIC_KIND: Final = Kind("topic", (TOPIC,), "sns", ("TOPIC", "TOPIC_ARN"))
MACHINE_KIND: Final = Kind("state machine", (MACHINE,), "states", ("STATE_MACHINE", "STATE_MACHINE_ARN"))
BUCKET_KIND: Final = Kind("bucket", BUCKETS, "s3", ("BUCKET", "BUCKET_NAME", "BUCKET_ARN"))
BUS_KIND: Final = Kind("event bus", (BUS,), "events", ("EVENT_BUS", "EVENT_BUS_NAME", "EVENT_BUS_ARN"))
SECRET_KIND: Final = Kind("secret", (SECRET,), "secretsmanager", ("SECRET_ARN", "SECRET_NAME"))
RUNTIME_KIND: Final = Kind("AgentCore runtime", (RUNTIME,), "bedrock-agentcore", ("RUNTIME_ARN",))
TASK_KIND: Final = Kind("task definition", (TASK_DEFINITION,), "ecs", ("TASK_DEFINITION", "TASK_DEFINITION_ARN"))
CLUSTER_KIND: Final = Kind("cluster", (CLUSTER,), "ecs", ("ECS_CLUSTER", "ECS_CLUSTER_NAME", "ECS_CLUSTER_ARN"))
KINDS: Final = (
    *(FUNCTION_KIND, TABLE_KIND, QUEUE_KIND, TOPIC_KIND),
    *(MACHINE_KIND, BUCKET_KIND, BUS_KIND, SECRET_KIND, RUNTIME_KIND),
    *(TASK_KIND, CLUSTER_KIND),
)

_NAME: Final = r"[A-Za-z0-9_.*?${}-]{1,256}"
_WHOLE: Final = r"(?![A-Za-z0-9_.*?${}/-])"
"""Other resources of a service whose names follow the account have their kind before the name."""

_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:(?:"
    rf"lambda:(?P<r1>[a-z0-9-]*):[0-9]*:function:(?P<function>{_NAME})"
    rf"|dynamodb:(?P<r2>[a-z0-9-]*):[0-9]*:table/(?P<table>{_NAME})"
    rf"|sqs:(?P<r3>[a-z0-9-]*):[0-9]*:(?P<queue>{_NAME}){_WHOLE}"
    rf"|sns:(?P<r4>[a-z0-9-]*):[0-9]*:(?P<topic>{_NAME}){_WHOLE}"
    rf"|states:(?P<r5>[a-z0-9-]*):[0-9]*:stateMachine:(?P<machine>{_NAME})"
    rf"|s3:(?P<r6>):(?:):(?P<bucket>{_NAME})"
    rf"|events:(?P<r7>[a-z0-9-]*):[0-9]*:event-bus/(?P<bus>{_NAME})"
    rf"|secretsmanager:(?P<r8>[a-z0-9-]*):[0-9]*:secret:(?P<secret>[A-Za-z0-9/_+=.@*?-]{{1,512}})"
    rf"|bedrock-agentcore:(?P<r9>[a-z0-9-]*):[0-9]*:(?P<runtime>runtime/{_NAME})"
    rf"|ecs:(?P<r10>[a-z0-9-]*):[0-9]*:task-definition/(?P<task>{_NAME})"
    rf"|ecs:(?P<r11>[a-z0-9-]*):[0-9]*:cluster/(?P<cluster>{_NAME})"
    r")"
)
_GROUPS: Final[Mapping[str, Kind]] = {
    "function": FUNCTION_KIND,
    "table": TABLE_KIND,
    "queue": QUEUE_KIND,
    "topic": TOPIC_KIND,
    "machine": MACHINE_KIND,
    "bucket": BUCKET_KIND,
    "bus": BUS_KIND,
    "secret": SECRET_KIND,
    "runtime": RUNTIME_KIND,
    "task": TASK_KIND,
    "cluster": CLUSTER_KIND,
}
_DEFAULT_BUS: Final = "default"


@dataclass(frozen=True, slots=True)
class Mention:
    """A resource that a text names: its kind, its ARN or name as it is written, and the region in the ARN."""

    kind: Kind
    name: str
    region: str = ""

    def is_missing(self, index: Index, region: str | None) -> bool:
        """Whether the stack ought to hold it and does not. What is of another region than the stack's is a finding of
        the rule about regions; where the stack's is not known, nothing is that names one."""
        return self.region in ("", region) and self.found(index).missing

    def found(self, index: Index) -> Reference:
        """The resource of the stack. A pattern, and what every account has, counts as uncertain."""
        if set(self.name) & set("*?${}") or self.name == _DEFAULT_BUS:
            return Reference(index.find(self.name, self.kind.types).resource, uncertain=True)
        return index.find(self.name, self.kind.types)


def mentions(text: str) -> Iterator[Mention]:
    """The resources that a text names by ARN, each once."""
    seen: set[tuple[str, str]] = set()
    for match in _ARN.finditer(text):
        place = next((value for key, value in match.groupdict().items() if key.startswith("r") and value), "")
        group = match.lastgroup or ""
        name = match[group]
        if (group, name) not in seen:
            seen.add((group, name))
            yield Mention(_GROUPS[group], name, place)


def kind_of_variable(name: str) -> Kind | None:
    """The kind of resource that a variable of this name holds: LONGRUN_TABLE a table, WORKER_FUNCTION a function."""
    return next((kind for kind in KINDS if _ends(name.upper(), kind.variables)), None)


def _ends(name: str, words: tuple[str, ...]) -> bool:
    return any(name == word or name.endswith(f"_{word}") for word in words)
