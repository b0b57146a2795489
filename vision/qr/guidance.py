"""What to tell the hand that holds a code which is seen but not read."""

from checkpoint.sighting import CodeHint, Sighting
from vision.qr.presence import Presence
from vision.qr.zxing import Corners, Grey


def hint_for(grey: Grey, view: Presence, unread: Corners) -> Sighting:
    """Return a sighting without codes, with a hint where something like a code is in view."""
    if not unread:
        return Sighting()
    return Sighting(hint=CodeHint.STEADIER, unread_corners=unread)
