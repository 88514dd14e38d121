"""IAM's numbers, and its actions that are not what they seem."""

from collections.abc import Mapping
from typing import Final

from policies.rules.aws_limits.source import SERVICE_MODELS, Name, Range, Source

IAM_QUOTAS: Final = Source("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html")
ACTIONS_PAGE: Final = Source("https://docs.aws.amazon.com/service-authorization/latest/reference/")

ROLE_NAME: Final = Name(64, r"[\w+=,.@-]+", SERVICE_MODELS)
POLICY_NAME: Final = Name(128, r"[\w+=,.@-]+", SERVICE_MODELS)
DEFAULT_SESSION: Final = 3_600
"""Seconds that a session of a role may last when its MaxSessionDuration is not given (SERVICE_MODELS)."""

ROLE_SIZE: Final = Range(1, 10_240, "characters", IAM_QUOTAS)
"""All inline policies of a role together, without white space, as every size here."""

USER_SIZE: Final = Range(1, 2_048, "characters", IAM_QUOTAS)
GROUP_SIZE: Final = Range(1, 5_120, "characters", IAM_QUOTAS)
MANAGED_SIZE: Final = Range(1, 6_144, "characters", IAM_QUOTAS)
TRUST_SIZE: Final = Range(1, 4_096, "characters", IAM_QUOTAS)
"""2,048 unless the account's quota was raised, 4,096 at most."""

SERVICE_PREFIXES: Final[Mapping[str, str]] = {
    "agentcore": "bedrock-agentcore",
    "bedrock-agent-core": "bedrock-agentcore",
    "bedrock-agentcore-runtime": "bedrock-agentcore",
    "bedrock-runtime": "bedrock",
    "bedrockagentcore": "bedrock-agentcore",
    "cloudwatch-logs": "logs",
    "cloudwatchlogs": "logs",
    "ddb": "dynamodb",
    "dynamo": "dynamodb",
    "eventbridge": "events",
    "secret-manager": "secretsmanager",
    "secretmanager": "secretsmanager",
    "secrets-manager": "secretsmanager",
    "sfn": "states",
    "step-functions": "states",
    "stepfunctions": "states",
    "systemsmanager": "ssm",
    "x-ray": "xray",
}
"""Names of services, SDK clients and endpoints that people write for the prefix of IAM's actions (ACTIONS_PAGE)."""

NO_ACTIONS: Final[Mapping[str, str]] = {
    "bedrock:Converse": "bedrock:InvokeModel",
    "bedrock:ConverseStream": "bedrock:InvokeModelWithResponseStream",
    "bedrock-agentcore:InvokeRuntime": "bedrock-agentcore:InvokeAgentRuntime",
    "dynamodb:TransactGetItems": "dynamodb:GetItem",
    "dynamodb:TransactWriteItems": "dynamodb:PutItem, dynamodb:UpdateItem, dynamodb:DeleteItem",
    "events:PutEvent": "events:PutEvents",
    "execute-api:PostToConnection": "execute-api:ManageConnections",
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:InvokeWithResponseStream": "lambda:InvokeFunction",
    "logs:PutLogEvent": "logs:PutLogEvents",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CopyObject": "s3:GetObject, s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:UploadPart": "s3:PutObject",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
"""API operations that IAM knows no action of, and the action that allows each (ACTIONS_PAGE)."""

WITHOUT_RESOURCES: Final = (
    "application-autoscaling:Describe*",
    "bedrock:ListFoundationModels",
    "bedrock:ListInferenceProfiles",
    "dynamodb:DescribeLimits",
    "dynamodb:ListStreams",
    "dynamodb:ListTables",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:Describe*",
    "ec2:UnassignPrivateIpAddresses",
    "ecr:GetAuthorizationToken",
    "ecs:DescribeTaskDefinition",
    "ecs:ListClusters",
    "ecs:ListTaskDefinitions",
    "events:ListEventBuses",
    "events:ListRules",
    "kms:ListAliases",
    "kms:ListKeys",
    "lambda:GetAccountSettings",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctions",
    "lambda:ListLayers",
    "logs:*LogDelivery",
    "logs:*ResourcePolic*",
    "logs:DescribeLogGroups",
    "logs:DescribeQueries",
    "logs:ListLogDeliveries",
    "logs:StopQuery",
    "s3:ListAllMyBuckets",
    "secretsmanager:GetRandomPassword",
    "secretsmanager:ListSecrets",
    "sns:ListTopics",
    "sqs:ListQueues",
    "ssmmessages:*",
    "states:ListActivities",
    "states:ListStateMachines",
    "states:SendTask*",
    "sts:DecodeAuthorizationMessage",
    "sts:GetCallerIdentity",
    "tag:Get*",
    "xray:BatchGet*",
    "xray:Get*",
    "xray:Put*",
)
"""Actions that can be allowed on `*` only, with wildcards (ACTIONS_PAGE), and those on network interfaces, which Lambda
and ECS need before the interface exists (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html)."""

METRICS: Final = "cloudwatch:PutMetricData"
METRICS_KEY: Final = "cloudwatch:namespace"
"""The action is for all metrics of an account; a condition on this key narrows it."""

ESCALATIONS: Final = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
)
"""Actions with which an identity can give itself any other (ACTIONS_PAGE lists them under permissions
management)."""

_LOGS: Final = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_NETWORK: Final = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:UnassignPrivateIpAddresses",
)
MANAGED_POLICIES: Final[Mapping[str, tuple[str, ...]]] = {
    "AWSLambdaBasicExecutionRole": _LOGS,
    "AWSLambdaVPCAccessExecutionRole": (*_LOGS, *_NETWORK),
    "AWSLambdaSQSQueueExecutionRole": (
        *_LOGS,
        *("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    ),
    "AWSLambdaDynamoDBExecutionRole": (
        *_LOGS,
        *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
    ),
    "AWSXRayDaemonWriteAccess": ("xray:Get*", "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
}
"""Managed policies of AWS that functions have, and what they allow on everything
(https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html)."""
