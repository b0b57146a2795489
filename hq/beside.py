"""Processes beside the one with both doors, for what takes the processor's time: batches, and the watch's counting.

They end with the process that started them, and not before: what a terminal or a service manager sends to all of the
program is left to that one.
"""

import multiprocessing
import os
import signal
import threading

from hq.config import Config
from hq.logs import set_up_logs
from hq.office import Office, open_office

_NICE = 5  # where the processor is short, both doors go first


def open_beside(config: Config, *, json_log: bool) -> Office:
    """Open headquarters in a process that was just spawned for it; raises what `open_office` does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(_NICE)
    set_up_logs(as_json=json_log)
    return open_office(config)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # killed before it could end this one; what is not committed is undone by the store
