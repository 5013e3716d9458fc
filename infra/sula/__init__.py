"""sula: publishes a blog from a git repository to a site its author owns."""
