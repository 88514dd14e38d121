"""IAM: roles, their policies, and who may take them."""
