"""What several tiny families are made of: text encoders, tokenizers in memory and a VAE, with random weights.

They stand apart from the families so that each of those says only what is its own. Every function builds a real class
of the libraries; whoever calls them decides the weights by seeding torch around the whole family (`seeded`).
"""

from __future__ import annotations

import json
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIDTH = 32
"""Channels of every text encoder in here: what a family's `joint_attention_dim` and the like are made of."""

CHAT = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def save(pipeline: Any, folder: Path, *, multiple: int = 16) -> Path:
    """Save a pipeline as `save_pretrained` does, with a card that lets it paint small pictures."""
    pipeline.save_pretrained(folder, safe_serialization=True)
    size = {"default": [64, 64], "multiple": multiple, "min_side": 64, "max_side": 256, "max_pixels": 65536}
    (folder / "card.json").write_text(json.dumps({"size": size}), encoding="utf-8")
    return folder


@contextmanager
def seeded(seed: int = 0) -> Iterator[None]:
    """Make the weights that are drawn inside the same every time, without touching the process's random state.

    What the libraries warn of about themselves while their classes are built is no concern of a test.
    """
    import torch

    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        yield


def byte_symbols() -> list[str]:
    """The 256 printable stand-ins which byte-level tokenizers use for bytes, in byte order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(spare)) for byte in range(256)]


def clip_tokenizer(length: int = 77) -> Any:
    """A CLIPTokenizer that reads letter by letter."""
    from transformers import CLIPTokenizer

    symbols = byte_symbols()
    words = [*symbols, *(f"{symbol}</w>" for symbol in symbols), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={word: index for index, word in enumerate(words)}, merges=[], model_max_length=length)


def clip_text_encoder(*, projection: bool = False, length: int = 77, layers: int = 2, width: int = WIDTH) -> Any:
    """A CLIPTextModel, or with `projection` a CLIPTextModelWithProjection, that fits `clip_tokenizer`."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=514,
        hidden_size=width,
        intermediate_size=width,
        projection_dim=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        max_position_embeddings=length,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
    )
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config).eval()


def t5_tokenizer(length: int = 512) -> Any:
    """A T5TokenizerFast that reads letter by letter, ASCII only."""
    from transformers import T5TokenizerFast

    letters = [chr(code) for code in range(33, 127)]
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((letter, -3.0) for letter in letters)]
    return T5TokenizerFast(vocab=pieces, extra_ids=0, additional_special_tokens=[], model_max_length=length)


def t5_encoder(width: int = WIDTH) -> Any:
    """A T5EncoderModel that fits `t5_tokenizer`."""
    from transformers import T5Config, T5EncoderModel

    config = T5Config(
        vocab_size=128,
        d_model=width,
        d_ff=width,
        d_kv=width // 2,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
        tie_word_embeddings=False,
    )
    return T5EncoderModel(config).eval()


def qwen_tokenizer(special: tuple[str, ...] = (), template: str = CHAT) -> Any:
    """A byte-level Qwen2TokenizerFast; `special` words are one token each, `template` lays out a chat."""
    from transformers import Qwen2TokenizerFast

    words = [*byte_symbols(), "<|endoftext|>", *special]
    vocabulary = {word: index for index, word in enumerate(words)}
    tokenizer = Qwen2TokenizerFast(vocab=vocabulary, merges=[], chat_template=template)
    if special:
        tokenizer.add_special_tokens({"additional_special_tokens": list(special)})
    return tokenizer


def vae(*, latents: int = 4, quantised: bool = True, **settings: Any) -> Any:
    """An AutoencoderKL, 8 pixels to one, that shows what its latents hold; `quantised` adds the 1×1 convolutions."""
    from diffusers import AutoencoderKL

    made = AutoencoderKL(
        block_out_channels=(8,) * 4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=latents,
        norm_num_groups=1,
        mid_block_add_attention=False,
        sample_size=64,
        use_quant_conv=quantised,
        use_post_quant_conv=quantised,
        **settings,
    )
    see(made)
    return made.eval()


def see(made: Any) -> None:
    """Set the weights of an AutoencoderKL so that it encodes averages of colours and decodes them again.

    With random weights a decoded picture has nothing to do with the latents, and no test could tell a right preview
    from a wrong one. Here every residual is zero, every change of size an average or a copy, and colours travel as
    pairs x, −x, because SiLU(x) − SiLU(−x) = x. Only the contrast is lost, in the group norms. All stages must have 8
    channels, in one group.
    """
    import torch

    encoder, decoder, channels = made.encoder, made.decoder, made.config.latent_channels
    spread = torch.linalg.qr(torch.randn(channels, 3)).Q
    pairs = torch.zeros(8, 3)
    pairs[range(6), [0, 0, 1, 1, 2, 2]] = torch.tensor([1.0, -1.0] * 3)
    with torch.no_grad():
        for name, layer in made.named_modules():
            if name.endswith("conv2"):
                layer.weight.zero_()
                layer.bias.zero_()
            elif name.endswith("samplers.0.conv"):
                _only(layer, torch.eye(8))
                if "down" in name:
                    layer.weight.zero_()
                    layer.weight[:, :, :2, :2] = torch.eye(8)[:, :, None, None] / 4
            elif name.endswith("quant_conv"):
                _only(layer, torch.eye(len(layer.weight)))
        _only(encoder.conv_in, pairs)
        _only(encoder.conv_out, torch.cat([spread @ pairs.T, torch.zeros(channels, 8)]))
        encoder.conv_out.bias[channels:] = -6.0  # the logarithm of the posterior's variance
        _only(decoder.conv_in, pairs @ spread.T)
        _only(decoder.conv_out, pairs.T / 2)


def _only(layer: Any, matrix: Any) -> None:
    """Make a convolution look at its middle pixel alone, through this matrix."""
    middle = layer.kernel_size[0] // 2
    layer.weight.zero_()
    layer.bias.zero_()
    layer.weight[:, :, middle, middle] = matrix


def gemma_tokenizer() -> Any:
    """A GemmaTokenizerFast that reads byte by byte."""
    from transformers import GemmaTokenizerFast

    words = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *(f"<0x{byte:02X}>" for byte in range(256))]
    return GemmaTokenizerFast(vocab={word: index for index, word in enumerate(words)}, merges=[])
