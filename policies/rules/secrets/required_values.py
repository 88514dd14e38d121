"""Rules about secrets that demand one value of one property."""

import re
from typing import Final

from policies.rules.accepted_values import is_number, named, text_that, within
from policies.rules.aws_limits.secrets import RECOVERY_WINDOW, SECRET_NAME
from policies.rules.required_value import RequiredValue, number, rules_of
from policies.rules.rule import Resource, Severity
from policies.rules.secrets.secret import SECRETS
from policies.rules.values import UNKNOWN, lookup, quoted

_ARN_SUFFIX: Final = re.compile("-[A-Za-z0-9]{6}$")
_MAY_LOSE_SECRETS: Final = ("dev", "development", "test", "local", "sandbox", "ci")
"""Stages whose secrets need not be recoverable."""


def _keeps_its_secrets(secret: Resource) -> bool:
    return lookup(secret.properties, "tags", "stage") not in (UNKNOWN, *_MAY_LOSE_SECRETS)


RULES: Final = rules_of(
    RequiredValue(
        name="secret-name",
        types=[SECRETS],
        property="name",
        accepts=named(SECRET_NAME),
        value=lambda name: quoted(str(name)),
        allowed="1 to 512 letters, digits and /_+=.@-",
        why="Secrets Manager rejects the secret with InvalidParameterException",
        fix="Leave the name to Pulumi, or write it as a path: longrun/model-key",
        description="A secret's name has at most 512 characters, all of which Secrets Manager accepts.",
        remediation="Leave the name to Pulumi, or write letters, digits, slashes and hyphens.",
    ),
    RequiredValue(
        name="secret-name-suffix",
        types=[SECRETS],
        property="name",
        accepts=text_that(lambda name: _ARN_SUFFIX.search(name) is None),
        value=repr,
        allowed="a name that does not end in a hyphen and six letters or digits",
        why="Secrets Manager ends every ARN so: a search by part of an ARN, and a policy with ??????, take this "
        "name for another secret",
        fix="End the name in a longer or shorter word",
        description="A secret's name does not end in a hyphen and six characters, as the ARNs of secrets do.",
        remediation="End the name in a word of another length.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="secret-recovery-window",
        types=[SECRETS],
        property="recoveryWindowInDays",
        accepts=within(RECOVERY_WINDOW, 0),
        value=number,
        allowed=f"{RECOVERY_WINDOW}, or 0 for no recovery",
        why="Secrets Manager does not delete the secret, so destroy stops half way",
        fix="Choose a number in the range, or leave it out for 30",
        description="A deleted secret can be restored for 7 to 30 days, or not at all.",
        remediation="Set recovery_window_in_days to 7 to 30, or leave it out.",
    ),
    RequiredValue(
        name="secret-recoverable",
        types=[SECRETS],
        property="recoveryWindowInDays",
        applies=_keeps_its_secrets,
        accepts=lambda days: not is_number(days) or days != 0,
        value="0",
        allowed="7 to 30 days, or 0 with the tag stage of a stage that may lose it (dev, test)",
        why="Destroy, or a change that replaces the secret, removes the only copy of a key at once",
        fix="Leave it out, which gives 30 days",
        description="A deleted secret can be restored, except in stages that may lose it.",
        remediation="Leave recovery_window_in_days out, or tag the secret with its stage.",
        severity=Severity.ADVISORY,
    ),
)
