"""Joining is a path: steps that the community defines in one small file."""
