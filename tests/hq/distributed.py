"""What a database that is distributed by station refuses, looked for in every statement that headquarters makes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from hq.store import Store
from hq.store.distribution import distribution_column
from hq.store.models import metadata


@contextmanager
def watched(store: Store) -> Iterator[list[str]]:
    """Collect what would be refused among the statements made meanwhile."""
    refused: list[str] = []

    def look(_db: Any, statement: Any, *_: Any) -> None:
        refused.extend(f"{why}: {statement}" for why in refusals(statement))

    sa.event.listen(store.engine, "before_execute", look)
    try:
        yield refused
    finally:
        sa.event.remove(store.engine, "before_execute", look)


def refusals(statement: Any) -> Iterator[str]:
    """Yield why a distributed plan refuses a statement."""
    if isinstance(statement, sa.Update):
        column = distribution_column(statement.table)
        if column is not None and any(getattr(name, "name", name) == column for name in statement._values or ()):
            yield "a row moves to another station"
    if not isinstance(statement, sa.sql.visitors.Visitable):
        return
    for part in visitors.iterate(statement):
        if isinstance(part, sa.Select):
            yield from _in_select(part)


def _in_select(select: sa.Select[Any]) -> Iterator[str]:
    tables = {_table(found) for source in select.get_final_froms() for found in _leaves(source)} - {None}
    spread = [table for table in tables if distribution_column(table) is not None]
    pinned = [*_equalities(select.whereclause)]
    if select._for_update_arg is not None and spread and not any(right is None for _, right in pinned):
        yield "rows of many stations are locked"
    for source in select.get_final_froms():
        for part in visitors.iterate(source):
            if isinstance(part, sa.sql.selectable.Join) and len([*_leaves(part)]) > 1:
                sides = [[*_leaves(part.left)], [*_leaves(part.right)]]
                both = all(any(_is_spread(leaf) for leaf in side) for side in sides)
                if both and not any(right is not None for _, right in _equalities(part.onclause)):
                    yield "a join that does not stay within one station"


def _leaves(source: Any) -> Iterator[Any]:
    if isinstance(source, sa.sql.selectable.Join):
        yield from _leaves(source.left)
        yield from _leaves(source.right)
    else:
        yield source


def _table(source: Any) -> Any:
    while isinstance(source, sa.sql.selectable.AliasedReturnsRows) and not isinstance(source, sa.Subquery):
        source = source.element
    return source if isinstance(source, sa.Table) else None


def _is_spread(leaf: Any) -> bool:
    if isinstance(leaf, sa.Subquery):
        return any(_is_spread(inner) for part in leaf.element.get_final_froms() for inner in _leaves(part))
    table = _table(leaf)
    return table is not None and table in set(metadata.sorted_tables) and distribution_column(table) is not None


def _equalities(clause: Any) -> Iterator[tuple[str, str | None]]:
    """Yield every `station = ...` in a condition: with another column, or None where it is one value."""
    if clause is None:
        return
    for part in visitors.iterate(clause):
        if isinstance(part, sa.sql.elements.BinaryExpression) and part.operator is sa.sql.operators.eq:
            left, right = part.left, part.right
            if isinstance(left, sa.ColumnElement) and getattr(left, "name", "") in {"station_id", "id"}:
                yield str(left.name), getattr(right, "name", None) if _is_column(right) else None


def _is_column(value: Any) -> bool:
    return isinstance(value, sa.Column) or type(value).__name__ in {"ColumnClause", "AnnotatedColumn"}
