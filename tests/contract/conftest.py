"""Servers that the contract tests share."""

from yinlu_testing.postgres import postgres

__all__ = ["postgres"]
