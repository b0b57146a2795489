"""The demo camera: holds scenes in front of the simulated cameras of gate and bench."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from checkpoint.ports import Image
from hardware.camera import SceneCamera
from station.demo import cassettes, screens, wallet
from station.demo.wallet import Wallet

LANE_EMPTY = "lane-empty"
OWN_PICTURE = "own-picture"
FRAME_PX = (1280, 720)
LARGEST_UPLOAD_PX = 40_000_000

TITLES: dict[str, tuple[str, tuple[int, int, int]]] = {
    "health-code-green": ("HEALTH CODE", (70, 150, 40)),
    "health-code-yellow": ("HEALTH CODE", (30, 170, 225)),
    "health-code-red": ("HEALTH CODE", (50, 50, 205)),
    wallet.LORRY_SCENE: ("LORRY PASS", (120, 90, 90)),
    wallet.SHOP: ("PAY HERE", (160, 120, 40)),
}
REPORT_TITLE = ("NAAT REPORT", (150, 110, 60))


@dataclass(slots=True)
class DemoScenes:
    """The port `Scenes` over scene cameras; `cameras` maps the roles "gate" and "bench" to theirs."""

    cameras: Mapping[str, SceneCamera]
    wallet: Wallet
    seeds: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311  sways a drawn hand
    _shown: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.show("gate", LANE_EMPTY)
        self.show("bench", cassettes.EMPTY)

    def names(self) -> list[tuple[str, str]]:
        """Return (group, scene) pairs in the order to show them."""
        codes = [("codes", name) for name in (LANE_EMPTY, *wallet.scenes())]
        return codes + [("cassettes", name) for name in cassettes.names()]

    def show(self, role: str, scene: str) -> None:
        """Hold `scene` in front of `role`'s camera; raise ValueError for a scene or a camera that is not there."""
        if (role, scene) not in {("gate" if group == "codes" else "bench", name) for group, name in self.names()}:
            raise ValueError(f"no scene {scene!r} for the {role} camera")
        self._camera(role).show(self._picture(scene))
        self._shown[role] = scene

    def show_picture(self, role: str, picture: bytes) -> None:
        """Hold an uploaded photo in front of the camera; raise ValueError where it is not a picture."""
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR) if picture else None
        if image is None:
            raise ValueError("not a picture (JPEG, PNG or WebP)")
        if image.shape[0] * image.shape[1] > LARGEST_UPLOAD_PX:
            raise ValueError("larger than 40 megapixels")
        self._camera(role).show(np.asarray(image, np.uint8))
        self._shown[role] = OWN_PICTURE

    def shown(self, role: str) -> str:
        """Return the name of the scene now in front of `role`'s camera."""
        return self._shown.get(role, "")

    def _camera(self, role: str) -> SceneCamera:
        try:
            return self.cameras[role]
        except KeyError:
            raise ValueError(f"no camera {role!r}") from None

    def _picture(self, scene: str) -> Image:
        seed = self.seeds.randrange(2**31)
        if scene == LANE_EMPTY:
            return screens.empty_lane()
        if scene in cassettes.names():
            return cassettes.bench(scene, seed)
        title, colour = TITLES.get(scene, REPORT_TITLE)
        return screens.phone_with_code(self.wallet.text(scene), title=title, colour_bgr=colour, seed=seed)
