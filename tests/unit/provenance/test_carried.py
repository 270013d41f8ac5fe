"""The quick look for credentials: right on every signed format, calm before anything else."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
import signing
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from pochade.provenance.carried import carried, mime_of
from pochade.provenance.sign import context, sign
from pochade.provenance.signer import Signer

OTHERS = {"GIF": "image/gif", "TIFF": "image/tiff"}
STARTS = [signing.picture(kind)[:24] for kind in (*signing.MIMES, *OTHERS)] + [b"\0\0\0\x18ftypheic\0\0\0\0mif1"]


@pytest.mark.parametrize("kind", signing.MIMES)
def test_a_signed_picture_carries_credentials_and_an_unsigned_one_none(kind):
    picture = signing.picture(kind)
    assert not carried(picture)
    assert carried(sign(picture, signing.MIMES[kind], signing.facts(), "minimal", Signer.local()))


@pytest.mark.parametrize("kind", OTHERS)
def test_formats_that_others_sign_are_looked_into_too(kind):
    picture, target = signing.picture(kind), io.BytesIO()
    said = {"action": "c2pa.created", "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty"}
    made = {"format": OTHERS[kind], "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [said]}}]}
    builder = signing.c2pa.Builder(made, context=context(""))
    Signer.local().sign(builder, OTHERS[kind], io.BytesIO(picture), target)
    assert not carried(picture)
    assert carried(target.getvalue())
    assert mime_of(picture) == OTHERS[kind]


@pytest.mark.parametrize("kind", signing.MIMES)
def test_a_picture_saved_again_carries_none(kind):
    signed = sign(signing.picture(kind), signing.MIMES[kind], signing.facts(), "full", Signer.local())
    again = io.BytesIO()
    Image.open(io.BytesIO(signed)).convert("RGB").save(again, kind)
    assert not carried(again.getvalue())


@pytest.mark.parametrize("kind", signing.MIMES)
def test_types_are_told_by_how_a_file_begins(kind):
    assert mime_of(signing.picture(kind)) == signing.MIMES[kind]


def test_what_is_no_picture_has_no_type():
    assert [mime_of(one) for one in (b"", b"hello", bytes(40), b"RIFF\0\0\0\0WAVE", b"\0\0\0\x18ftypmp42")] == [
        None
    ] * 5


@given(st.sampled_from(STARTS), st.binary(max_size=400))
@example(STARTS[0], b"\0\0\0\0" * 4000)
@example(STARTS[1], b"\xff" * 5000)
@example(STARTS[2], bytes(5000))
@example(STARTS[3][:12], b"\0\0\0\1uuid" + bytes(16))
@example(STARTS[4], b"!\xff" + b"\1\0" * 5000)
@example(b"II*\0\x04\0\0\0", b"\4\0" * 400)
def test_no_bytes_raise_or_hang(start, rest):
    assert carried(start + rest) in (True, False)


@given(st.sampled_from(tuple(signing.MIMES)), st.data())
def test_no_damage_to_a_real_picture_raises(kind, data):
    picture = bytearray(signing.picture(kind, 16))
    for place in data.draw(st.lists(st.integers(0, len(picture) - 1), max_size=8)):
        picture[place] = data.draw(st.integers(0, 255))
    assert carried(bytes(picture[: data.draw(st.integers(0, len(picture)))])) in (True, False)


def test_looking_loads_no_library():
    code = "import sys, pochade.provenance.carried; print({'c2pa', 'cryptography', 'numpy', 'PIL'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
