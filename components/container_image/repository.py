"""The repository of an image: tags cannot be moved, images are scanned, old ones leave it, and Lambda may read it."""

import json
from typing import Any, Final

import pulumi
from pulumi_aws import ecr

from components.arn import ArnParts
from components.build_context import BuildContext
from components.container_image.args import ContainerImageArgs
from components.iam import document

ImageContextOf = BuildContext[ContainerImageArgs]

CACHE_TAG: Final = "cache"
"""The only tag that moves: it is on the newest image, whose layers the next build uses again."""
KEPT: Final = 30
"""Images. A function runs the newest; the others are for going back."""
_UNTAGGED_DAYS: Final = 7


def create_repository(context: ImageContextOf) -> ecr.Repository:
    return ecr.Repository(
        context.child("repository"),
        image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
        image_tag_mutability_exclusion_filters=[{"filter": CACHE_TAG, "filter_type": "WILDCARD"}],
        image_scanning_configuration={"scan_on_push": True},
        encryption_configurations=[{"encryption_type": "AES256"}],
        # Its images can be built again.
        force_delete=True,
        tags=context.tags,
        opts=context.opts,
    )


def create_policies(context: ImageContextOf, repository: ecr.Repository) -> list[pulumi.Resource]:
    """What must be there before the first image."""
    return [
        ecr.LifecyclePolicy(
            context.child("lifecycle"), repository=repository.name, policy=lifecycle(), opts=context.opts
        ),
        ecr.RepositoryPolicy(
            context.child("pull-policy"),
            repository=repository.name,
            policy=repository.arn.apply(pull_policy),
            opts=context.opts,
        ),
    ]


def lifecycle() -> str:
    """Untagged images are those whose tag `cache` has moved away, if they had no other."""
    untagged = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days"}
    rules: list[dict[str, Any]] = [
        {"rulePriority": 1, "selection": {**untagged, "countNumber": _UNTAGGED_DAYS}, "action": {"type": "expire"}},
        {
            "rulePriority": 2,
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT},
            "action": {"type": "expire"},
        },
    ]
    return json.dumps({"rules": rules}, sort_keys=True)


def pull_policy(repository_arn: str) -> str:
    """Lambda may read images for functions of the same account and region. Without it Lambda writes one of its own,
    which the next deployment would remove."""
    place = ArnParts.parse(repository_arn)
    return document(
        [
            {
                "Sid": "LambdaPulls",
                "Effect": "Allow",
                "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": place.account},
                    "ArnLike": {"aws:SourceArn": place.arn("lambda", "function:*")},
                },
            }
        ]
    )
