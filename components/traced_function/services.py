"""The AWS services of which the traced function makes clients."""

from typing import Final

AWS_SERVICES: Final = (
    "apigatewaymanagementapi",
    "bedrock-agentcore",
    "bedrock-runtime",
    "dynamodb",
    "lambda",
    "s3",
    "secretsmanager",
    "sts",
)
"""Frames to those who follow a run, MCP servers on AgentCore, the model, the journal, the next run of a session, files
and conversations, keys, and credentials. By botocore's names."""
