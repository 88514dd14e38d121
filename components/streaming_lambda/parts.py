"""What a StreamingLambda has created, whatever its transport."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import sqs

from components.refs import FunctionRef


@dataclass(frozen=True, slots=True)
class Parts:
    """`outputs` are those of the component that its transport has; the others are empty. `failures` is the queue of
    lost runs."""

    outputs: Mapping[str, pulumi.Output[str]]
    functions: list[FunctionRef]
    failures: sqs.Queue
