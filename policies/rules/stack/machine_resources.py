"""What a state machine's tasks call is in the stack."""

from collections.abc import Iterator
from typing import Final

from policies.rules.index import Index
from policies.rules.rule import Stack, StackRule
from policies.rules.stack.places.homes import stack_region
from policies.rules.stack.references.kinds import (
    BUCKET_KIND,
    CLUSTER_KIND,
    FUNCTION_KIND,
    MACHINE_KIND,
    QUEUE_KIND,
    SECRET_KIND,
    TABLE_KIND,
    TASK_KIND,
    TOPIC_KIND,
    Mention,
    mentions,
)
from policies.rules.stack.references.missing import Missing, missing_at, own
from policies.rules.step_functions.states.graph import PlacedState, tasks
from policies.rules.step_functions.states.integration import arguments
from policies.rules.step_functions.states.jsonata import is_expression
from policies.rules.step_functions.states.machine import MACHINE, parsed

ARGUMENT_KINDS: Final = {
    "FunctionName": FUNCTION_KIND,
    "TableName": TABLE_KIND,
    "QueueUrl": QUEUE_KIND,
    "TopicArn": TOPIC_KIND,
    "StateMachineArn": MACHINE_KIND,
    "Bucket": BUCKET_KIND,
    "SecretId": SECRET_KIND,
    "TaskDefinition": TASK_KIND,
    "Cluster": CLUSTER_KIND,
}


def find(stack: Stack) -> Iterator[Missing]:
    """What the tasks of state machines call and the stack does not hold."""
    index, region = Index.of(stack), stack_region(stack)
    for machine in index.of_types(MACHINE):
        definition = parsed(machine)
        for task in tasks(definition) if definition is not None else ():
            for path, mention in named_by(task):
                yield from missing_at(machine, path, mention, index, region)


def named_by(task: PlacedState) -> Iterator[tuple[str, Mention]]:
    """(path, what stands there) of the resources that a task names, by its Resource or by an argument."""
    resource = task.state.get("Resource")
    if isinstance(resource, str):
        yield from ((f"{task.path}.Resource", mention) for mention in mentions(resource))
    given = arguments(task)
    if given is None:
        return
    field, values = given
    for name, kind in ARGUMENT_KINDS.items():
        value = values.get(name)
        if not isinstance(value, str) or is_expression(value):
            continue
        path = f"{task.path}.{field}.{name}"
        if kind in (TASK_KIND, CLUSTER_KIND) and value.startswith("arn:"):
            _, _, _, region, _, named = value.split(":", 5)
            yield path, Mention(kind, named.partition(":")[0], region)
        elif value.startswith("arn:"):
            yield from ((path, mention) for mention in mentions(value))
        else:
            yield path, Mention(kind, value)


RULE = StackRule(
    name="stack-machine-resources-exist",
    description="What a state machine calls, by a name that begins like the stack's own, is in the stack.",
    remediation="Build the definition from the resources' outputs, or declare the resource external by an exception.",
    check=own(find),
)
