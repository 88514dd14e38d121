"""Why a caller is not let in."""


class RejectedTokenError(Exception):
    """The token is no proof of who the caller is; the message says why, without the token."""


class IssuerUnavailableError(Exception):
    """The keys of the issuer cannot be read now, so no token can be checked: nobody is let in."""
