"""What components that deploy functions share: a function with its role, permissions and log group, and its code."""
