"""Messages of a hostile page, drawn from the protocol's own schema: right ones, spoiled ones and noise.

It stands alone because three drivers draw from it: hypothesis, a plain random generator, and a coverage-guided fuzzer.
Each of them is a `random.Random` to it.
"""

import copy
import io
import math
from itertools import pairwise

from PIL import Image
from pydantic import TypeAdapter

from pochade.widgets import protocol as p

SCHEMA = TypeAdapter(p.ToKernel).json_schema()
KINDS = {one["$ref"].rpartition("/")[2]: one["$ref"] for one in SCHEMA["anyOf"]}

WORDS = (
    "a red cat",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[red]markup[/] {braces} $x^2$ **bold** [link](javascript:alert(1))",
    "\x1b[31m\x1b]0;title\x07\x9b2J",
    "boat\u202egnp.exe \u2066\u2069\u200f",
    "nul\0 line\n\r\n\ttab",
    "../../../etc/passwd",
    "__import__('os').system('touch ran')",
    "'); DROP TABLE turn; --",
    "precious",
    "print",
    "In",
    "猫 on 背景 👩‍👩‍👧",
)
ODD = (
    None, True, False, 0, -1, 1, 2**31, 2**53 - 1, 2**53, 2**64, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308, math.nan,
    math.inf, -math.inf, "", " ", "0", "\ud800", "\udfff\ud83d", "\0", [], {}, [[]], [None] * 40, {"": None},
    {"__proto__": {"a": 1}}, {"kind": "ask"}, "\N{ZERO WIDTH JOINER}" * 50, "x" * 65, "x" * 201, "y" * 40_000,
)  # fmt: skip
TRAITS = (
    "_esm",
    "_css",
    "part",
    "lang",
    "_model_module",
    "_model_name",
    "_anywidget_id",
    "layout",
    "comm",
    "keys",
    "x",
)


class Grammar:
    """Draws messages; it remembers some, to say them again.

    Parameters
    ----------
    draw : random.Random
        What every choice is taken from.
    names : callable
        Returns ids of turns and jobs that there are.
    """

    def __init__(self, draw, names=lambda: ()):
        self.draw = draw
        self.names = names
        self.seq = 0
        self.said = []
        self.story = []

    def message(self):
        """Draw a message and its buffers."""
        way = self.draw.random()
        if self.story and way < 0.8:
            return self.story.pop(0)
        if way < 0.06 and self.said:
            return self.draw.choice(self.said)
        if way < 0.12:
            return self.junk(3), self.buffers()
        if way < 0.15:
            self.story = self.upload()
        content = self.valid(self.draw.choice(sorted(KINDS)))
        buffers = [self.picture()] if content["kind"] == "chunk" else []
        if way > 0.5:
            for _ in range(self.draw.randint(1, 3)):
                content = self.spoiled(content)
            if self.draw.random() < 0.3:
                buffers = self.buffers()
        if len(self.said) < 50:
            self.said.append((content, buffers))
        elif self.draw.random() < 0.1:
            self.said[self.draw.randrange(50)] = (content, buffers)
        return content, buffers

    def upload(self):
        """Draw an upload from its first part to the prompt that uses it; others' uploads may come between."""
        number, count, data = self.draw.randrange(6), self.draw.randint(1, 3), self.picture()
        cuts = [len(data) * part // count for part in range(count + 1)]
        parts = [data[start:end] for start, end in pairwise(cuts)]
        told = [({"kind": "chunk", "upload": number, "index": k, "count": count}, [parts[k]]) for k in range(count)]
        ask = {"kind": "ask", "prompt": "a blue dog", "base": None, "index": 0, "source": None, "mask": None}
        ask |= {"extend": self.draw.choice([None, [16, 0, 0, 16]]), "references": []}
        if self.draw.random() < 0.5:
            told.append(({"kind": "attach", "upload": number, "name": self.draw.choice(WORDS)}, []))
            told.append((ask | {self.draw.choice(["source", "mask"]): number}, []))
        else:
            told.append((ask | {"mask": number, "base": self.text({}, "base"), "extend": None}, []))
        self.seq += len(told)
        return [(content | {"seq": self.seq - place}, buffers) for place, (content, buffers) in enumerate(told)]

    def valid(self, name):
        """Draw a message that the protocol accepts."""
        content = self.of(SCHEMA["$defs"][name], name)
        self.seq += 1
        content["seq"] = self.seq
        if content["kind"] == "hello" and self.draw.random() < 0.7:
            content["protocol"] = p.PROTOCOL
        if content["kind"] == "ask" and self.draw.random() < 0.7:  # or hardly one would ask for what there is
            content |= {"mask": None, "extend": None, "source": None, "base": None, "references": []}
        return content

    def of(self, schema, key):
        """Draw a value that a schema allows."""
        if "$ref" in schema:
            schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema:
            return self.of(self.draw.choice(schema["anyOf"]), key)
        if "enum" in schema or "const" in schema:
            return self.draw.choice(schema.get("enum") or [schema["const"]])
        kinds = {"object": self.fields, "array": self.row, "integer": self.whole, "string": self.text}
        if schema["type"] in kinds:
            return kinds[schema["type"]](schema, key)
        return {"boolean": self.draw.random() < 0.5, "number": self.draw.choice([0.0, 3.5, -1.0, 1e300])}.get(
            schema["type"]
        )

    def fields(self, schema, _key):
        """Draw an object with every field that it may have."""
        return {name: self.of(inner, name) for name, inner in schema["properties"].items()}

    def row(self, schema, key):
        """Draw a list, mostly a short one."""
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", 4), max(4, least))
        return [self.of(schema["items"], key) for _ in range(self.draw.randint(least, most))]

    def whole(self, schema, _key):
        """Draw a whole number: a small one, so that uploads and places meet, or one of the ends."""
        low, high = schema.get("minimum", 0), schema.get("maximum", schema.get("exclusiveMaximum", 1) - 1)
        return self.draw.choice([low, high, *range(low, min(high, low + 4) + 1)])

    def text(self, schema, key):
        """Draw a text: the id of something that there is, above all, where one is asked for."""
        known = list(self.names())
        if key in {"turn", "turns", "base", "job"} and known and self.draw.random() < 0.8:
            return self.draw.choice(known)
        if key == "name" and self.draw.random() < 0.3:
            return self.draw.choice(["boat", "lake", "boat2"])
        if key == "model":
            return self.draw.choice(["../..", "/etc", "miniature", "owner/none", "a" * 90, *WORDS])
        text = self.draw.choice(WORDS)[: schema.get("maxLength", 100)]
        return text if len(text) >= schema.get("minLength", 0) else "x"

    def spoiled(self, content):
        """Return a message with one thing wrong, anywhere in it."""
        content = copy.copy(content)
        key = self.draw.choice([*content, "extra", "_msg_id", "", "\x1b[31m" + "z" * 5000]) if content else ""
        match self.draw.randrange(6):
            case 0:
                content.pop(key, None)
            case 1:
                content[key] = self.junk(3)
            case 2 if isinstance(content.get(key), dict):
                content[key] = self.spoiled(content[key])
            case 2 if isinstance(content.get(key), list) and content[key]:
                content[key] = [*content[key], self.junk(2)] * self.draw.choice([1, 1, 40])
            case 3:
                content[key] = [content.get(key)]
            case 4:
                content["kind"] = self.draw.choice(
                    [*map(str.lower, KINDS), "close", "__init__", "message", "", None, 7]
                )
            case _:
                content["seq"] = self.draw.choice(ODD)
        return content

    def junk(self, depth):
        """Draw any value that JSON can carry, and some that only Python's reader takes."""
        way = self.draw.random()
        if depth == 0 or way < 0.6:
            return self.draw.choice(self.draw.choice([ODD, WORDS]))
        if way < 0.63:
            deep = []
            for _ in range(self.draw.choice([30, 300, 900])):
                deep = [deep] if self.draw.random() < 0.9 else {"kind": deep}
            return deep
        if way < 0.8:
            return [self.junk(depth - 1) for _ in range(self.draw.randint(0, 4))]
        keys = ("kind", "seq", "method", "state", "data", "prompt", "0", "\ud800")
        return {self.draw.choice(keys): self.junk(depth - 1) for _ in range(self.draw.randint(0, 4))}

    def picture(self):
        """Draw the bytes of an upload: a mask, a picture, a part of one, or noise."""
        buffer = io.BytesIO()
        mode, side = self.draw.choice(["L", "RGB", "RGBA"]), self.draw.choice([1, 64, 300])
        image = Image.new(mode, (side, side), self.draw.choice([0, 200]))
        if mode == "L":
            image.paste(255, (0, 0, side // 2, side // 2))
        image.save(buffer, "PNG")
        data = buffer.getvalue()
        return data if self.draw.random() < 0.7 else data[: self.draw.randrange(len(data))]

    def buffers(self):
        """Draw the buffers of a message that has the wrong ones."""
        large = bytes(p.CHUNK_BYTES + 1) if self.draw.random() < 0.02 else b"x"
        return self.draw.choice([[], [b""], [large], [self.picture()] * 2, [b"\0" * 1000] * 40])

    def state(self):
        """Draw what a page would have the widget itself be."""
        return {self.draw.choice(TRAITS): self.junk(1) for _ in range(self.draw.randint(1, 3))}
