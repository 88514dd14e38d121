"""The handlers by resource type. A type without a handler cannot be deployed to the sandbox."""

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.cloud.request import Request
from sandbox.program.monitor import Created
from sandbox.resource_handlers import (
    agentcore,
    apigatewayv2,
    dynamodb,
    ec2,
    ecs,
    events,
    iam,
    lambda_,
    s3,
    scheduler,
    secretsmanager,
    sfn,
    sqs,
)
from sandbox.resource_handlers.cloudwatch import alarms, dashboards, logs

Handler = Callable[[Request], Created]

HANDLERS: Final[Mapping[str, Handler]] = {
    "aws:apigatewayv2/api:Api": apigatewayv2.api,
    "aws:apigatewayv2/authorizer:Authorizer": apigatewayv2.authorizer,
    "aws:apigatewayv2/integration:Integration": apigatewayv2.integration,
    "aws:apigatewayv2/route:Route": apigatewayv2.route,
    "aws:apigatewayv2/stage:Stage": apigatewayv2.stage,
    "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime": agentcore.agent_runtime,
    "aws:bedrock/agentcoreAgentRuntimeEndpoint:AgentcoreAgentRuntimeEndpoint": agentcore.agent_runtime_endpoint,
    "aws:cloudwatch/dashboard:Dashboard": dashboards.dashboard,
    "aws:cloudwatch/eventBus:EventBus": events.event_bus,
    "aws:cloudwatch/eventRule:EventRule": events.event_rule,
    "aws:cloudwatch/eventTarget:EventTarget": events.event_target,
    "aws:cloudwatch/logGroup:LogGroup": logs.log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": logs.metric_filter,
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarms.metric_alarm,
    "aws:dynamodb/table:Table": dynamodb.table,
    "aws:ec2/securityGroup:SecurityGroup": ec2.security_group,
    "aws:ec2/vpcEndpoint:VpcEndpoint": ec2.vpc_endpoint,
    "aws:ecs/cluster:Cluster": ecs.cluster,
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": ecs.cluster_capacity_providers,
    "aws:ecs/taskDefinition:TaskDefinition": ecs.task_definition,
    "aws:iam/policy:Policy": iam.policy,
    "aws:iam/role:Role": iam.role,
    "aws:iam/rolePolicy:RolePolicy": iam.role_policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": iam.role_policy_attachment,
    "aws:lambda/eventSourceMapping:EventSourceMapping": lambda_.event_source_mapping,
    "aws:lambda/function:Function": lambda_.function,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": lambda_.event_invoke_config,
    "aws:lambda/functionUrl:FunctionUrl": lambda_.function_url,
    "aws:lambda/permission:Permission": lambda_.permission,
    "aws:s3/bucket:Bucket": s3.bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": s3.lifecycle,
    "aws:s3/bucketObject:BucketObject": s3.bucket_object,
    "aws:s3/bucketObjectv2:BucketObjectv2": s3.bucket_object,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": s3.ownership,
    "aws:s3/bucketPolicy:BucketPolicy": s3.policy,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": s3.public_access_block,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": s3.encryption,
    "aws:s3/bucketVersioning:BucketVersioning": s3.versioning,
    "aws:scheduler/scheduleGroup:ScheduleGroup": scheduler.schedule_group,
    "aws:secretsmanager/secret:Secret": secretsmanager.secret,
    "aws:secretsmanager/secretVersion:SecretVersion": secretsmanager.secret_version,
    "aws:sfn/stateMachine:StateMachine": sfn.state_machine,
    "aws:sqs/queue:Queue": sqs.queue,
    "aws:sqs/queuePolicy:QueuePolicy": sqs.queue_policy,
}
