"""What Alembic runs: the steps, on the connection and in the transaction that ``bot_ledger.migrate`` gives."""

from alembic import context

from bot_ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite can't alter a column in place
)
context.run_migrations()
