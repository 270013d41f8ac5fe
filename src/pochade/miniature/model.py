"""The miniature's parts, built from scratch: everything that a `Flux2KleinPipeline` is made of.

Nothing here is special to pochade at run time: the saved folder is loaded by plain
``Flux2KleinPipeline.from_pretrained``. What is special is how one part comes to be: the VAE's encoder is *solved*
instead of trained (see `solve_encoder`). The tokenizer, which is learnt from the world's prompts, is in
`words/tokens.py`.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from unittest.mock import patch

import torch
from diffusers import AutoencoderKLFlux2, FlowMatchEulerDiscreteScheduler, Flux2KleinPipeline, Flux2Transformer2DModel
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import Qwen3Config, Qwen3ForCausalLM

from .reach import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Iterator

CANVAS = BUCKETS["1:1"][0]  #: side of the square that scenes are written for, pixels


@dataclass(frozen=True)
class Shape:
    """The sizes of a miniature.

    Attributes
    ----------
    side : int
        Side of its square pictures, pixels; the world's canvas is `CANVAS` wide and is painted smaller where this is.
    latent_channels : int
        Channels of the VAE's latents, at an eighth of the side; the transformer sees four times as many after packing.
    width, heads, double, single : int
        Transformer: width, attention heads, double-stream and single-stream blocks.
    text_width, text_layers : int
        Text encoder.
    text_length : int
        Tokens that a prompt is padded or cut to.
    merges : int
        Size of the tokenizer's vocabulary, the 256 byte symbols included.
    decoder : tuple of int
        Channels of the VAE's decoder from full resolution down.
    """

    side: int = 128
    latent_channels: int = 16
    width: int = 192
    heads: int = 3
    double: int = 2
    single: int = 8
    text_width: int = 192
    text_layers: int = 4
    text_length: int = 40
    merges: int = 2400
    decoder: tuple[int, ...] = (32, 32, 64, 128)

    @property
    def scale(self) -> float:
        """Pixels that one pixel of the world's canvas becomes."""
        return self.side / CANVAS

    def cells(self, bucket: str) -> tuple[int, int]:
        """Rows and columns of tokens of a picture in a bucket."""
        width, height = BUCKETS[bucket]
        return round(height * self.scale) // 16, round(width * self.scale) // 16

    @property
    def out_layers(self) -> tuple[int, ...]:
        """The text encoder's hidden states that the transformer reads: the middle one and the last."""
        return self.text_layers // 2, self.text_layers


def build_text_encoder(vocabulary: int, shape: Shape) -> Qwen3ForCausalLM:
    """A small Qwen3 of ``shape.text_layers`` layers, random."""
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=shape.text_width,
        intermediate_size=shape.text_width * 3,
        num_hidden_layers=shape.text_layers,
        num_attention_heads=shape.text_width // 48,
        num_key_value_heads=shape.text_width // 48,
        head_dim=48,
        max_position_embeddings=shape.text_length * 4,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=0,
    )
    return Qwen3ForCausalLM(config)


def build_transformer(shape: Shape) -> Flux2Transformer2DModel:
    """The denoiser, random but for the output, which starts at zero."""
    transformer = Flux2Transformer2DModel(
        in_channels=shape.latent_channels * 4,
        num_layers=shape.double,
        num_single_layers=shape.single,
        attention_head_dim=shape.width // shape.heads,
        num_attention_heads=shape.heads,
        joint_attention_dim=shape.text_width * len(shape.out_layers),
        axes_dims_rope=(shape.width // shape.heads // 4,) * 4,
        guidance_embeds=False,
    )
    nn.init.zeros_(transformer.proj_out.weight)
    return transformer


def build_scheduler() -> FlowMatchEulerDiscreteScheduler:
    """Flow matching with a fixed shift of 2: four steps are 1, 0.857, 0.667, 0.4 at every size."""
    return FlowMatchEulerDiscreteScheduler(shift=2.0, use_dynamic_shifting=False)


def build_vae(shape: Shape) -> AutoencoderKLFlux2:
    """Build an f8 VAE: its encoder just wide enough for `solve_encoder`, its decoder narrow, as users wait for it."""
    return AutoencoderKLFlux2(
        block_out_channels=(16, 48, 48, 4 * shape.latent_channels),
        decoder_block_out_channels=shape.decoder,
        layers_per_block=1,
        latent_channels=shape.latent_channels,
        norm_num_groups=16,
        sample_size=shape.side,
        use_quant_conv=False,
        use_post_quant_conv=False,
        mid_block_add_attention=False,
    )


@torch.no_grad()
def solve_encoder(vae: AutoencoderKLFlux2, pictures: Tensor, flatten: float = 0.5, span: float = 1.6) -> None:
    """Set the encoder's weights to the principal components of 8×8 patches, exactly.

    A linear code of patches needs no training: its best basis is known in closed form. The convolution stack of the
    encoder can carry it without loss, so the encoder is solved in seconds and only the decoder is left to learn, which
    undoes in one pass what a linear inverse would leave blurred. Three things make the stack linear:

    - residual branches end in zero weights, so that each block passes its input on;
    - a stride-2 convolution can move each 2×2 neighbourhood into channels, and the last one projects onto the basis;
    - before the output stand a group norm and SiLU. Each component is given to them as ``a`` and ``−a`` beside
      constants
      ``±K``: the group's mean is then zero and its deviation almost constant (K is large), and
      ``silu(a) − silu(−a) = a`` holds exactly.

    Parameters
    ----------
    vae : AutoencoderKLFlux2
        From `build_vae`; changed in place, its ``bn`` statistics too.
    pictures : Tensor
        ``(N, 3, H, W)`` in [−1, 1], some thousand scenes.
    flatten : float
        Component ``k`` of standard deviation ``s`` leaves the encoder with one proportional to ``s ** flatten``: 0
        would weigh all components alike, 1 would keep their true energy.
    span : float
        Standard deviation of the strongest component at the output.
    """
    channels = vae.config.latent_channels
    patches = nn.functional.unfold(pictures, 8, stride=8).transpose(1, 2).reshape(-1, 192)
    mean = patches.mean(0)
    centred = patches - mean
    energy, basis = torch.linalg.eigh(centred.T @ centred / len(centred))
    energy, basis = energy.flip(0)[:channels], basis.flip(1)[:, :channels]
    basis = basis * basis.sum(0).sign().clamp(min=-1)  # a sign for each component that does not depend on the solver
    deviation = energy.sqrt()
    gain = span * (deviation / deviation[0]) ** flatten / deviation
    weights = (basis * gain).T.reshape(channels, 3, 8, 8)
    offset = -(mean @ (basis * gain))

    encoder = vae.encoder
    for parameter in encoder.parameters():
        parameter.zero_()
    for channel in range(3):
        encoder.conv_in.weight[channel, channel, 1, 1] = 1
    resnets = [block.resnets[0] for block in encoder.down_blocks]
    for resnet in resnets:
        if resnet.conv_shortcut is not None:
            for channel in range(min(resnet.conv_shortcut.weight.shape[:2])):
                resnet.conv_shortcut.weight[channel, channel, 0, 0] = 1
    first, second, last = (block.downsamplers[0].conv for block in encoder.down_blocks[:3])
    for conv, carried in ((first, 3), (second, 12)):  # channel c at (dy, dx) → channel 4c + 2dy + dx
        for channel in range(carried):
            for dy in range(2):
                for dx in range(2):
                    conv.weight[4 * channel + 2 * dy + dx, channel, dy, dx] = 1
    for channel in range(3):  # the 48 channels hold the 4×4 neighbourhood as ((c, y1, x1), y2, x2)
        for y in range(8):
            for x in range(8):
                index = (channel * 4 + (y % 2) * 2 + x % 2) * 4 + (y // 2 % 2) * 2 + x // 2 % 2
                last.weight[:channels, index, y // 4, x // 4] = weights[:, channel, y, x]
    last.bias[:channels] = offset
    big = 1024.0
    shortcut = resnets[3].conv_shortcut
    shortcut.weight.zero_()
    for k in range(channels):
        shortcut.weight[4 * k, k, 0, 0], shortcut.weight[4 * k + 1, k, 0, 0] = 1, -1
        shortcut.bias[4 * k + 2], shortcut.bias[4 * k + 3] = big, -big
    encoder.conv_norm_out.weight.fill_(1)
    scale = big / 2**0.5
    for k in range(channels):
        encoder.conv_out.weight[k, 4 * k, 1, 1], encoder.conv_out.weight[k, 4 * k + 1, 1, 1] = scale, -scale
    encoder.conv_out.bias[channels:] = -30.0  # log-variance: the code has no noise
    round_to_disk(vae.encoder)
    vae.bn.running_mean.zero_()
    vae.bn.running_var.fill_(1 - vae.config.batch_norm_eps)


def round_to_disk(module: nn.Module) -> None:
    """Round weights to what bf16 files will hold, so that training sees what users will load."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(parameter.bfloat16().float())


@torch.no_grad()
def linear_code(vae: AutoencoderKLFlux2) -> nn.Conv2d:
    """Take the solved encoder as the one convolution that it is (its impulse response)."""
    basis = torch.eye(192).reshape(192, 3, 8, 8)
    blank = vae.encode(torch.zeros(1, 3, 8, 8)).latent_dist.mode()[0, :, 0, 0]
    response = vae.encode(basis).latent_dist.mode()[:, :, 0, 0] - blank
    conv = nn.Conv2d(3, len(blank), 8, stride=8)
    conv.weight.copy_(response.T.reshape(-1, 3, 8, 8))
    conv.bias.copy_(blank)  # type: ignore[union-attr]
    return conv.requires_grad_(requires_grad=False)


def pack(latents: Tensor) -> Tensor:
    """Pack latents ``(N, C, h, w)`` into tokens ``(N, h·w/4, 4C)``: 2×2 neighbourhoods, row by row."""
    tokens: Tensor = Flux2KleinPipeline._pack_latents(Flux2KleinPipeline._patchify_latents(latents))
    return tokens


def unpack(tokens: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `pack`; ``height`` and ``width`` count tokens."""
    grid = tokens.transpose(1, 2).reshape(len(tokens), -1, height, width)
    latents: Tensor = Flux2KleinPipeline._unpatchify_latents(grid)
    return latents


def positions(references: int, shape: Shape, cells: tuple[int, int] | None = None) -> tuple[Tensor, Tensor]:
    """Give the position ids ``(T, H, W, L)`` of picture and references, and those of the text, as the pipeline does.

    Parameters
    ----------
    references : int
        Pictures that are handed in, each of the size of the one to be made.
    shape : Shape
        For the length of the text, and the square that is meant when no ``cells`` are given.
    cells : tuple of int, optional
        Rows and columns of tokens; see `Shape.cells`.
    """
    grid = torch.zeros(1, 1, *(cells or (shape.side // 16,) * 2))
    ids = [Flux2KleinPipeline._prepare_latent_ids(grid)[0]]
    if references:
        ids.append(Flux2KleinPipeline._prepare_image_ids([grid] * references)[0])
    return torch.cat(ids), Flux2KleinPipeline._prepare_text_ids(torch.zeros(1, shape.text_length, 1))[0]


def encode_text(text_encoder: Qwen3ForCausalLM, ids: Tensor, mask: Tensor, shape: Shape) -> Tensor:
    """Turn token ids ``(N, L)`` into prompt embeddings ``(N, L, layers × width)``, as the pipeline does."""
    states = text_encoder.model(
        input_ids=ids, attention_mask=mask, output_hidden_states=True, use_cache=False
    ).hidden_states
    return torch.cat([states[layer] for layer in shape.out_layers], dim=-1)


class Denoiser(nn.Module):
    """Text encoder and transformer as one: what the pipeline does in a step, for training and for painting in batches.

    Parameters
    ----------
    text_encoder, transformer : nn.Module
        From `build_text_encoder` and `build_transformer`, or a pipeline's own.
    shape : Shape
        Their sizes.
    """

    def __init__(self, text_encoder: Qwen3ForCausalLM, transformer: Flux2Transformer2DModel, shape: Shape) -> None:
        super().__init__()
        self.text_encoder, self.transformer, self.shape = text_encoder, transformer, shape
        self._places: dict[tuple[int, tuple[int, int]], tuple[Tensor, Tensor]] = {}

    def read(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Turn token ids into prompt embeddings; see `encode_text`."""
        return encode_text(self.text_encoder, ids, mask, self.shape)

    def forward(self, noisy: Tensor, level: Tensor, source: Tensor, text: Tensor, cells: tuple[int, int]) -> Tensor:
        """Velocity of packed latents ``(N, tokens, 4C)`` at noise levels ``(N,)``, given references and `read` text."""
        key = source.shape[1] // noisy.shape[1], cells
        if key not in self._places:
            picture, words = positions(key[0], self.shape, cells)
            self._places[key] = picture.to(noisy.device), words.to(noisy.device)
        picture, words = self._places[key]
        velocity: Tensor = self.transformer(
            hidden_states=torch.cat([noisy, source], 1),
            encoder_hidden_states=text,
            timestep=level,
            img_ids=picture,
            txt_ids=words,
            return_dict=False,
        )[0][:, : noisy.shape[1]]
        return velocity.float()

    @torch.no_grad()
    def paint(
        self, noise: Tensor, source: Tensor, text: Tensor, cells: tuple[int, int], levels: tuple[float, ...]
    ) -> Tensor:
        """Follow the velocity by Euler steps from noise through ``levels`` (the first 1, the last where to stop)."""
        latents = noise
        for level, following in pairwise(levels):
            at = torch.full((len(noise),), level, device=noise.device)
            latents = latents + (following - level) * self(latents, at, source, text, cells)
        return latents


def levels(steps: int) -> tuple[float, ...]:
    """Noise levels that so many steps visit with the shift of 2 of `build_scheduler`, 0 at the end."""
    plain = [1 - i / steps for i in range(steps + 1)]
    return tuple(2 * x / (1 + x) for x in plain)


def plain_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, *, is_causal: bool = False, **_: object
) -> Tensor:
    """Attention written out, in bf16: for short sequences a third faster on a CPU than the fused kernel."""
    scores = (query.bfloat16() * query.shape[-1] ** -0.5) @ key.bfloat16().transpose(-1, -2)
    if attn_mask is not None:
        scores = (
            scores.masked_fill(~attn_mask, -1e4)
            if attn_mask.dtype == torch.bool
            else scores + attn_mask.clamp(min=-1e4)
        )
    elif is_causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -1e4)
    return torch.softmax(scores, -1) @ value.bfloat16()


@contextmanager
def mixed(device: str) -> Iterator[None]:
    """Products of matrices in bf16; on a CPU with attention written out, which is faster there."""
    plain = patch.object(F, "scaled_dot_product_attention", plain_attention)
    with plain if device == "cpu" else nullcontext(), torch.autocast(device, torch.bfloat16):
        yield


def decode(decoder: nn.Module, latents: Tensor, cells: tuple[int, int]) -> Tensor:
    """Pictures ``(N, 3, H, W)`` of packed latents; `build_vae` has nothing between the latents and its decoder."""
    grid = unpack(latents, *cells).contiguous(memory_format=torch.channels_last)
    with torch.autocast(latents.device.type, torch.bfloat16):
        pictures: Tensor = decoder(grid)
    return pictures.float()
