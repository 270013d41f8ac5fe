"""The miniature's parts, built from scratch: everything that a `Flux2KleinPipeline` is made of.

Nothing here is special to pochade at run time: the saved folder is loaded by plain
``Flux2KleinPipeline.from_pretrained``. What is special is how two parts come to be: the tokenizer is learnt from the
world's own prompts, and the VAE's encoder is *solved* instead of trained (see `solve_encoder`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from diffusers import AutoencoderKLFlux2, FlowMatchEulerDiscreteScheduler, Flux2KleinPipeline, Flux2Transformer2DModel
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor, nn
from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Puts a space before every letter of a hex code, so that the tokenizer sees its digits one by one and never learns
#: whole colours, and gives the bare prompt in small letters otherwise. Only the user's last message is read.
CHAT_TEMPLATE = (
    "{%- set ns = namespace(left=0) -%}{%- for c in messages[-1]['content'] | lower -%}"
    "{%- if c == '#' -%}{%- set ns.left = 7 -%}{%- endif -%}"
    "{%- if ns.left > 0 -%}{%- if c in 'abcdef' -%}{{ ' ' }}{%- endif -%}{%- set ns.left = ns.left - 1 -%}{%- endif -%}"
    "{{ c }}{%- endfor -%}"
)
PAD = "<|endoftext|>"
#: Qwen2's own way of cutting text into words (Qwen2 tokenizer, transformers).
_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True)
class Shape:
    """The sizes of a miniature.

    Attributes
    ----------
    side : int
        Side of the square pictures it is trained on, pixels.
    latent_channels : int
        Channels of the VAE's latents, at an eighth of the side; the transformer sees four times as many after packing.
    width, heads, double, single : int
        Transformer: width, attention heads, double-stream and single-stream blocks.
    text_width, text_layers : int
        Text encoder.
    text_length : int
        Tokens that a prompt is padded or cut to.
    merges : int
        Size of the tokenizer's vocabulary.
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
    text_length: int = 32
    merges: int = 900
    decoder: tuple[int, ...] = (32, 32, 64, 128)

    @property
    def out_layers(self) -> tuple[int, ...]:
        """The text encoder's hidden states that the transformer reads: the middle one and the last."""
        return self.text_layers // 2, self.text_layers


def build_tokenizer(prompts: Iterable[str], shape: Shape) -> Qwen2TokenizerFast:
    """Learn a byte-level BPE from prompts.

    Parameters
    ----------
    prompts : iterable of str
        Prompts as people would type them.
    shape : Shape
        ``merges`` is the size of the vocabulary, the 256 byte symbols included.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=shape.merges, initial_alphabet=alphabet, special_tokens=[PAD], show_progress=False
    )
    template = Qwen2TokenizerFast(vocab={PAD: 0}, merges=[], pad_token=PAD, eos_token=PAD)
    template.chat_template = CHAT_TEMPLATE
    tokenizer.train_from_iterator((as_seen(template, p) for p in prompts), trainer)
    parts = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in parts["merges"]]
    out = Qwen2TokenizerFast(vocab=parts["vocab"], merges=merges, pad_token=PAD, eos_token=PAD, unk_token=PAD)
    out.chat_template = CHAT_TEMPLATE
    return out


def as_seen(tokenizer: Qwen2TokenizerFast, prompt: str) -> str:
    """The prompt after the chat template, as the pipeline gives it to the tokenizer."""
    return str(
        tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
    )


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


def positions(references: int, shape: Shape) -> tuple[Tensor, Tensor]:
    """Give the position ids ``(T, H, W, L)`` of picture and references, and those of the text, as the pipeline does."""
    cells = shape.side // 16
    grid = torch.zeros(1, 1, cells, cells)
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
