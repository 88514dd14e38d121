"""An action is allowed on resources of the kind that it knows: objects are not buckets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, of_identity
from policies.rules.rule import ResourceRule


@dataclass(frozen=True, slots=True)
class Kind:
    """ARNs, as patterns, one of which an action's resource has to be, and how to name them to people."""

    patterns: tuple[str, ...]
    form: str


_ARN: Final = "arn:*:{}:*:*:{}".format
_BUCKET: Final = Kind((_ARN("s3", "[!/]*"),), "arn:aws:s3:::bucket")
_OBJECT: Final = Kind((_ARN("s3", "*/*"), _ARN("s3", "[*]")), "arn:aws:s3:::bucket/key")
_STREAM: Final = Kind((_ARN("logs", "log-group:*:*"), _ARN("logs", "[*]")), "arn:aws:logs:…:log-group:name:*")
_SOCKETS: Final = Kind(
    (_ARN("execute-api", "*/@connections/*"), _ARN("execute-api", "*[*]")), "arn:aws:execute-api:…/POST/@connections/*"
)
_KINDS: Final[Mapping[str, Kind]] = {
    "s3:deleteobject": _OBJECT,
    "s3:getobject": _OBJECT,
    "s3:putobject": _OBJECT,
    "s3:abortmultipartupload": _OBJECT,
    "s3:listbucket": _BUCKET,
    "s3:getbucketlocation": _BUCKET,
    "s3:listbucketmultipartuploads": _BUCKET,
    "logs:putlogevents": _STREAM,
    "execute-api:manageconnections": _SOCKETS,
}


def _fits(placed: PlacedStatement) -> Iterator[Finding]:
    if not placed.allows or not placed.is_known:
        return
    arns = [arn for _, arn in placed.texts("Resource")]
    for path, action in placed.texts("Action"):
        kind = _KINDS.get(action.lower())
        if kind is not None and arns and not any(_is_of(kind, arn) for arn in arns):
            yield Finding(
                property=path,
                value=f"{action} on {arns[0][:120]} in {placed.name}",
                allowed=f"{action} on {kind.form}",
                why="No resource of the statement is of the kind that the action knows, so it allows nothing",
                fix=f"Add {kind.form} to the statement's resources",
            )


def _is_of(kind: Kind, arn: str) -> bool:
    if kind is _BUCKET and "/" in arn:
        return False
    return not arn.startswith("arn:") or arn in ("*", "arn:*") or any(fnmatchcase(arn, each) for each in kind.patterns)


RULE = ResourceRule(
    name="iam-actions-fit-resources",
    description="Actions on objects, log streams and connections are allowed on ARNs of these, not of what holds them.",
    remediation="Use bucket/* for objects, the bucket for s3:ListBucket, and log-group:name:* for log streams.",
    types=IDENTITY,
    check=of_identity(_fits),
)
