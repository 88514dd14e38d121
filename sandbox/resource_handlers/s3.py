"""S3: buckets, their settings, objects."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pulumi

from policies.rules.aws_limits import BUCKET_NAME
from sandbox.cloud.packages import tree_of, whole_zip
from sandbox.cloud.request import Request, ValidationError
from sandbox.cloud.wire import pascal
from sandbox.program.monitor import Created
from sandbox.program.registration import Value


def bucket(request: Request) -> Created:
    request.skip("forceDestroy")
    cloud = request.cloud
    name = request.name("bucket", BUCKET_NAME)
    if cloud.region == "us-east-1":
        cloud.s3.create_bucket(Bucket=name)
    else:
        location: Any = {"LocationConstraint": cloud.region}
        cloud.s3.create_bucket(Bucket=name, CreateBucketConfiguration=location)
    if request.tags():
        cloud.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": request.tag_list()})
    attributes = {
        "bucket": name,
        "arn": cloud.arn("s3", name, regional=False, owned=False),
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{cloud.region}.amazonaws.com",
        "region": cloud.region,
    }
    return Created(name, attributes)


def public_access_block(request: Request) -> Created:
    name = request.need("bucket")
    request.cloud.s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": request.get("blockPublicAcls", False),
            "BlockPublicPolicy": request.get("blockPublicPolicy", False),
            "IgnorePublicAcls": request.get("ignorePublicAcls", False),
            "RestrictPublicBuckets": request.get("restrictPublicBuckets", False),
        },
    )
    return Created(name)


def encryption(request: Request) -> Created:
    name = request.need("bucket")
    request.cloud.s3.put_bucket_encryption(
        Bucket=name, ServerSideEncryptionConfiguration={"Rules": pascal(request.need("rules"))}
    )
    return Created(name)


def lifecycle(request: Request) -> Created:
    name = request.need("bucket")
    rules = pascal(request.need("rules"))
    request.cloud.s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    return Created(name)


def policy(request: Request) -> Created:
    name = request.need("bucket")
    request.cloud.s3.put_bucket_policy(Bucket=name, Policy=request.need("policy"))
    return Created(name)


def versioning(request: Request) -> Created:
    name = request.need("bucket")
    request.cloud.s3.put_bucket_versioning(
        Bucket=name, VersioningConfiguration=pascal(request.need("versioningConfiguration"))
    )
    return Created(name)


def ownership(request: Request) -> Created:
    name = request.need("bucket")
    rules: Any = [pascal(request.need("rule"))]
    request.cloud.s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": rules})
    return Created(name)


def bucket_object(request: Request) -> Created:
    """Creates an object. A package's zip is recorded instead of uploaded, unless whole packages are wanted."""
    request.skip("forceDestroy", "sourceHash", "etag")
    name, key = request.need("bucket"), request.need("key")
    source = request.get("source")
    content_type = request.get("contentType", "application/octet-stream")
    attributes = {"arn": request.cloud.arn("s3", f"{name}/{key}", regional=False, owned=False), "versionId": ""}
    path = Path(source.path) if isinstance(source, pulumi.FileAsset | pulumi.FileArchive) else None
    tree = tree_of(path) if path and path.suffix == ".zip" else None
    if path and tree and not request.cloud.upload:
        request.cloud.store_package(name, key, path)
        return Created(f"{name}/{key}", attributes)
    if tree:
        request.cloud.note_tree(tree)
    body = whole_zip(request.cloud.python, pulumi.FileArchive(str(path))) if tree else _body(request, source)
    request.cloud.s3.put_object(Bucket=name, Key=key, Body=body, ContentType=content_type)
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return Created(f"{name}/{key}", attributes | {"etag": etag})


def _body(request: Request, source: Value) -> bytes:
    text, encoded = request.get("content"), request.get("contentBase64")
    match source:
        case pulumi.FileAsset() | pulumi.FileArchive():
            return Path(source.path).read_bytes()
        case pulumi.StringAsset():
            return source.text.encode()
        case None if text is not None:
            return str(text).encode()
        case None if encoded is not None:
            return base64.b64decode(encoded)
    raise ValidationError("source is neither a file nor text, and content is missing")
