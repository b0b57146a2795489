"""Connections to the journal's SQLite file: always WAL, always synchronous=FULL, errors in the station's words."""

import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checkpoint.errors import JournalError, JournalFull

_BUSY_S = 30.0
_PAGE_BYTES = 1024  # of a new journal: a commit rewrites a dozen pages for two kilobytes of facts (bench/wear.py)
_IDLE_READERS = 8


def connect(path: Path) -> sqlite3.Connection:
    """Open one connection. WAL with FULL lost nothing in power cuts; WAL with NORMAL lost acknowledged rows."""
    db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute(f"PRAGMA page_size={_PAGE_BYTES}")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
        db.execute("PRAGMA secure_delete=ON")  # a destroyed record is overwritten, not only unlinked
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def in_our_words(doing: str) -> Iterator[None]:
    """Turn SQLite's and the file system's errors into the journal's own."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR")):
            raise JournalFull(f"{doing}: nothing more can be written ({error})") from error
        raise JournalError(f"{doing}: {error}") from error
    except OSError as error:
        if isinstance(error, JournalError):
            raise
        raise JournalFull(f"{doing}: {error.strerror or error} ({error.filename})") from error


class Database:
    """One writer and a few readers on one file. Any thread may ask; writers wait for one another."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = connect(path)
        self._lock = threading.RLock()
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue(_IDLE_READERS)
        self._closed = False

    @contextmanager
    def writing(self, doing: str) -> Iterator[sqlite3.Connection]:
        """Give the writer inside a transaction: committed and on disk on the way out, or undone completely."""
        with self._lock, in_our_words(doing):
            if self._closed:
                raise JournalError(f"{doing}: the journal is closed")
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a reader that sees one consistent state; readers never wait for the writer."""
        if self._closed:
            raise JournalError("the journal is closed")
        try:
            db = self._idle.get_nowait()
        except queue.Empty:
            with in_our_words("opening the journal"):
                db = connect(self.path)
        try:
            with in_our_words("reading the journal"):
                db.execute("BEGIN")
                yield db
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
            self._give_back(db)

    @contextmanager
    def maintaining(self) -> Iterator[sqlite3.Connection]:
        """Give the writer outside of a transaction, for what SQLite does only there."""
        with self._lock, in_our_words("maintaining the journal"):
            yield self._writer

    def _give_back(self, db: sqlite3.Connection) -> None:
        if not self._closed:
            try:
                self._idle.put_nowait(db)
            except queue.Full:
                pass
            else:
                return
        db.close()

    def close(self) -> None:
        """Close every connection; further use raises `JournalError`."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            while True:
                try:
                    self._idle.get_nowait().close()
                except queue.Empty:
                    break
            self._writer.close()
