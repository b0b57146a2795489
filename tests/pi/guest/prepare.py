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
    # A code that left and comes back is held: each step of the run has one of its own.
    for number in range(1, 5):
        text = wallet.text("naat-negative-5h")
        code = screens.phone_with_code(text, title="NAAT REPORT", colour_bgr=(150, 110, 60), seed=number)
        cv2.imwrite(str(PICTURES / f"traveller-{number}.png"), code)
    print("prepared")


if __name__ == "__main__":
    main()
