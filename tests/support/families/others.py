"""Tiny Z-Image, GLM-Image and LongCat-Image with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from families import parts, qwen

if TYPE_CHECKING:
    from pathlib import Path

CODES = 16
"""How many kinds of tokens GLM-Image sketches with; here the two that begin and end a picture can be among them."""

GLM_SPECIAL = ("<sop>", "<eop>", "<|image|>", "<|user|>", "<|assistant|>", "<grid>", "</grid>", "<|endoftext|>")
GLM_CHAT = (
    "{% for message in messages %}<|user|>"
    "{% for part in message.content %}"
    "{% if part.type == 'image' %}<sop><|image|><eop>{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endfor %}<|assistant|>"
)


def z_image(folder: Path, *, turbo: bool = False) -> Path:
    """Save a ZImagePipeline; `turbo` has the scheduler of the distilled one."""
    from diffusers import FlowMatchEulerDiscreteScheduler, ZImagePipeline, ZImageTransformer2DModel
    from transformers import Qwen3Config, Qwen3Model

    tokenizer = parts.qwen_tokenizer()
    end = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    with parts.seeded():
        pipeline = ZImagePipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0 if turbo else 6.0),
            vae=parts.vae(quantised=False, scaling_factor=0.3611, shift_factor=0.1159),
            text_encoder=Qwen3Model(
                Qwen3Config(
                    vocab_size=len(tokenizer),
                    hidden_size=parts.WIDTH,
                    intermediate_size=parts.WIDTH,
                    num_hidden_layers=2,
                    num_attention_heads=2,
                    num_key_value_heads=1,
                    head_dim=8,
                    pad_token_id=end,
                    bos_token_id=None,
                    eos_token_id=end,
                )
            ).eval(),
            tokenizer=tokenizer,
            transformer=ZImageTransformer2DModel(
                in_channels=4,
                dim=32,
                n_layers=1,
                n_refiner_layers=1,
                n_heads=2,
                n_kv_heads=2,
                cap_feat_dim=parts.WIDTH,
                axes_dims=[4, 6, 6],
                axes_lens=[1024, 64, 64],
            ).eval(),
        )
    return parts.save(pipeline, folder)


def glm_image(folder: Path) -> Path:
    """Save a GlmImagePipeline; what sketches never ends early, as a trained one does not."""
    from diffusers import FlowMatchEulerDiscreteScheduler, GlmImagePipeline, GlmImageTransformer2DModel
    from transformers import ByT5Tokenizer, GlmImageProcessor, T5Config, T5EncoderModel
    from transformers.models.glm_image.image_processing_pil_glm_image import GlmImageImageProcessorPil

    tokenizer = _glm_tokenizer()
    pictures = GlmImageImageProcessorPil(
        min_pixels=32 * 32, max_pixels=2048 * 2048, patch_size=16, merge_size=1, temporal_patch_size=1
    )
    with parts.seeded():
        pipeline = GlmImagePipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(
                base_shift=0.25, max_shift=0.75, use_dynamic_shifting=True, time_shift_type="linear"
            ),
            vae=parts.vae(latents_mean=[0.1, -0.2, 0.3, 0.0], latents_std=[1.2, 0.8, 1.0, 1.1]),
            tokenizer=ByT5Tokenizer(),
            text_encoder=T5EncoderModel(
                T5Config(
                    vocab_size=384,
                    d_model=parts.WIDTH,
                    d_ff=parts.WIDTH,
                    d_kv=parts.WIDTH // 2,
                    num_layers=1,
                    num_heads=2,
                    tie_word_embeddings=False,
                )
            ).eval(),
            processor=GlmImageProcessor(pictures, tokenizer, chat_template=GLM_CHAT),
            vision_language_encoder=_glm_sketcher(tokenizer),
            transformer=GlmImageTransformer2DModel(
                in_channels=4,
                out_channels=4,
                num_layers=1,
                attention_head_dim=8,
                num_attention_heads=4,
                text_embed_dim=parts.WIDTH,
                time_embed_dim=16,
                condition_dim=8,
                prior_vq_quantizer_codebook_size=CODES + 2,
            ).eval(),
        )
    return parts.save(pipeline, folder, multiple=32)


def longcat(folder: Path) -> Path:
    """Save a LongCatImagePipeline."""
    from diffusers import LongCatImagePipeline

    with parts.seeded():
        return parts.save(LongCatImagePipeline(**_longcat()), folder)


def longcat_edit(folder: Path) -> Path:
    """Save a LongCatImageEditPipeline."""
    from diffusers import LongCatImageEditPipeline

    with parts.seeded():
        return parts.save(LongCatImageEditPipeline(**_longcat()), folder)


def _longcat() -> dict[str, Any]:
    """Build the components; the pipelines count on 16 channels of latents."""
    from diffusers import FlowMatchEulerDiscreteScheduler, LongCatImageTransformer2DModel

    tokenizer = parts.qwen_tokenizer(qwen.SPECIAL, qwen.CHAT)
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(
            shift=3.0, use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15
        ),
        "vae": parts.vae(latents=16, quantised=False, scaling_factor=0.3611, shift_factor=0.1159),
        "text_encoder": qwen.reader(tokenizer),
        "tokenizer": tokenizer,
        "text_processor": qwen.processor(),
        "transformer": LongCatImageTransformer2DModel(
            in_channels=64,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=parts.WIDTH,
            pooled_projection_dim=parts.WIDTH,
            axes_dims_rope=[4, 6, 6],
        ).eval(),
    }


def _glm_tokenizer() -> Any:
    """A byte-level tokenizer whose first words are the codes that pictures are sketched with."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = [*(f"<code{code}>" for code in range(CODES)), *GLM_SPECIAL, *parts.byte_symbols()]
    letters = Tokenizer(models.BPE(vocab={word: index for index, word in enumerate(words)}, merges=[]))
    letters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    letters.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=letters,
        bos_token=GLM_SPECIAL[0],
        eos_token=GLM_SPECIAL[1],
        pad_token=GLM_SPECIAL[-1],
        extra_special_tokens={
            "image_token": "<|image|>",
            "grid_bos_token": "<grid>",
            "grid_eos_token": "</grid>",
        },
        additional_special_tokens=["<|user|>", "<|assistant|>"],
        chat_template=GLM_CHAT,
    )


def _glm_sketcher(tokenizer: Any) -> Any:
    from transformers import GlmImageConfig, GlmImageForConditionalGeneration

    token = tokenizer.convert_tokens_to_ids
    made = GlmImageForConditionalGeneration(
        GlmImageConfig(
            text_config={
                "vocab_size": len(tokenizer),
                "hidden_size": parts.WIDTH,
                "intermediate_size": parts.WIDTH,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "vision_vocab_size": CODES + 2,
                "pad_token_id": token("<|endoftext|>"),
                "eos_token_id": None,
                "max_position_embeddings": 4096,
                "rope_parameters": {
                    "rope_type": "default",
                    "rope_theta": 10000.0,
                    "partial_rotary_factor": 1.0,
                    "mrope_section": [2, 3, 3],
                },
            },
            vision_config={
                "depth": 1,
                "hidden_size": 16,
                "num_heads": 2,
                "image_size": 64,
                "patch_size": 16,
                "intermediate_size": 16,
            },
            vq_config={"embed_dim": 16, "num_embeddings": CODES, "latent_channels": 16},
            image_token_id=token("<|image|>"),
            image_start_token_id=token("<sop>"),
            image_end_token_id=token("<eop>"),
        )
    )
    made.generation_config.eos_token_id = None
    return made.eval()
