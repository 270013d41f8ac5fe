"""The blocks of the miniature's transformer, lean for training on a CPU: the same function, at twice the pace.

Products of matrices are quick in bf16 on processors that have instructions for them. What stands between them (norms,
modulation, rotary positions, softmax, SwiGLU, gates) then takes most of the time, because each small operation goes
over memory once more. `lean.cpp` does each in one go, forward and backward; `quicken` lets the blocks use it. It is
compiled by the machine's own compiler whenever a training begins, which takes less than a minute.

The blocks are those of FLUX.2 [klein], as diffusers writes them (``Flux2TransformerBlock`` and
``Flux2SingleTransformerBlock``).
"""

# mypy: disable-error-code="no-untyped-call"
# PyTorch gives `Function.apply` no types.

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.autograd import Function
from torch.utils import cpp_extension

if TYPE_CHECKING:
    from diffusers import Flux2Transformer2DModel

#: positions as the transformer hands them to its blocks: cosines and sines, ``(tokens, 64)`` each
Rotary = tuple[Tensor, Tensor]

_HEAD, _WIDEST = 64, 1024  # as in lean.cpp


@cache
def built() -> tuple[Any, str]:
    """`lean.cpp` as a module; or None, and why it could not be had."""
    # ninja comes as a wheel, whose program lies beside Python's and need not be on the path
    path = os.pathsep.join(filter(None, (os.environ.get("PATH"), str(Path(sys.executable).parent))))
    if not shutil.which("ninja", path=path):
        return None, "ninja is not installed (pip install ninja)."
    threads = [] if sys.platform == "darwin" else ["-fopenmp"]  # Apple's compiler has none
    # Not PyTorch's folder of extensions: a build that was killed there leaves a lock, for which all others would wait.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, patch.dict(os.environ, PATH=path):
        try:
            module = cpp_extension.load(
                "pochade_lean",
                [str(Path(__file__).with_name("lean.cpp"))],
                # infinity stays: the sum of exponentials begins there, and a gate may well overflow one
                extra_cflags=["-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", *threads],
                extra_ldflags=threads,
                build_directory=folder,
            )
        except (OSError, RuntimeError, ImportError, subprocess.SubprocessError) as error:  # no compiler, no headers, …
            return None, f"its C++ could not be compiled ({str(error).strip().splitlines()[0]})."
    return module, ""


def quicken(transformer: Flux2Transformer2DModel) -> str:
    """Let a transformer's blocks reckon with the kernels.

    They then take and give bf16, as under autocast, and know neither attention masks nor caches. The weights stay
    where they are, so that what is saved is the same with and without.

    Parameters
    ----------
    transformer : Flux2Transformer2DModel
        On the CPU.

    Returns
    -------
    str
        Why nothing was changed; empty where it was.
    """
    config = transformer.config
    if config.attention_head_dim != _HEAD or config.attention_head_dim * config.num_attention_heads > _WIDEST:
        return f"its blocks are written for heads of {_HEAD} channels and at most {_WIDEST} in all."
    if why := built()[1]:
        return why
    for block in transformer.transformer_blocks:
        block.forward = partial(_double, block)
    for block in transformer.single_transformer_blocks:
        block.forward = partial(_single, block)
    return ""


def _double(
    block: Any,
    hidden_states: Tensor,
    encoder_hidden_states: Tensor,
    temb_mod_img: Tensor,
    temb_mod_txt: Tensor,
    image_rotary_emb: Rotary,
    **_: object,
) -> tuple[Tensor, Tensor]:
    """What a block of two streams does: words and picture look at all tokens, each with weights of its own."""
    attn, x, words = block.attn, hidden_states.bfloat16(), encoder_hidden_states.bfloat16()
    mod, mod_words = temb_mod_img.float().contiguous(), temb_mod_txt.float().contiguous()
    width, count = x.shape[-1], words.shape[1]
    normed, normed_words = _Norm.apply(x, mod, 0, width), _Norm.apply(words, mod_words, 0, width)
    both = (
        torch.cat([project(normed_words) for project in (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)], -1),
        torch.cat([project(normed) for project in (attn.to_q, attn.to_k, attn.to_v)], -1),
    )
    norms = (attn.norm_added_q, attn.norm_added_k, attn.norm_q, attn.norm_k)
    seen = _attend(torch.cat(both, 1), norms, image_rotary_emb, count, attn.heads)
    x = _Gated.apply(x, attn.to_out[0](seen[:, count:]), mod, 2 * width)
    words = _Gated.apply(words, attn.to_add_out(seen[:, :count]), mod_words, 2 * width)
    return _fed(words, block.ff_context, mod_words), _fed(x, block.ff, mod)


def _fed(x: Tensor, feed: Any, mod: Tensor) -> Tensor:
    """What the second half of a block of two streams does to one of them."""
    width = x.shape[-1]
    hidden = _SwiGLU.apply(feed.linear_in(_Norm.apply(x, mod, 3 * width, 4 * width)))
    fed: Tensor = _Gated.apply(x, feed.linear_out(hidden), mod, 5 * width)
    return fed


def _single(
    block: Any,
    hidden_states: Tensor,
    temb_mod: Tensor,
    image_rotary_emb: Rotary,
    **_: object,
) -> Tensor:
    """What a block of one stream does: attention and SwiGLU side by side, one product before and one after both."""
    attn, x, mod = block.attn, hidden_states.bfloat16(), temb_mod.float().contiguous()
    width = x.shape[-1]
    inside = attn.to_qkv_mlp_proj(_Norm.apply(x, mod, 0, width))
    norms = (attn.norm_q, attn.norm_k, attn.norm_q, attn.norm_k)
    hidden = _attend(inside, norms, image_rotary_emb, 0, attn.heads)
    after: Tensor = _Gated.apply(x, attn.to_out(hidden), mod, 2 * width)
    return after


def _attend(p: Tensor, norms: tuple[Any, ...], rotary: Rotary, words: int, heads: int) -> Tensor:
    """Attention of all tokens, in the first channels, and SwiGLU of what ``p`` holds beside query, key and value."""
    weights = torch.stack([norm.weight for norm in norms]).float()
    seen: Tensor = _Attend.apply(p, weights, torch.stack(rotary).float(), words, heads)
    return seen


class _Norm(Function):
    """A layer norm without weights, scaled and shifted."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, mod: Tensor, shift_at: int, scale_at: int) -> Tensor:
        y: Tensor
        y, moments = built()[0].norm(x.contiguous(), mod, shift_at, scale_at)
        ctx.save_for_backward(x.contiguous(), mod, moments)
        ctx.at = shift_at, scale_at
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        return *built()[0].norm_back(dy.contiguous(), *ctx.saved_tensors, *ctx.at), None, None


class _Gated(Function):
    """A sum whose second part is multiplied by a gate."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, mod: Tensor, gate_at: int) -> Tensor:
        ctx.save_for_backward(y.contiguous(), mod)
        ctx.at = gate_at
        total: Tensor = built()[0].gated(x.contiguous(), y.contiguous(), mod, gate_at)
        return total

    @staticmethod
    def backward(ctx: Any, dsum: Tensor) -> tuple[Tensor | None, ...]:
        return dsum, *built()[0].gated_back(dsum.contiguous(), *ctx.saved_tensors, ctx.at), None


class _SwiGLU(Function):
    """Half of the channels, through SiLU, times the other half."""

    @staticmethod
    def forward(ctx: Any, p: Tensor) -> Tensor:
        ctx.save_for_backward(p.contiguous())
        h: Tensor = built()[0].swiglu(p.contiguous())
        return h

    @staticmethod
    def backward(ctx: Any, dh: Tensor) -> Tensor:
        dp: Tensor = built()[0].swiglu_back(dh.contiguous(), *ctx.saved_tensors)
        return dp


class _Attend(Function):
    """`attend` of the kernels."""

    @staticmethod
    def forward(ctx: Any, p: Tensor, weights: Tensor, places: Tensor, words: int, heads: int) -> Tensor:
        seen: Tensor
        seen, *kept = built()[0].attend(p.contiguous(), weights, places, words, heads)
        ctx.save_for_backward(p.contiguous(), weights, places, *kept)
        ctx.at = words, heads
        return seen

    @staticmethod
    def backward(ctx: Any, dseen: Tensor) -> tuple[Tensor | None, ...]:
        return *built()[0].attend_back(dseen.contiguous(), *ctx.saved_tensors, *ctx.at), None, None, None
