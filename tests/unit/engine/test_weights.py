"""Weight files are chosen by their names and described by their headers; what is damaged is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pochade.engine.weights import Weights, tensors, weight_files, weights_of
from pochade.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = "diffusion_pytorch_model.safetensors"
HALF = "diffusion_pytorch_model.fp16.safetensors"


def write(path: Path, header: dict[str, Any], data: bytes = b"") -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


@pytest.mark.parametrize(
    ("dtype", "chosen"),
    [
        ("float32", Weights(None, (PLAIN,))),
        ("bfloat16", Weights("fp16", (HALF,))),
        ("float16", Weights("fp16", (HALF,))),
    ],
)
def test_half_precision_takes_the_set_that_is_half_as_long(dtype: str, chosen: Weights) -> None:
    others = ["diffusion_pytorch_model.non_ema.safetensors", "diffusion_pytorch_model.bin", "flux1-dev.safetensors"]
    assert weight_files([HALF, PLAIN, *others], dtype) == chosen


def test_the_only_set_is_taken_whatever_its_precision() -> None:
    assert weight_files([HALF], "float32") == Weights("fp16", (HALF,))
    assert weight_files([PLAIN], "bfloat16") == Weights(None, (PLAIN,))
    assert weight_files(["model.bin", "weights.pt", "config.json"], "float32") == Weights(None, ())


def test_one_file_goes_before_pieces_and_pieces_must_be_complete() -> None:
    pieces = [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]
    assert weight_files(pieces[::-1], "float32") == Weights(None, tuple(pieces))
    assert weight_files([*pieces, "model.safetensors"], "float32") == Weights(None, ("model.safetensors",))
    assert weight_files(pieces[:2], "float32") == Weights(None, ())


@pytest.mark.parametrize("form", ["model.fp16-0000{}-of-00002.safetensors", "model-0000{}-of-00002.fp16.safetensors"])
def test_both_spellings_of_a_half_set_in_pieces_are_known(form: str) -> None:
    assert weight_files([form.format(2), form.format(1)], "bfloat16") == Weights(
        "fp16", (form.format(1), form.format(2))
    )


def test_a_missing_piece_is_named(tmp_path: Path) -> None:
    part = tmp_path / "transformer"
    part.mkdir()
    write(part / "model-00001-of-00002.safetensors", {})
    names = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (part / "model.safetensors.index.json").write_text(json.dumps(names))
    with pytest.raises(ModelError, match=r"model-00002-of-00002\.safetensors is missing"):
        weights_of(tmp_path, "transformer", "float32")


def test_a_header_tells_shapes_and_kinds_as_the_library_reads_them(tiny_model: Path) -> None:
    from safetensors import safe_open

    path = tiny_model / "vae" / PLAIN
    with safe_open(path, framework="np") as file:
        known = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - not a mapping
    found = tensors(path)
    assert {tensor.name: tensor.shape for tensor in found} == known
    assert {(tensor.floating, tensor.itemsize) for tensor in found} == {(True, 2), (False, 8)}


ENTRY = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}


@pytest.mark.parametrize(
    ("header", "data", "said"),
    [
        ({"w": ENTRY}, bytes(12), "4 bytes are missing at its end"),
        ({"w": ENTRY}, bytes(17), "1 bytes are too many"),
        ({"w": {**ENTRY, "shape": [2, 3]}}, bytes(16), "16 bytes for 6 numbers"),
        ({"w": {**ENTRY, "shape": [-1, -4]}}, bytes(16), "lies nowhere"),
        ({"w": {**ENTRY, "data_offsets": [16, 0]}}, bytes(16), "lies nowhere"),
        ({"w": {"dtype": "F32"}}, b"", "shape"),
        ({"w": [1]}, b"", "cannot be understood"),
        ([1, 2], b"", "cannot be understood"),
    ],
)
def test_a_damaged_header_is_refused_by_name(tmp_path: Path, header: Any, data: bytes, said: str) -> None:
    path = write(tmp_path / "model.safetensors", header, data)
    with pytest.raises(ModelError, match=rf"model\.safetensors is damaged: .*{said}"):
        tensors(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x01", bytes(8), b"\xff" * 8, b"\xff" * 64, (50).to_bytes(8, "little") + b"{}", b"version https://git-lfs"],
)
def test_what_is_no_weight_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged"):
        tensors(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        tensors(tmp_path / "model.safetensors")
