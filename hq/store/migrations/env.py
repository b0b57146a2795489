"""Runs migrations on the connection the store hands over."""

from alembic import context

from hq.store.models import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters tables by copying them
)
context.run_migrations()
