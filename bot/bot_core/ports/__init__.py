"""Ports: what one room needs of another, filled in by ``bot_app.compose``.

Extended as the house grows, never replaced. Each has an in-memory twin beside its real implementation, and
one contract test that runs over both.
"""
