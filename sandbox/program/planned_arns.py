"""The form of the ARN that each type of resource gets (https://docs.aws.amazon.com/service-authorization/).

A program may put an ARN into a document, and a rule reads from it what kind of resource it names.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

_SERVICES: Final[Mapping[str, str]] = {
    "alb": "elasticloadbalancing",
    "cfg": "config",
    "cognito": "cognito-idp",
    "docdb": "rds",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elasticsearch": "es",
    "lb": "elasticloadbalancing",
    "msk": "kafka",
    "neptune": "rds",
    "opensearch": "es",
    "sfn": "states",
}
"""The name in ARNs of services that the SDK calls otherwise."""

_LOAD_BALANCING: Final[Mapping[str, str]] = {
    "loadBalancer": "loadbalancer/app/$name/50dc6c495c0c9188",
    "targetGroup": "targetgroup/$name/73e2d6bc24d8a067",
    "listener": "listener/app/$name/50dc6c495c0c9188/f2f7dc8efc522ab2",
    "listenerRule": "listener-rule/app/$name/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee",
}
_DATABASES: Final[Mapping[str, str]] = {
    "instance": "db:$name",
    "clusterInstance": "db:$name",
    "cluster": "cluster:$name",
    "subnetGroup": "subgrp:$name",
    "parameterGroup": "pg:$name",
    "clusterParameterGroup": "cluster-pg:$name",
    "optionGroup": "og:$name",
    "snapshot": "snapshot:$name",
}
_NAMES: Final[Mapping[str, str]] = {
    **{f"{module}/{kind}": form for module in ("lb", "alb") for kind, form in _LOAD_BALANCING.items()},
    **{f"{module}/{kind}": form for module in ("rds", "docdb", "neptune") for kind, form in _DATABASES.items()},
    "acm/certificate": "certificate/00000000-0000-4000-8000-000000000000",
    "autoscaling/group": "autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/$name",
    "backup/vault": "backup-vault:$name",
    "codecommit/repository": "$name",
    "codepipeline/pipeline": "$name",
    "cognito/userPool": "userpool/${region}_$name",
    "ecs/service": "service/$owner/$name",
    "ecs/taskDefinition": "task-definition/$name:1",
    "elasticache/cluster": "cluster:$name",
    "elasticache/replicationGroup": "replicationgroup:$name",
    "elasticbeanstalk/environment": "environment/$owner/$name",
    "elb/loadBalancer": "loadbalancer/$name",
    "lambda/alias": "function:$owner:$name",
    "lambda/function": "function:$name",
    "lambda/layerVersion": "layer:$name:1",
    "msk/cluster": "cluster/$name/00000000-0000-4000-8000-000000000000-1",
    "redshift/cluster": "cluster:$name",
    "scheduler/schedule": "schedule/default/$name",
    "scheduler/scheduleGroup": "schedule-group/$name",
    "secretsmanager/secret": "secret:$name-AbCdEf",
    "sfn/activity": "activity:$name",
    "sfn/stateMachine": "stateMachine:$name",
    "sns/topic": "$name",
    "sns/topicSubscription": "$owner:00000000-0000-4000-8000-000000000000",
    "sqs/queue": "$name",
    "wafv2/ipSet": "regional/ipset/$name/00000000-0000-4000-8000-000000000000",
    "wafv2/ruleGroup": "regional/rulegroup/$name/00000000-0000-4000-8000-000000000000",
    "wafv2/webAcl": "regional/webacl/$name/00000000-0000-4000-8000-000000000000",
}
"""What follows the account in the ARNs of these types."""

_WHOLE: Final[Mapping[str, str]] = {
    "apigateway/restApi": "arn:$partition:apigateway:$region::/restapis/$name",
    "apigateway/stage": "arn:$partition:apigateway:$region::/restapis/$owner/stages/$name",
    "cloudfront/distribution": "arn:$partition:cloudfront::$account:distribution/$name",
    "cloudwatch/compositeAlarm": "arn:$partition:cloudwatch:$region:$account:alarm:$name",
    "cloudwatch/dashboard": "arn:$partition:cloudwatch::$account:dashboard/$name",
    "cloudwatch/eventBus": "arn:$partition:events:$region:$account:event-bus/$name",
    "cloudwatch/eventRule": "arn:$partition:events:$region:$account:rule/$name",
    "cloudwatch/metricAlarm": "arn:$partition:cloudwatch:$region:$account:alarm:$name",
    "iam/openIdConnectProvider": "arn:$partition:iam::$account:oidc-provider/$name",
    "iam/samlProvider": "arn:$partition:iam::$account:saml-provider/$name",
    "kinesis/firehoseDeliveryStream": "arn:$partition:firehose:$region:$account:deliverystream/$name",
    "route53/zone": "arn:$partition:route53:::hostedzone/$name",
}
_OF_SERVICE: Final[Mapping[str, str]] = {
    "apigatewayv2": "arn:$partition:apigateway:$region::/apis/$name",
    "cloudwatch": "arn:$partition:logs:$region:$account:log-group:$name",
    "iam": "arn:$partition:iam::$account:$kind/$name",
    "s3": "arn:$partition:s3:::$name",
}
_OWNERS: Final = ("functionName", "cluster", "topic", "restApi", "application")
"""Inputs that name the resource to which another belongs."""

FUNCTION: Final = "arn:$partition:lambda:$region:$account:function:$name"


def arn_form(service: str, kind: str) -> str:
    """Returns a template for string.Template with $partition, $region, $account, $kind, $name and $owner, for a type
    `aws:<service>/<kind>`."""
    known = _WHOLE.get(f"{service}/{kind}") or _OF_SERVICE.get(service)
    named = _NAMES.get(f"{service}/{kind}", "$kind/$name")
    return known or f"arn:$partition:{_SERVICES.get(service, service)}:$region:$account:{named}"


def in_words(kind: str) -> str:
    """The kind as ARNs write it: `instance-profile` for `instanceProfile`."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda upper: f"-{upper[0].lower()}", kind)


def owner_of(inputs: Mapping[str, Any]) -> str:
    """The name of what a resource belongs to, from an input that holds its name or ARN; empty if there is none."""
    given = next((inputs[name] for name in _OWNERS if isinstance(inputs.get(name), str)), "")
    return re.split("[:/]", given)[-1]
