"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.rule import ResourceRule, StackRule
from policies.rules.s3 import (
    acl_ownership,
    acl_private,
    bucket_name,
    bucket_policy,
    encryption,
    encryption_key,
    incomplete_uploads,
    payloads_expire,
    public_access_block,
    public_access_complete,
    tls_only,
    versioning,
)

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    bucket_name.RULE,
    public_access_block.RULE,
    public_access_complete.RULE,
    bucket_policy.RULE,
    acl_private.RULE,
    acl_ownership.RULE,
    tls_only.RULE,
    encryption.RULE,
    encryption_key.RULE,
    payloads_expire.RULE,
    incomplete_uploads.RULE,
    versioning.RULE,
)
