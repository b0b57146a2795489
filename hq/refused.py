"""What headquarters refuses, and what it says instead of yes."""

from checkpoint.events import Json


class Refused(Exception):  # noqa: N818  the word says what happened
    """A message that is not taken: ``status``: HTTP status; ``fields``: JSON body, ``error`` in it for people."""

    def __init__(self, status: int, error: str, *, retry_after_s: int | None = None, **fields: object) -> None:
        self.status = status
        self.fields: Json = {"error": error, **fields}
        self.retry_after_s = retry_after_s
        super().__init__(error)
