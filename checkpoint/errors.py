"""Everything the checkpoint raises on purpose, in one picture.

    CheckpointError
    ├── CredentialError(ValueError)     a code of a known format is bad: says how, with a reason code
    ├── RulePackError(ValueError)       a rule pack that cannot be put in force
    ├── JournalError
    │   ├── JournalFull(OSError)        nothing more can be written: the disk is full or read-only
    │   ├── JournalTooNew               a newer version of this program wrote it
    │   ├── JournalInUse                somebody has it open while it is to be replaced, or the other way round
    │   └── ChainBroken(ValueError)     an event does not follow from the one before it
    ├── BenchError(ValueError)          an officer asked for what the bench must not do (too early, slot taken, ...)
    ├── GateError(ValueError)           likewise at the gate (no vehicle open, unknown seat, ...)
    ├── KitsError(ValueError)           likewise with the kits (expired lot, more than are left, ...)
    ├── ShiftError(ValueError)          a shift cannot begin or end so (one runs already, slots are open, ...)
    ├── SyncError(OSError)              headquarters did not take what was sent
    └── DeviceError(OSError)
        ├── CameraError                 no frame: unplugged, stalled, black, frozen
        └── LampError                   the lamp could not be set

Errors carry data; the page words them for people.
"""

from checkpoint.reasons import Reason


class CheckpointError(Exception):
    """Base of all errors raised on purpose."""


class CredentialError(CheckpointError, ValueError):
    """A code of a known format is bad.

    ``reason`` says how; ``data`` holds what is fit to log, never personal data.
    """

    def __init__(self, reason: Reason, detail: str = "", **data: str) -> None:
        self.reason = reason
        self.detail = detail
        self.data = data
        super().__init__(f"{reason}: {detail}" if detail else str(reason))


class RulePackError(CheckpointError, ValueError):
    """A rule pack that cannot be put in force; the last good one stays."""


class JournalError(CheckpointError):
    """The journal could not do what it must."""


class JournalFull(JournalError, OSError):  # noqa: N818  the word says what happened
    """Nothing more can be written: the disk is full or read-only."""


class JournalTooNew(JournalError):  # noqa: N818  likewise
    """A newer version of this program wrote the journal: it is whole, and not for this one to touch."""


class JournalInUse(JournalError):  # noqa: N818  likewise
    """Somebody has the journal open while it is to be replaced, or replaces it while it is to be opened."""


class ChainBroken(JournalError, ValueError):  # noqa: N818  likewise
    """Event ``seq`` does not follow from the one before it."""

    def __init__(self, seq: int, detail: str) -> None:
        self.seq = seq
        super().__init__(f"event {seq}: {detail}")


class BenchError(CheckpointError, ValueError):
    """The bench must not do this now; ``reason`` says why."""

    def __init__(self, reason: Reason | str, detail: str = "", **data: str) -> None:
        self.reason = reason
        self.data = data
        super().__init__(f"{reason}: {detail}" if detail else str(reason))


class GateError(CheckpointError, ValueError):
    """The gate must not do this now; ``reason`` says why."""

    def __init__(self, reason: Reason | str, detail: str = "", **data: str) -> None:
        self.reason = reason
        self.data = data
        super().__init__(f"{reason}: {detail}" if detail else str(reason))


class KitsError(CheckpointError, ValueError):
    """The kits cannot be used or counted so; ``reason`` says why."""

    def __init__(self, reason: Reason | str, detail: str = "", **data: str) -> None:
        self.reason = reason
        self.data = data
        super().__init__(f"{reason}: {detail}" if detail else str(reason))


class ShiftError(CheckpointError, ValueError):
    """The shift cannot begin or end so; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class SyncError(CheckpointError, OSError):
    """Headquarters did not take what was sent."""


class DeviceError(CheckpointError, OSError):
    """A device at the station failed."""


class CameraError(DeviceError):
    """No frame: unplugged, stalled, black or frozen."""


class LampError(DeviceError):
    """The lamp could not be set."""
