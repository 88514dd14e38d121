"""A StreamingLambda under construction."""

from dataclasses import dataclass

import pulumi

from components.functions.platform import DEFAULT_LOG_RETENTION
from components.functions.scope import Scope
from components.streaming_lambda.args import StreamingLambdaArgs


@dataclass(frozen=True, slots=True)
class StreamingScope(Scope):
    """What its builders need, the arguments among it."""

    args: StreamingLambdaArgs

    @classmethod
    def of(cls, name: str, args: StreamingLambdaArgs, opts: pulumi.ResourceOptions) -> "StreamingScope":
        return cls(name, opts, args.get("tags", {}), args.get("log_retention_days", DEFAULT_LOG_RETENTION), args)
