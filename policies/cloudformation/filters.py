"""Which findings of the published sources hold for a Pulumi program. Reviewed by hand, over the corpus of examples.

The sources judge templates that CloudFormation deploys. Here the template is a translation: something of a resource may
be missing in it, names and defaults come from the AWS provider, and its sections are ours. So whatever is not accepted
here is dropped, and what is judged by something that is missing counts only for resources that are known in full.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from policies.cloudformation.engine import Diagnostic
from policies.cloudformation.preflight import Rule
from policies.cloudformation.presence import Library
from policies.rules.rule import Severity


class Need(Enum):
    """What a finding requires to be known: only the value that it is about, or all of the resource."""

    VALUE = "value"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Accepted:
    """How a finding is taken. `listed` are the CloudFormation types of which the rule goes through all resources."""

    need: Need
    severity: Severity = Severity.MANDATORY
    listed: frozenset[str] = frozenset()


VALUE: Final = Accepted(Need.VALUE)
WHOLE: Final = Accepted(Need.WHOLE)
LIST: Final = Accepted(Need.VALUE, Severity.ADVISORY)
"""Not among the values of a list that AWS keeps adding to: the list may be older than the value."""

_SCHEMA: Final = {
    VALUE: "E3030 E3031 E3034 E9006 F3030 F3031 F3033 F3034",
    WHOLE: "E3012 E3032 F3002 F3012 F3014 F3017 F3018 F3020 F3021 F3032 F3037 F3058",
    LIST: "W3030",
}
_RESOURCES: Final = {
    VALUE: """E1150 E1151 E1152 E1153 E1154 E1155 E1156 E2531 E2533 E3013 E3024 E3027 E3061 E3511 E3663 E3710 E3715
        E3717 E3718 E9002""",
    WHOLE: """E2504 E2530 E3022 E3023 E3026 E3029 E3039 E3041 E3042 E3044 E3045 E3047 E3048 E3051 E3052 E3053 E3054
        E3057 E3059 E3060 E3501 E3502 E3504 E3505 E3510 E3512 E3513 E3530 E3601 E3636 E3639 E3671 E3676 E3677 E3679
        E3680 E3685 E3687 E3689 E3698 E3699 E3700 E3701 E3702 E3703 E3704 E3705 E3706 E3707 E3708 E3719 E3723 E9014
        W2533""",
    LIST: """E3025 E3062 E3617 E3620 E3621 E3628 E3635 E3640 E3641 E3642 E3643 E3644 E3647 E3652 E3653 E3667 E3670
        E3672 E3675 E3694 W2531""",
}
ENGINE: Final[Mapping[str, Accepted]] = {
    rule: accepted for table in (_SCHEMA, _RESOURCES) for accepted, rules in table.items() for rule in rules.split()
}
"""The findings of AWS's engine that hold for a Pulumi program, by their ids."""

FORMATS: Final = frozenset({"E1150", "E1151", "E1152", "E1153", "E1154", "E1155", "E1156", "E3031", "E3511", "F3031"})
"""Findings about the form of a text, for example of an ARN."""

REQUIRED: Final = "F3003"
BY_VALUE: Final = "(from extension)"
"""What is required only because of the value of something else: neither the provider nor the SDK knows of that."""

ENGINE_DROPPED: Final[Mapping[str, str]] = {
    r"[EFW](0|1[01]|2|5|6|7|8)\d+": "about sections, parameters and functions of a template, which are ours",
    r"E3001|E3003|E3005|E3011|E3016|E3038|E3055|F3004|F3007|F3016": "about the form of a template, which is ours",
    r"E3002": "an unknown property cannot be written: Pulumi's SDK has none",
    r"F3003": "the provider fills in what CloudFormation requires, and rejects by itself what it requires",
    r"F3006": "the engine's list of types may be older than the type",
    r"E3010": "a limit of templates",
    r"E3019": "a name may stand twice: in two regions or accounts, by two providers",
    r"E3040": "what is read only in CloudFormation may be an input of the provider",
    r"E3050": "about references between resources of a template",
    r"E3660": "the provider names what has no name",
    r"E9003|E9004|E9101|E9106": "about functions of a template, which are ours",
    r"W.*": "advice about templates, or about security, which the rules of the other sections give by their own lights",
}
"""The engine's findings that are dropped, by patterns of ids that are tried after ENGINE, with the reason."""

DROPPED: Final[Mapping[str, str]] = {
    reason_id: reason
    for reason, ids in {
        "CloudFormation's own handler rejects it, not the service": """pf-codecommit-code-branch-name-valid
            pf-codedeploy-dg-revision-github-server-only pf-elasticache-replication-group-clusters
            pf-ga-flow-logs-require-bucket-and-prefix pf-iot-thinggroup-parent-query-exclusive pf-kms-key-origin
            pf-msk-zookeeper-access-not-at-create pf-redshift-defer-maintenance-duration-endtime
            pf-route53-cidrcollection-blocks-max-1000 pf-scheduler-date-format pf-secretsmanager-generate-secret-string
            pf-secretsmanager-hosted-rotation pf-secretsmanager-rotation-lambda
            pf-secretsmanager-secret-string-exclusive
            pf-servicediscovery-service-healthcheck-requires-failure-threshold pf-sfn-definition-exactly-one
            pf-sns-subscription-region pf-sns-topic-policy-topics pf-sqs-queue-policy-queues
            pf-vpclattice-tg-alb-single-target pf-vpclattice-tg-lambda-single-target pf-wafv2-text-transformations""",
        "the provider names what has no name": "pf-aoss-security-config-name-required pf-apigwv2-api-name-required",
        "Pulumi orders resources by their references": "pf-cassandra-table-udt-dependency",
        "a name may stand twice: in two regions or accounts, by two providers": """
            pf-agentcore-browser-profile-name-unique pf-agentcore-evaluator-name-unique
            pf-aoss-encryption-policy-duplicate-resource
            pf-codebuild-sourcecredential-one-per-server-type pf-events-rule-name-duplicate
            pf-route53-cidrcollection-duplicate-name pf-vpclattice-resourceconfiguration-name-duplicate
            pf-vpclattice-service-name-duplicate pf-vpclattice-servicenetwork-name-duplicate
            pf-vpclattice-targetgroup-name-duplicate pf-wafv2-name-unique""",
        "its pattern takes any name that ends in a letter of waitForTaskToken": "pf-sfn-express-unsupported",
        "it is older than what it judges": "pf-ecr-lifecycle-rule-priority pf-lambda-layer-compatible-runtimes-enum",
        "where nothing is given the provider says another thing": "pf-cloudwatch-metric-query-returndata",
    }.items()
    for reason_id in ids.split()
}
"""Rules of cdk-preflight that do not hold for a Pulumi program, with the reason."""

DROPPED_AT: Final[Mapping[tuple[str, str, str], str]] = {
    ("E1152", "AWS::EC2::Instance", "ImageId"): "an image may be named by a parameter of Systems Manager",
    ("E3031", "AWS::Cognito::UserPoolDomain", "Domain"): "a domain of one's own has dots",
    ("F3021", "AWS::DynamoDB::Table", "SSESpecification"): "the provider says that the key is one of KMS",
    ("F3031", "AWS::Route53::TrafficPolicyInstance", "Name"): "the provider adds the dot at the end",
    ("F3031", "AWS::S3::AccessPoint", "Name"): "an access point of a directory bucket is named otherwise",
    ("F3031", "AWS::SES::ConfigurationSet", "DeliveryOptions.TlsPolicy"): "the provider writes it in small letters",
    ("W3030", "AWS::ElastiCache::User", "Engine"): "the provider takes capital letters",
    ("W3030", "AWS::ElastiCache::UserGroup", "Engine"): "the provider takes capital letters",
}
"""Findings that do not hold at one property of one type, with the reason."""

ACROSS: Final = 5
"""Types of a rule that compares resources of several types, at most."""

LISTS: Final = re.compile(r"-(enum|eol|deprecated|deprecated-instance|memory-max)$")
"""Rules of cdk-preflight that hold a value against a list, or against a limit that AWS has raised before."""


def of_engine(found: Diagnostic, kind: str) -> Accepted | None:
    """How a finding of the engine about a CloudFormation type is taken."""
    if found.rule == REQUIRED and found.message.endswith(BY_VALUE):
        return WHOLE
    return None if (found.rule, kind, found.path) in DROPPED_AT else ENGINE.get(found.rule)


def of_rule(rule: Rule, library: Library) -> Accepted | None:
    """How a rule of cdk-preflight is taken: as advice where its authors did not see AWS reject it."""
    if rule.id in DROPPED:
        return None
    severity = Severity.MANDATORY if rule.proven and not LISTS.search(rule.id) else Severity.ADVISORY
    need = Need.VALUE if library.judges_values(rule.source) else Need.WHOLE
    # A rule about many types, as about policies, judges each resource by itself.
    own = rule.types if 1 < len(rule.types) <= ACROSS else frozenset()
    return Accepted(need, severity, own | (library.listed_types(rule.source) - rule.types))
