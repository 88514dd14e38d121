"""StreamingLambda: a WebSocket API, its gateway, the worker that carries an agent to its end, and the closer."""

from components.streaming_lambda.args import StreamingLambdaArgs
from components.streaming_lambda.streaming_lambda import StreamingLambda

__all__ = ["StreamingLambda", "StreamingLambdaArgs"]
