"""In the guest, once: an officer, the demo issuer's trust list, and pictures to hold before the folder camera."""

from datetime import UTC, datetime
from pathlib import Path

import cv2

from station.demo import screens
from station.demo.wallet import Keys, Wallet
from web.officers import Officers, Role

DATA = Path("/var/lib/checkpoint")
PICTURES = Path("/srv/pi/pictures")


def main() -> None:
    """Write everything."""
    Officers(DATA / "officers.json").add("Chen", "1111", Role.SHIFT_LEAD)
    keys = Keys.open(DATA / "demo")
    keys.trust_list(datetime.now(UTC)).save(DATA / "trust.json")
    wallet = Wallet(keys, now=lambda: datetime.now(UTC))
    PICTURES.mkdir(exist_ok=True)
    cv2.imwrite(str(PICTURES / "empty.png"), screens.empty_lane())
    for scene in ("naat-negative-5h", "naat-positive"):
        code = screens.phone_with_code(wallet.text(scene), title="NAAT REPORT", colour_bgr=(150, 110, 60))
        cv2.imwrite(str(PICTURES / f"{scene}.png"), code)
    print("prepared")


if __name__ == "__main__":
    main()
