"""Train the line network of the cassette reader, by folds for the figures and once on everything for the package.

    pip install torch onnx                (development only; nothing at a station needs them)
    python -m bench.train_reader --folds  writes bench/reader_folds/fold0.onnx ... and bench/reader_data.csv
    python -m bench.train_reader --final  writes vision/cassette/weights/lines.onnx
    python -m bench.train_reader --more   goes on from the weights that ship, on everything, at a lower rate

Everything is seeded. One core trains a fold in five to eight minutes. What it was trained on stands in
``bench/reader_data.csv`` (file, SHA-256, label, fold); what came out, and its limits, in ``docs/model-card.md``.
"""

import argparse
import csv
import hashlib
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bench import reader_onnx
from bench.cassette_data import FOLDS, labelled_windows
from bench.reader_onnx import Convolution
from bench.reader_samples import Sample, Source, photo_source, rendered_source, samples
from vision.cassette.strip import ACROSS, ALONG

SEED = 20220320
SAMPLES = 48_000
STEPS, BATCH, RATE, DECAY = 2000, 32, 2e-3, 2e-3
_FINAL_STEPS, _MORE_STEPS = 2600, 900
_APART = 6  # steps of the answer: half a membrane's width
_NO_IMAGE = np.empty(0, np.float32)
_BENCH = Path(__file__).parent
_SHIPPED = _BENCH.parent / "vision" / "cassette" / "weights" / "lines.onnx"


class LineNet(nn.Module):
    """About 60,000 weights; `vision.cassette.network` has it evaluated by OpenCV."""

    def __init__(self) -> None:
        super().__init__()
        self.plain = nn.ModuleList(
            [
                nn.Conv2d(4, 12, 5, stride=2, padding=2),
                nn.Conv2d(12, 20, 3, stride=(1, 2), padding=1),
                nn.Conv2d(20, 28, 3, stride=(1, 2), padding=1),
                nn.Conv2d(28, 28, 3, padding=1),
                nn.Conv2d(28, 44, (3, 6), padding=(1, 0)),  # the width is gone: one column of 44 numbers a step
            ]
        )
        self.along = nn.ModuleList(  # dilated: what is a line depends on what stands elsewhere on the membrane
            [
                nn.Conv2d(44, 44, (5, 1), padding=(4, 0), dilation=(2, 1)),
                nn.Conv2d(44, 44, (5, 1), padding=(10, 0), dilation=(5, 1)),
            ]
        )
        self.narrow = nn.Conv2d(44, 24, (3, 1), padding=(1, 0))
        self.answer = nn.Conv2d(24, 1, 1)
        self.drop = nn.Dropout(0.15)
        nn.init.constant_(self.answer.bias, -3.0)

    def forward(self, images: Tensor) -> Tensor:
        """Return log odds, shape (N, steps), for images (N, 4, ALONG, ACROSS)."""
        for layer in self.plain:
            images = functional.relu(layer(images))
        images = self.drop(images)
        for layer in self.along:
            images = images + functional.relu(layer(images))
        answer: Tensor = self.answer(functional.relu(self.narrow(images)))[:, 0, :, 0]
        return answer

    @property
    def layers(self) -> list[nn.Conv2d]:
        """All layers in order."""
        return [*self.plain, *self.along, self.narrow, self.answer]

    def load(self, path: Path) -> None:
        """Take over the weights that `store` wrote."""
        with torch.no_grad():
            for layer, (weights, bias) in zip(self.layers, reader_onnx.read(path), strict=True):
                layer.weight.copy_(torch.from_numpy(weights.copy()))
                layer.bias.copy_(torch.from_numpy(bias.copy()))

    def store(self, path: Path) -> None:
        """Write the network that `vision.cassette.network` evaluates."""
        residual = set(self.along)
        convolutions = [
            Convolution(
                layer.weight.detach().numpy(), layer.bias.detach().numpy(), tuple(layer.stride), tuple(layer.padding),
                layer.dilation[0], layer in residual,
            )
            for layer in self.layers
        ]  # fmt: skip
        reader_onnx.write(path, convolutions)


class Pool:
    """All samples as arrays, images in half precision; groups of one line at two strengths stay together."""

    def __init__(self, made: Iterable[Sample], most: int) -> None:
        # Filled as they come, in half precision: together the images take 1.8 GB for 24,000 samples.
        self.images = np.empty((most, 4, ALONG, ACROSS), np.float16)
        others = []
        for at, sample in enumerate(made):
            self.images[at] = sample.image
            others.append(replace(sample, image=_NO_IMAGE))
        self.images = self.images[: len(others)]
        self.wanted = np.stack([s.wanted for s in others])
        self.weight = np.stack([s.weight for s in others])
        self.count = np.array([s.count for s in others])
        self.certain = np.array([s.certain for s in others], dtype=np.float32)
        self.fold = np.array([s.fold for s in others])
        self.group = np.array([s.group for s in others])

    def groups(self, left_out: int | None) -> list[tuple[int, ...]]:
        """Return the indices to train on, samples of one group together."""
        found: list[tuple[int, ...]] = []
        for at in np.flatnonzero(self.fold != (-9 if left_out is None else left_out)):
            index = int(at)
            if found and self.group[index] >= 0 and self.group[found[-1][-1]] == self.group[index]:
                found[-1] = (*found[-1], index)
            else:
                found.append((index,))
        return found


def strongest_two(answer: Tensor) -> tuple[Tensor, Tensor]:
    """Return the log odds of the strongest step, and of the strongest at least half a width from it."""
    first, at = answer.max(dim=1)
    near = (torch.arange(answer.shape[1])[None] - at[:, None]).abs() < _APART
    return first, answer.masked_fill(near, -30.0).amax(dim=1)


def loss_of(
    answer: Tensor, wanted: Tensor, weight: Tensor, count: Tensor, certain: Tensor, group: np.ndarray
) -> Tensor:
    """Return the loss: each step's answer, the number of lines, and a stronger line never scoring less."""
    cross_entropy = functional.binary_cross_entropy_with_logits
    steps = (cross_entropy(answer, wanted, reduction="none") * weight).sum(dim=1) / 20
    first, second = strongest_two(answer)
    number = 0.5 * cross_entropy(first, (count >= 1).float(), reduction="none")
    number = number + cross_entropy(second, (count >= 2).float(), reduction="none")
    total: Tensor = (steps + certain * number).mean()
    weaker = np.flatnonzero((group[:-1] >= 0) & (group[:-1] == group[1:]))
    if len(weaker):
        low, high = second[weaker].clamp(max=6), second[weaker + 1].clamp(max=6)
        total = total + 0.3 * functional.relu(low - high + 0.1).mean()
    return total


def train(pool: Pool, left_out: int | None, steps: int, seed: int, start: Path | None = None) -> LineNet:
    """Return the running mean of a network's weights over its training on all folds but one.

    With `start` it goes on from those weights, at a third of the rate.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net, mean = LineNet(), LineNet()
    if start is not None:
        net.load(start)
    mean.load_state_dict(net.state_dict())
    rate = RATE if start is None else RATE / 3
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.15)
    groups = pool.groups(left_out)
    order: list[int] = []
    began, running = time.perf_counter(), 0.0
    for step in range(steps):
        batch: list[int] = []
        while len(batch) < BATCH:
            order = order or list(rng.permutation(len(groups)))
            batch += groups[order.pop()]
        images = torch.from_numpy(pool.images[batch].astype(np.float32))
        wanted, weight = torch.from_numpy(pool.wanted[batch]), torch.from_numpy(pool.weight[batch])
        if rng.random() < 0.5:
            images = images.flip(3)
        if rng.random() < 0.5:
            images, wanted, weight = images.flip(2), wanted.flip(1), weight.flip(1)
        images[:, :3] *= torch.exp(torch.randn(len(batch), 1, 1, 1) * 0.08)
        if rng.random() < 0.5:
            images[:, :3] += torch.randn_like(images[:, :3]) * float(rng.uniform(0, 0.05))
        count, certain = torch.from_numpy(pool.count[batch]), torch.from_numpy(pool.certain[batch])
        loss = loss_of(net(images), wanted, weight, count, certain, pool.group[batch])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        running += loss.item()
        with torch.no_grad():
            keep = min(0.995, (step + 1) / (step + 20))
            for slow, fast in zip(mean.parameters(), net.parameters(), strict=True):
                slow.mul_(keep).add_(fast, alpha=1 - keep)
        if (step + 1) % 200 == 0:
            print(f"  step {step + 1}: loss {running / 200:.4f}, {time.perf_counter() - began:.0f} s", flush=True)
            running = 0.0
    return mean.eval()


def gather(rendered: int) -> list[Source]:
    """Return the canvases of all photos that teach something, and of as many rendered windows."""
    photos = [source for window in labelled_windows() if (source := photo_source(window)) is not None]
    if not photos:
        raise SystemExit("public test data absent: set CHECKPOINT_TEST_DATA to its folder")
    return photos + [rendered_source(SEED + number) for number in range(rendered)]


def write_data_list(path: Path) -> None:
    """Write which photos were used, by checksum, and the fold each is left out with."""
    with path.open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["file", "sha256", "label", "fold"])
        for window in labelled_windows():
            if window.label in ("positive", "negative"):
                checksum = hashlib.sha256(window.path.read_bytes()).hexdigest()
                table.writerow([window.path.name, checksum, window.label, window.fold])


def main() -> None:
    """Train as asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, nargs="*", help="one network for each fold left out, or for those named")
    parser.add_argument("--final", action="store_true", help="the network that ships")
    parser.add_argument("--more", action="store_true", help="the network that ships, trained on from where it stands")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    began = time.perf_counter()
    made = samples(gather(options.samples // 13), options.samples, np.random.default_rng(SEED + options.more))
    pool = Pool(made, options.samples + 1)
    print(f"{len(pool.count)} samples in {time.perf_counter() - began:.0f} s", flush=True)
    if options.folds is not None:
        folder = _BENCH / "reader_folds"
        folder.mkdir(exist_ok=True)
        for fold in options.folds or range(FOLDS):
            print(f"fold {fold}", flush=True)
            train(pool, fold, STEPS, SEED + fold).store(folder / f"fold{fold}.onnx")
        write_data_list(_BENCH / "reader_data.csv")
    if options.final:
        train(pool, None, _FINAL_STEPS, SEED).store(_SHIPPED)
    if options.more:
        train(pool, None, _MORE_STEPS, SEED + 1, start=_SHIPPED).store(_SHIPPED)


if __name__ == "__main__":
    main()
