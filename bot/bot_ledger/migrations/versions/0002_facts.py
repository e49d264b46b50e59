"""Facts: what a community keeps of members besides answers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    texts = [sa.Column(name, sa.String(), nullable=False) for name in ("community", "kind", "id", "person")]
    op.create_table(
        "facts",
        *texts,
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("community", "kind", "id", name=op.f("pk_facts")),
    )
    op.create_index(op.f("ix_facts_kind_time"), "facts", ["kind", "time"])
    op.create_index(op.f("ix_facts_person"), "facts", ["person"])
