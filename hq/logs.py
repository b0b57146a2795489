"""The log of headquarters: one JSON object a line, so that any collector reads it; nothing personal in it.

What is logged are stations, event numbers and reasons. Names, identity numbers and plates stand in sealed records and
never reach a message.
"""

import json
import logging
from datetime import UTC, datetime

from checkpoint.events import wall_text

_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """A record as one line: when, how bad, where, what, and whatever was added by ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = {
            "at": wall_text(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _KNOWN},
        }
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def set_up_logs(*, as_json: bool) -> None:
    """Log this process to standard error: for people, or one JSON object a line."""
    if as_json:
        log_as_json()
    else:
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
        logging.getLogger("alembic").setLevel(logging.WARNING)


def log_as_json(level: int = logging.INFO) -> None:
    """Write this process's log as JSON lines to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("alembic", "botocore", "boto3", "urllib3", "waitress.queue"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
