"""Alembic's folder; ``bot_ledger.migrate`` runs it. A new step: copy the newest file in ``versions``."""
