"""What `pulumi stack init` and `pulumi config set --secret` of the engine wrote with the passphrase "x"."""

PASSPHRASE = "x"
PASSPHRASE_SALT = "encryptionsalt: v1:s5yMz95Z630=:v1:163EMBO/aDcfJ+Sr:WpfPDNINw56Fv/Ld3s0e/sD9eSXH4g==\n"
HUSH = "v1:JbsVpIGvaeKeMUcZ:7H0lFKxtaYu1nO6mpy3VwXH0Nyk="
"""The text `hush`."""
