"""The models that pochade knows by a short name, written down as data.

It stands apart from `models.py` because it is a table that people extend: one row a model, with nothing to run. A
revision is a commit of the repository, so that the same name means the same weights next year; sizes are counted in
the published weights, and the memory that follows from them is worked out by `needs`, never written down twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pochade.engine.needs import GB, Need

__all__ = ["CATALOGUE", "MINIATURE", "Commercial", "ModelInfo"]

MINIATURE = "miniature"
Commercial = Literal["yes", "limited", "no"]

_BF16 = 2  # bytes of a number
_FREE = "Apache-2.0"
_FLUX1 = "FLUX.1-dev-Non-Commercial"
_FLUX2 = "FLUX-Non-Commercial"
_STABILITY = "Stability-AI-Community"


@dataclass(frozen=True)
class ModelInfo:
    """One model of the catalogue.

    Attributes
    ----------
    alias : str
        What people type.
    family : str
        The name of its row among the families.
    hub : str
        The repository, "owner/name"; "" for the packaged miniature.
    revision : str or None
        The commit that is fetched; None where none is pinned.
    licence : str
        Its name in the manner of SPDX.
    commercial : {"yes", "limited", "no"}
        Whether the licence lets the model be used for business; "limited": under conditions of size or revenue.
    denoiser, readers, decoder : float
        Weights of the transformer or U-Net, of everything that reads the prompt, and of the VAE, in 10⁹.
    pixels : int
        Of the picture that it was made to paint.
    """

    alias: str
    family: str
    hub: str
    revision: str | None
    licence: str
    commercial: Commercial
    denoiser: float
    readers: float
    decoder: float = 0.084
    pixels: int = 1024 * 1024

    @property
    def parameters(self) -> float:
        """Weights in all, in 10⁹."""
        return self.denoiser + self.readers + self.decoder

    @property
    def need(self) -> Need:
        """What it needs in bfloat16 for a picture of `pixels`, as far as its sizes tell."""
        parts = {"transformer": self.denoiser, "text_encoder": self.readers, "vae": self.decoder}
        weights = {part: round(size * 1e9) * _BF16 for part, size in parts.items()}
        return Need.estimated(weights, pixels=self.pixels, itemsize=_BF16)

    @property
    def memory(self) -> float:
        """GB on the device with everything on it, in bfloat16, for a picture of `pixels`."""
        return self.need.device("full") / GB

    @property
    def least(self) -> float:
        """GB on a graphics card at the level that needs least there, everything else waiting in main memory."""
        return self.need.device("group") / GB


CATALOGUE: tuple[ModelInfo, ...] = (
    ModelInfo(MINIATURE, "FLUX.2 klein", "", None, "BSD-3-Clause", "yes", 0.0066, 0.0023, 0.002, 256 * 256),
    ModelInfo(
        "klein-4b",
        "FLUX.2 klein",
        "black-forest-labs/FLUX.2-klein-4B",
        "e7b7dc27f91deacad38e78976d1f2b499d76a294",
        _FREE,
        "yes",
        3.88,
        4.02,
    ),
    ModelInfo(
        "klein-9b",
        "FLUX.2 klein",
        "black-forest-labs/FLUX.2-klein-9B",
        "92196c8e11f7b6cf2b7493e037d8c5345c559216",
        _FLUX2,
        "no",
        9.08,
        8.19,
    ),
    ModelInfo(
        "klein-9b-kv",
        "FLUX.2 klein KV",
        "black-forest-labs/FLUX.2-klein-9b-kv",
        "a6dfb36eca3a3906eb2fd460795adfb844e5fcce",
        _FLUX2,
        "no",
        9.08,
        8.19,
    ),
    ModelInfo(
        "flux2-dev",
        "FLUX.2 [dev]",
        "black-forest-labs/FLUX.2-dev",
        "26afe3a78bb242c0a8bb181dcc8937bb16e5c66c",
        _FLUX2,
        "no",
        32.2,
        24.0,
    ),
    ModelInfo(
        "kontext",
        "FLUX.1 Kontext",
        "black-forest-labs/FLUX.1-Kontext-dev",
        "24e9dedc4ef646698dc8eb4e18ae2cec3c9fea0d",
        _FLUX1,
        "no",
        11.9,
        4.89,
    ),
    ModelInfo(
        "flux-fill",
        "FLUX.1 Fill",
        "black-forest-labs/FLUX.1-Fill-dev",
        "358293da0354175698b67ec8299acf928313a78a",
        _FLUX1,
        "no",
        11.9,
        4.89,
    ),
    ModelInfo(
        "flux-dev",
        "FLUX.1",
        "black-forest-labs/FLUX.1-dev",
        "3de623fc3c33e44ffbe2bad470d0f45bccf2eb21",
        _FLUX1,
        "no",
        11.9,
        4.89,
    ),
    ModelInfo(
        "flux-schnell",
        "FLUX.1",
        "black-forest-labs/FLUX.1-schnell",
        "741f7c3ce8b383c54771c7003378a50191e9efe9",
        _FREE,
        "yes",
        11.9,
        4.89,
    ),
    ModelInfo(
        "qwen-image",
        "Qwen-Image",
        "Qwen/Qwen-Image-2512",
        "25468b98e3276ca6700de15c6628e51b7de54a26",
        _FREE,
        "yes",
        20.43,
        8.29,
        0.127,
    ),
    ModelInfo(
        "qwen-image-edit",
        "Qwen-Image-Edit Plus",
        "Qwen/Qwen-Image-Edit-2511",
        "6f3ccc0b56e431dc6a0c2b2039706d7d26f22cb9",
        _FREE,
        "yes",
        20.43,
        8.29,
        0.127,
    ),
    ModelInfo(
        "qwen-image-layered",
        "Qwen-Image-Layered",
        "Qwen/Qwen-Image-Layered",
        "8f0ca708dfff6ba1dd5f2d85d78f8c108a040bcf",
        _FREE,
        "yes",
        20.43,
        8.29,
        0.127,
    ),
    ModelInfo(
        "qwen-image-21",
        "Qwen-Image 2.1",
        "Qwen/Qwen-Image-2.1",
        "790c92633540aa0cb11d9abf19eb46d861714758",
        "Qwen-Research",
        "no",
        7.11,
        8.77,
        0.338,
    ),
    ModelInfo(
        "z-image",
        "Z-Image",
        "Tongyi-MAI/Z-Image",
        "04cc4abb7c5069926f75c9bfde9ef43d49423021",
        _FREE,
        "yes",
        6.15,
        4.02,
    ),
    ModelInfo(
        "z-image-turbo",
        "Z-Image",
        "Tongyi-MAI/Z-Image-Turbo",
        "f332072aa78be7aecdf3ee76d5c247082da564a6",
        _FREE,
        "yes",
        6.15,
        4.02,
    ),
    ModelInfo(
        "glm-image",
        "GLM-Image",
        "zai-org/GLM-Image",
        "2c433cc0cbc293bde2ac8ca9624f279b5d23fcf4",
        "MIT",
        "yes",
        6.93,
        10.33,
        0.406,
    ),
    ModelInfo(
        "longcat-image",
        "LongCat-Image",
        "meituan-longcat/LongCat-Image",
        "d2ea50b79a930074c37b9b97ce45e3b2ea8cf4d8",
        _FREE,
        "yes",
        6.27,
        8.29,
    ),
    ModelInfo(
        "longcat-image-edit",
        "LongCat-Image-Edit",
        "meituan-longcat/LongCat-Image-Edit",
        "7b54ef423aa7854be7861600024be5c56ab7875a",
        _FREE,
        "yes",
        6.27,
        8.29,
    ),
    ModelInfo(
        "sdxl",
        "Stable Diffusion XL",
        "stabilityai/stable-diffusion-xl-base-1.0",
        "462165984030d82259a11f4367a4eed129e94a7b",
        "CreativeML-OpenRAIL++-M",
        "yes",
        2.57,
        0.82,
    ),
    ModelInfo(
        "sdxl-turbo",
        "Stable Diffusion XL",
        "stabilityai/sdxl-turbo",
        "71153311d3dbb46851df1931d3ca6e939de83304",
        _STABILITY,
        "limited",
        2.57,
        0.82,
    ),
    ModelInfo(
        "sd15",
        "Stable Diffusion",
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
        "CreativeML-OpenRAIL-M",
        "yes",
        0.86,
        0.123,
        pixels=512 * 512,
    ),
    ModelInfo(
        "sd-turbo",
        "Stable Diffusion",
        "stabilityai/sd-turbo",
        "b261bac6fd2cf515557d5d0707481eafa0485ec2",
        _STABILITY,
        "limited",
        0.866,
        0.34,
        pixels=512 * 512,
    ),
    ModelInfo(
        "sd3-medium",
        "Stable Diffusion 3",
        "stabilityai/stable-diffusion-3-medium-diffusers",
        "ea42f8cef0f178587cf766dc8129abd379c90671",
        _STABILITY,
        "limited",
        2.08,
        5.58,
    ),
    ModelInfo(
        "sd35-medium",
        "Stable Diffusion 3",
        "stabilityai/stable-diffusion-3.5-medium",
        "b940f670f0eda2d07fbb75229e779da1ad11eb80",
        _STABILITY,
        "limited",
        2.47,
        5.58,
    ),
    ModelInfo(
        "chroma",
        "Chroma",
        "lodestones/Chroma1-HD",
        "0e0c60ece1e82b17cb7f77342d765ba5024c40c0",
        _FREE,
        "yes",
        8.9,
        4.76,
    ),
    ModelInfo(
        "sana",
        "Sana",
        "Efficient-Large-Model/SANA1.5_1.6B_1024px_diffusers",
        "caa51e5ea874be07d3a9c7c2d0fd800570b18440",
        "NVIDIA-NSCL-v2-custom",
        "no",
        1.6,
        2.61,
        0.312,
    ),
)
