"""The store: tables, migrations, and each engine's own ways."""

from hq.store.engine import Store

__all__ = ["Store"]
