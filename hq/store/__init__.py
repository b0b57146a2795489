"""The store: tables, migrations, and each engine's own ways."""

from hq.store.engine import STORE_IS_DOWN, Store

__all__ = ["STORE_IS_DOWN", "Store"]
