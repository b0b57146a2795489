"""Train the look that confirms a cassette (`vision/cassette/weights/confirm.onnx`).

    pip install torch onnx                                   (development only; nothing at a station needs them)
    python -m bench.train_confirm draw BACKDROPS SAMPLES     draws scenes and cuts patches: half an hour
    python -m bench.train_confirm mark PHOTOS SAMPLES        cuts the patches of the marked photos
    python -m bench.train_confirm fit SAMPLES                drawn patches alone, then drawn and photographed ones
    python -m bench.train_confirm folds PHOTOS SAMPLES       leaves out one family of photos at a time

Everything is seeded. The marked photos stand in ``bench/locator_frames.csv``, the backdrops (photographs of other
things, on which cassettes are drawn) in ``bench/confirm_backdrops.csv``; what came out in ``docs/model-card.md``.
"""

import argparse
import csv
import hashlib
import math
import time
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from bench import reader_onnx
from bench.confirm_samples import Patches, cards_of_two, patches_of, scenes_on_photos, strange_scenes
from bench.locator_samples import FAMILIES, Scene, apart, drawn_scenes, photo_scenes
from bench.reader_onnx import Convolution
from vision.cassette import confirm
from vision.cassette.frames import PATCH_SIZE, Frame
from vision.cassette.locate import find_cassettes
from vision.cassette.network import Network

SEED = 20220320
BACKDROPS = Path(__file__).with_name("confirm_backdrops.csv")
OUT = Path(confirm.__file__).parent / "weights" / "confirm.onnx"

_SCENES = 1600  # in each of three parts
_DRAWN_STEPS, _MIXED_STEPS, _FOLD_STEPS = 2500, 1600, 500
_BATCH, _CASSETTES = 192, 0.4
_PHOTO_SHARE = 0.25  # of a batch, once photos are mixed in
_ABOUT_PHOTO = 24
_RESIDUAL = 4  # the layer that adds to its input


class Confirming(nn.Module):
    """The network as it is trained: seven convolutions down to one place, then log odds and an offset."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [
                nn.Conv2d(1, 12, 5, 2, 2),
                nn.Conv2d(12, 24, 3, 2, 1),
                nn.Conv2d(24, 28, 3, 1, 1),
                nn.Conv2d(28, 40, 3, 2, 1),
                nn.Conv2d(40, 40, 3, 1, 1),
                nn.Conv2d(40, 56, 3, 2, 1),
                nn.Conv2d(56, 64, (3, 9)),
            ]
        )
        self.head = nn.Conv2d(64, 5, 1)
        self.dropout = nn.Dropout(0.15)

    def forward(self, patches: Tensor) -> Tensor:
        """Return log odds and offset, shape (N, 5), of patches, shape (N, 1, H, W), grey levels."""
        maps = patches - patches.mean((2, 3), keepdim=True)
        maps = maps / (patches.std((2, 3), keepdim=True, correction=0) + confirm.SOFTENS)
        for number, layer in enumerate(self.layers):
            answer = torch.relu(layer(maps))
            maps = maps + answer if number == _RESIDUAL else answer
        return self.head(self.dropout(maps))[:, :, 0, 0]

    def store(self, path: Path | BinaryIO) -> None:
        """Write the network that `vision.cassette.confirm` evaluates."""
        layers = [
            Convolution(
                layer.weight.detach().numpy(), layer.bias.detach().numpy(), layer.stride, layer.padding,
                residual=number == _RESIDUAL,
            )
            for number, layer in enumerate([*self.layers, self.head])
        ]  # fmt: skip
        count = confirm.AT_ONCE
        reader_onnx.write(path, layers, ((count, 1, *reversed(PATCH_SIZE)), (count, 5, 1, 1)))


def main() -> None:
    """Do one of the four steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    for name, folders in (("draw", ("backdrops", "samples")), ("mark", ("photos", "samples")),
                          ("fit", ("samples",)), ("folds", ("photos", "samples"))):  # fmt: skip
        step = steps.add_parser(name)
        for folder in folders:
            step.add_argument(folder, type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    match options.step:
        case "draw":
            draw(options.backdrops, options.samples)
        case "mark":
            mark(options.photos, options.samples)
        case "fit":
            fit(options.samples)
        case "folds":
            folds(options.photos, options.samples)


def draw(backdrops: Path, samples: Path) -> None:
    """Draw the scenes and store their patches."""
    photos = _known_backdrops(backdrops)
    for part in range(3):
        rng = np.random.default_rng(SEED + part)
        scenes: list[Iterable[Scene]] = [
            cards_of_two(_SCENES // 12, rng),
            drawn_scenes(_SCENES // 4, rng),
            strange_scenes(_SCENES // 3, rng),
            scenes_on_photos(photos, _SCENES // 3, rng),
        ]
        made = [patches_of(scene, rng) for several in scenes for scene in several]
        _store(samples / f"drawn{part}.npz", made)


def mark(photos: Path, samples: Path) -> None:
    """Store the patches of the marked photos, with the family each is from."""
    rng = np.random.default_rng(SEED)
    scenes = list(photo_scenes(photos))
    made = [patches_of(scene, rng, about=_ABOUT_PHOTO) for scene in scenes]
    sources = np.concatenate([np.full(len(p.images), s.source) for s, p in zip(scenes, made, strict=True)])
    _store(samples / "photos.npz", made, sources=sources)


def fit(samples: Path) -> None:
    """Train on drawn patches, then on drawn and photographed ones, and write the weights that ship."""
    drawn, photos = _drawn(samples), _stored(samples / "photos.npz")
    network = trained(Confirming(), drawn, None, _DRAWN_STEPS, 2.5e-3)
    torch.save(network.state_dict(), samples / "drawn-only.pt")
    trained(network, drawn, photos, _MIXED_STEPS, 1.5e-3).store(OUT)


def folds(photos: Path, samples: Path) -> None:
    """Print what is found on families of photos that the network never saw, first by the drawn patches alone."""
    drawn, kept = _drawn(samples), _stored(samples / "photos.npz")
    with np.load(samples / "photos.npz") as stored:
        sources = stored["sources"]
    scenes = list(photo_scenes(photos))
    start = torch.load(samples / "drawn-only.pt")
    network = Confirming()
    network.load_state_dict(start)
    found, total = _found(network, scenes)
    print(f"trained on drawn scenes alone: {found} of {total} windows found")
    found = total = 0
    for family in FAMILIES:
        network.load_state_dict(start)
        others = ~np.isin(sources, family)
        seen = Patches(kept.images[others], kept.is_cassette[others], kept.offsets[others])
        trained(network, drawn, seen, _FOLD_STEPS, 1e-3)
        one, of = _found(network, [scene for scene in scenes if scene.source in family])
        found, total = found + one, total + of
        print(f"{', '.join(family)} left out: {one} of {of}")
    print(f"families left out: {found} of {total} windows found, the right way round")


def trained(network: Confirming, drawn: Patches, photos: Patches | None, steps: int, peak: float) -> Confirming:
    """Return `network` after `steps` more steps on drawn patches and, where given, a share of photographed ones."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    optimiser = torch.optim.AdamW(network.parameters(), peak, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak, total_steps=steps, pct_start=0.1)
    network.train()
    began = time.monotonic()
    for step in range(steps):
        images, labels, offsets = _batch(drawn, photos, rng)
        images, offsets = _varied(images, offsets)
        answers = network(images)
        sure = functional.binary_cross_entropy_with_logits(answers[:, 0], labels * 0.98 + 0.01)
        off = functional.smooth_l1_loss(answers[:, 1:], offsets, reduction="none", beta=0.1).mean(1)
        loss = sure + 1.5 * (off * labels).sum() / labels.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if (step + 1) % 200 == 0:
            print(f"step {step + 1} of {steps}, {time.monotonic() - began:.0f} s: loss {loss.item():.3f}", flush=True)
    return network.eval()


def _batch(drawn: Patches, photos: Patches | None, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    parts = [_pick(drawn, _BATCH, _CASSETTES, rng)]
    if photos is not None:
        parts.append(_pick(photos, int(_BATCH * _PHOTO_SHARE), 0.5, rng))
    images, labels, offsets = (np.concatenate(one) for one in zip(*parts, strict=True))
    return torch.from_numpy(images)[:, None].float(), torch.from_numpy(labels), torch.from_numpy(offsets)


def _pick(patches: Patches, count: int, share: float, rng: np.random.Generator) -> tuple[npt.NDArray[np.generic], ...]:
    """Return `count` patches, `share` of them of cassettes."""
    cassettes, others = np.flatnonzero(patches.is_cassette == 1), np.flatnonzero(patches.is_cassette == 0)
    many = int(count * share)
    chosen = np.concatenate([rng.choice(cassettes, many), rng.choice(others, count - many)])
    return patches.images[chosen], patches.is_cassette[chosen], patches.offsets[chosen]


def _varied(images: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
    """Mirror across the axis by chance, change light and contrast, soften, cover a part, add noise."""
    count = len(images)
    mirrored = torch.rand(count) < 0.5
    images[mirrored] = torch.flip(images[mirrored], [2])
    offsets[mirrored, 1] *= -1
    offsets[mirrored, 2] *= -1

    def chance() -> Tensor:
        return torch.randn(count, 1, 1, 1)

    images = 255 * (images / 255).clamp(1e-3, 1) ** torch.exp(0.35 * chance())
    down = torch.linspace(-1, 1, PATCH_SIZE[1])[None, None, :, None]
    along = torch.linspace(-1, 1, PATCH_SIZE[0])[None, None, None, :]
    images = images * (1 + 0.12 * chance() * along + 0.08 * chance() * down)
    images = (images - 128) * torch.exp(0.25 * chance()) + 128 + 12 * chance()
    soft = torch.rand(count) < 0.3
    images[soft] = functional.avg_pool2d(functional.pad(images[soft], (1, 1, 1, 1), mode="replicate"), 3, 1)
    images = images + torch.randn_like(images) * torch.rand(count, 1, 1, 1) * 5
    for one in torch.nonzero(torch.rand(count) < 0.35)[:, 0].tolist():
        width, height = int(torch.randint(6, 36, (1,))), int(torch.randint(4, 22, (1,)))
        left = int(torch.randint(0, PATCH_SIZE[0] - width, (1,)))
        top = int(torch.randint(0, PATCH_SIZE[1] - height, (1,)))
        images[one, 0, top : top + height, left : left + width] = float(torch.rand(1)) * 255
    return images.clamp(0, 255), offsets


def _found(network: Confirming, scenes: Sequence[Scene]) -> tuple[int, int]:
    """Return how many of the windows in `scenes` are found with these weights, the right way round, and of how many."""
    packed = BytesIO()
    network.store(packed)
    with confirm.using(Network(packed.getvalue())):
        found = [
            any(_is_found(one.frame, truth) for one in find_cassettes(scene.grey))
            for scene in scenes
            for truth in scene.frames
        ]
    return sum(found), len(found)


def _is_found(one: Frame, truth: Frame) -> bool:
    off, turn, ratio = apart(one, truth)
    return off < 4.0 and turn < math.radians(12) and 0.7 < ratio < 1.43


def _known_backdrops(folder: Path) -> list[Path]:
    """Return the photographs listed in `BACKDROPS`; raise ValueError where a file is not the one that was listed."""
    with BACKDROPS.open(newline="") as handle:
        listed = list(csv.DictReader(handle))
    for row in listed:
        if hashlib.sha256((folder / row["file"]).read_bytes()).hexdigest() != row["sha256"]:
            raise ValueError(f"{row['file']} is not the photo that was listed")
    return [folder / row["file"] for row in listed]


def _drawn(samples: Path) -> Patches:
    parts = [_stored(samples / f"drawn{part}.npz") for part in range(3)]
    return Patches(
        np.concatenate([one.images for one in parts]),
        np.concatenate([one.is_cassette for one in parts]),
        np.concatenate([one.offsets for one in parts]),
    )


def _stored(path: Path) -> Patches:
    with np.load(path) as stored:
        return Patches(stored["images"], stored["is_cassette"], stored["offsets"])


def _store(path: Path, made: list[Patches], **more: npt.NDArray[np.generic]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        images=np.concatenate([one.images for one in made]),
        is_cassette=np.concatenate([one.is_cassette for one in made]),
        offsets=np.concatenate([one.offsets for one in made]),
        **more,
    )
    print(f"{path}: {sum(len(one.images) for one in made)} patches")


if __name__ == "__main__":
    main()
