"""StreamingLambda: a WebSocket API with a gateway, a worker that runs agents, and a dead-letter handler."""

from components.streaming_lambda.args import StreamingLambdaArgs
from components.streaming_lambda.streaming_lambda import StreamingLambda

__all__ = ["StreamingLambda", "StreamingLambdaArgs"]
