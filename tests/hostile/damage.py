"""Pictures as a hostile or broken machine makes them: honest files of every format, and ways of spoiling them.

Run as a program it feeds so many of them to everything that reads pictures, within bounds of memory and time that the
system keeps, and prints what came of it: `python damage.py COUNT SEED`.
"""

import faulthandler
import io
import json
import random
import resource
import struct
import sys
import time
import warnings
import zlib
from collections import Counter
from functools import partial

import numpy as np
from PIL import Image, ImageCms

from pochade.errors import PochadeError
from pochade.imaging.load import load_image
from pochade.imaging.mask import load_mask
from pochade.provenance.carried import carried
from pochade.provenance.find import find
from pochade.provenance.verify import verify
from pochade.widgets.protocol import CHUNK_BYTES, Chunk
from pochade.widgets.uploads import Uploads

ROOM = 3_000_000_000
"""Bytes of address space for the whole process, once everything is imported; a bomb would need more."""
SECONDS = 20.0
"""What one file may take on a busy machine; a file that takes longer ends the process."""
GROWN = 1_200_000_000
"""Bytes that reading any of the files may add to the process's largest size: 50 megapixels, and copies of them."""

READ = "read"
INTERESTING = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def picture(draw, mode="RGB", side=24):
    shape = (side, side + 5, len(mode)) if len(mode) > 1 else (side, side + 5)
    return Image.fromarray(
        np.random.default_rng(draw.randrange(100)).integers(0, 256, shape, dtype=np.uint8), mode=None
    )


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind, data, *, crc=None, length=None):
    """Write one chunk of a PNG, with a wrong length or checksum where one is given."""
    checked = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data) if length is None else length) + kind + data + struct.pack(">I", checked)


def honest(draw):  # noqa: C901, PLR0911 - one a kind
    """Draw a picture file that is as it should be."""
    exif = Image.Exif()
    exif[0x0112] = draw.choice([1, 3, 6, 8, 0, 9, 65535])
    exif[0x010E] = "<script>\x1b[31m\u202e"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    info = draw.choice([{}, {"exif": exif}, {"icc_profile": profile}, {"exif": exif, "icc_profile": profile}])
    frames = [picture(draw) for _ in range(3)]
    match draw.randrange(12):
        case 0:
            return saved(picture(draw, draw.choice(["L", "RGB", "RGBA"])), "PNG", **info)
        case 1:
            return saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
        case 2:
            return saved(picture(draw, draw.choice(["L", "RGB"])), "JPEG", progressive=draw.random() < 0.5, **info)
        case 3:
            return saved(picture(draw).convert("CMYK"), "JPEG")
        case 4:
            return saved(picture(draw, draw.choice(["RGB", "RGBA"])), "WEBP", lossless=draw.random() < 0.5, **info)
        case 5:
            return saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
        case 6:
            return saved(frames[0].convert("P"), "GIF", save_all=True, append_images=frames[1:])
        case 7:
            how = draw.choice(["raw", "tiff_lzw", "tiff_deflate", "packbits", "jpeg"])
            return saved(picture(draw, draw.choice(["L", "RGB"])), "TIFF", compression=how)
        case 8:
            return saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
        case 9:
            return saved(picture(draw, draw.choice(["L", "RGB"])), "BMP")
        case 10:
            return saved(picture(draw).convert("P"), "PNG", transparency=draw.choice([0, bytes(range(256))]))
    return saved(picture(draw), "AVIF", speed=10, **info)


def bomb(draw):  # noqa: PLR0911 - one a kind
    """Draw a small file that claims, or becomes, a very large picture or text."""
    sides = draw.choice([(100_000, 100_000), (2**31 - 1, 1), (1, 2**31 - 1), (0, 0), (60_000, 800), (2**32 - 1,) * 2])
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *sides, draw.choice([1, 8, 16]), draw.choice([0, 2, 3, 6]), 0, 0, 0))
    packed = zlib.compress(bytes(draw.choice([10_000, 30_000_000])), 9)
    match draw.randrange(8):
        case 0:
            return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
        case 1 | 2:
            plain = saved(picture(draw), "PNG")
            texts = [b"a\0\0" + packed, b"a\0\1\0\0\0" + packed, b"icc\0\0" + packed]
            kind = draw.randrange(3)
            more = chunk([b"zTXt", b"iTXt", b"iCCP"][kind], texts[kind]) * draw.choice([1, 3, 40])
            return plain[:33] + more + plain[33:]
        case 3:
            width, height = (min(side, 65_535) for side in sides)
            data = bytearray(saved(picture(draw), "GIF"))
            data[6:10] = struct.pack("<HH", width, height)
            return bytes(data)
        case 4:
            data = bytearray(saved(picture(draw), "JPEG"))
            place = data.find(b"\xff\xc0")
            data[place + 5 : place + 9] = b"\xff\xff\xff\xff"
            return bytes(data)
        case 5:
            data = bytearray(saved(picture(draw), "BMP"))
            data[18:26] = struct.pack("<II", *sides)
            return bytes(data)
        case 6:
            entries = [(256, 4, 1, sides[0]), (257, 4, 1, sides[1]), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
            entries += [(273, 4, 1, 8), (278, 4, 1, sides[1]), (279, 4, draw.choice([1, 2**31]), 10)]
            body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
            after = struct.pack("<I", draw.choice([0, 8, 4, 2**31]))  # the next directory is this one again
            return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + after + bytes(64)
    frames = [Image.new("L", (2000, 2000), shade) for shade in range(draw.choice([2, 40]))]
    return saved(frames[0], draw.choice(["GIF", "PNG"]), save_all=True, append_images=frames[1:])


def spoiled(draw, data):  # noqa: C901 - one a way
    """Draw one way of spoiling a file."""
    data = bytearray(data)
    place = draw.randrange(len(data))
    near = draw.choice([place, draw.randrange(min(len(data), 200))])
    match draw.randrange(9):
        case 0:
            del data[place:]
        case 1:
            data[place] ^= 1 << draw.randrange(8)
        case 2:
            for _ in range(draw.randint(2, 60)):
                data[draw.randrange(len(data))] = draw.randrange(256)
        case 3:
            value, kind = draw.choice(INTERESTING), draw.choice(["<I", ">I", "<H", ">H"])
            data[near : near + struct.calcsize(kind)] = struct.pack(
                kind, value & (2 ** (8 * struct.calcsize(kind)) - 1)
            )
        case 4:
            del data[near : near + draw.randint(1, 40)]
        case 5:
            data[near:near] = draw.randbytes(draw.randint(1, 40))
        case 6:
            end = min(len(data), near + draw.randint(4, 60))
            data[near:near] = data[near:end] * draw.choice([1, 2, 200])
        case 7 if data.startswith(b"\x89PNG"):
            odd = chunk(
                draw.choice(
                    [b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"iCCP", b"acTL", b"fcTL", b"fdAT", b"caBX", b"\xff" * 4]
                ),
                draw.randbytes(draw.randrange(60)),
                crc=draw.choice([None, 0]),
                length=draw.choice([None, 0, 2**31 - 1, 2**32 - 1]),
            )
            spot = draw.choice([8, 33, len(data) - 12])
            data[spot:spot] = odd
        case 7 if data.startswith(b"\xff\xd8"):
            mark = bytes([0xFF, draw.choice([0xC0, 0xC4, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xE2, 0xEB, 0xEE, 0xFE])])
            inner = draw.choice([b"Exif\0\0", b"ICC_PROFILE\0\1\1", b"JP\0\1", b"Adobe", b""]) + draw.randbytes(30)
            data[2:2] = mark + struct.pack(">H", draw.choice([len(inner) + 2, 0, 1, 0xFFFF])) + inner
        case _:
            data = bytearray(draw.choice(FORMS)) + data[near:]
    return bytes(data)


CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"iCCP", b"acTL", b"fcTL", b"fdAT", b"caBX", b"\xff" * 4)
FORMS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\xff\xff\xff\xffWEBPVP8X", b"BM", b"II*\0", b"MM\0*",
         b"MM\0+", b"\0\0\0\x1cftypavif", b"\0\0\0\0ftypheic", b"%!PS-Adobe", b"%PDF-1.4", b"<svg>", b"")  # fmt: skip


def damaged(draw):
    """Draw a file: spoiled a few times, or a bomb."""
    if draw.random() < 0.06:
        return bomb(draw)
    data = honest(draw)
    for _ in range(draw.randint(1, 3)):
        data = spoiled(draw, data) if data else data
    return data


def attach(data):
    """Bring a file in as a page does, in parts."""
    uploads = Uploads()
    count = max(1, -(-len(data) // CHUNK_BYTES))
    for index in range(count):
        part = Chunk(kind="chunk", seq=index, upload=1, index=index, count=count)
        uploads.add(part, [data[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]])
    return uploads


def readers():
    """Everything that reads a stranger's picture, by name."""
    return {
        "load_image": load_image,
        "load_mask": partial(load_mask, size=(29, 24)),
        "attach": lambda data: attach(data).attach(1, "photo\x1b[31m.png"),
        "take_mask": lambda data: attach(data).take_mask(1),
        "carried": carried,
        "verify": verify,
        "find": find,
    }


def fed(data, read):
    """Give a file to a reader; return `READ`, None where it was refused, or what was wrong with how it was taken."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            read(data)
        except PochadeError as error:
            sentence = str(error)
            return None if sentence.isprintable() and sentence.endswith((".", ")")) else f"says {sentence!r}"
        except BaseException as error:  # noqa: BLE001 - it is the answer
            return f"{type(error).__name__}: {error!r}"[:500]
    return READ


def main(count, seed):
    """Feed damaged pictures to every reader, and print what was wrong as JSON."""
    draw, reading = random.Random(seed), readers()
    for take in reading.values():
        fed(saved(picture(draw), "PNG"), take)  # whatever is loaded only once is loaded now
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()  # noqa: PTH123, SIM115
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))
    problems, slowest, read = {}, 0.0, Counter()
    for number in range(count):
        data = damaged(draw)
        for name, take in reading.items():
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            began = time.monotonic()
            wrong = fed(data, take)
            slowest = max(slowest, time.monotonic() - began)
            read[name] += wrong == READ
            if wrong not in {None, READ}:
                problems.setdefault(f"{name} {wrong}"[:90], [number, name, wrong, data[:40].hex(), len(data)])
    faulthandler.cancel_dump_traceback_later()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    said = {
        "problems": list(problems.values()),
        "read": read,
        "grown": grown,
        "slowest": slowest,
        "readers": sorted(reading),
        "count": count,
    }
    print(json.dumps(said))  # noqa: T201 - it is a program


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
