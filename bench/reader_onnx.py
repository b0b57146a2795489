"""A network as a file: ONNX, which OpenCV evaluates at a station and any viewer of networks opens.

pip install onnx                      (development only, beside torch; see bench/train_reader.py)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vision.cassette.absorbance import Floats
from vision.cassette.network import ROWS_PER_STEP
from vision.cassette.strip import ACROSS, ALONG

_OPSET, _IR = 13, 8  # what OpenCV 4.12 reads


@dataclass(frozen=True, slots=True)
class Convolution:
    """One layer: weights (out, in, rows, columns), bias, and how it is laid over its input."""

    weights: Floats
    bias: Floats
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: int = 1
    residual: bool = False


Shape = tuple[int, int, int, int]
LINES: tuple[Shape, Shape] = (4, 4, ALONG, ACROSS), (4, 1, ALONG // ROWS_PER_STEP, 1)
"""Shapes of what the line network is given and of what it answers."""


def write(path: Path | BinaryIO, layers: Sequence[Convolution], shapes: tuple[Shape, Shape] = LINES) -> None:
    """Write the layers in order, each rectified but the last; a residual one is added to what it was given.

    Weights are rounded to half precision: the file then packs to half its size, and no figure moves.
    """
    nodes, stored, maps = [], [], "images"
    for at, layer in enumerate(layers):
        rounded = layer.weights.astype(np.float16).astype(np.float32)
        stored += [numpy_helper.from_array(rounded, f"w{at}"), numpy_helper.from_array(layer.bias, f"b{at}")]
        nodes.append(
            helper.make_node(
                "Conv", [maps, f"w{at}", f"b{at}"], [f"conv{at}"], name=f"conv{at}", strides=layer.stride,
                pads=layer.padding * 2, dilations=(layer.dilation, 1), kernel_shape=layer.weights.shape[2:],
            )
        )  # fmt: skip
        if at == len(layers) - 1:
            maps = f"conv{at}"
            break
        nodes.append(helper.make_node("Relu", [f"conv{at}"], [f"relu{at}"], name=f"relu{at}"))
        if layer.residual:
            nodes.append(helper.make_node("Add", [maps, f"relu{at}"], [f"sum{at}"], name=f"sum{at}"))
        maps = f"sum{at}" if layer.residual else f"relu{at}"
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shapes[0])
    answers = helper.make_tensor_value_info(maps, TensorProto.FLOAT, shapes[1])
    graph = helper.make_graph(nodes, "network", [images], [answers], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="checkpoint")
    model.ir_version = _IR
    onnx.checker.check_model(model)
    onnx.save(model, path)


def read(path: Path) -> list[tuple[Floats, Floats]]:
    """Return weights and bias of each layer of a file that `write` wrote."""
    stored = {one.name: numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}
    return [(stored[f"w{at}"], stored[f"b{at}"]) for at in range(len(stored) // 2)]
