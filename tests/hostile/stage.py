"""A real Studio on a real session, on a model that paints without PyTorch, and a watch over everything it must not do.

It stands alone because a test and a program of its own play on it; the program can be ended when it hangs, and its
memory is its own.
"""

import builtins
import json
import logging
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from grammar import Grammar
from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "support"))

import tiny

from pochade import Session, choices
from pochade.engine.local import Engine
from pochade.widgets import protocol as p

PATIENCE = 120.0
BATCH = 100
UNUSED = p.MAX_SEQ - 54_321  # a number that no drawn message has
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "shutil.rmtree", "shutil.move", "shutil.copyfile",
}  # fmt: skip
NEVER = {
    "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "subprocess.Popen", "pty.spawn",
    "socket.connect", "socket.bind", "socket.listen", "ctypes.dlopen", "webbrowser.open", "ftplib.connect",
}  # fmt: skip


class Brush(Engine):
    """A model whose small files are real and whose pictures are plain: everything around it is as with any other."""

    def load(self, report):
        report.stage("loading")

    def paint(self, painting, report):
        report.stage("painting")
        mode = "RGBA" if painting.transparent else "RGB"
        for number, seed in enumerate(painting.seeds):
            report.step(number, len(painting.seeds))
            yield Image.new(mode, painting.size, (seed % 256, number, 90, 255)[: len(mode)])

    def notes(self, _prompt):
        return []

    def facts(self, _painting):
        return {"family": self.capabilities.family.name}

    @property
    def versions(self):
        return {"pochade": "fuzz"}


def described(folder):
    """Write the small files of a model."""
    parts = {"scheduler": "Scheduler", "vae": "VAE", "text_encoder": "Reader", "tokenizer": "Words", "transformer": "T"}
    files = {
        "model_index.json": {"_class_name": "Flux2KleinPipeline", **{k: ["diffusers", v] for k, v in parts.items()}},
        "vae/config.json": {"block_out_channels": [8, 8, 16, 16]},
        "card.json": tiny.CARD,
    }
    for name, said in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    return folder


class Stage:
    """The Studio, its session and what was seen of them.

    Attributes
    ----------
    problems : list of str
        Whatever must not happen and did; at most a hundred.
    heard : Counter
        How often which kind of message was told to the views.
    """

    def __init__(self, folder, home):
        self.problems = []
        self.heard = Counter()
        self.last = {}
        self.home = str(home)
        self._watching = False
        self._handler = logging.Handler(logging.ERROR)
        self._handler.emit = lambda record: self.problem(f"logged: {record.getMessage()} {record.exc_info}")
        logging.getLogger().addHandler(self._handler)
        choices.engine_for = Brush  # the one thing that is not as for everybody
        self.session = Session(described(folder), device="cpu")
        self.studio = self.session.studio()
        self.studio.send = self.hear
        sys.addaudithook(self.seen)

    def problem(self, sentence):
        if len(self.problems) < 100:
            self.problems.append(sentence[:2000])

    def hear(self, content, buffers=None):
        """Take what is told to the views, which must be JSON that any reader takes."""
        try:
            json.dumps(content, allow_nan=False, ensure_ascii=False).encode()
            assert all(isinstance(buffer, bytes) for buffer in buffers or ())
        except (ValueError, TypeError, AssertionError) as error:
            self.problem(f"told what is no JSON: {error!r} {content!r}")
        self.heard[content["kind"]] += 1
        self.last[content["kind"]] = content

    def seen(self, event, arguments):
        """Watch what Python itself does while messages come."""
        if not self._watching:
            return
        if event in NEVER:
            self.problem(f"{event}: {arguments!r}")
        elif event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES):
            named = arguments[: 1 if event == "open" else 2]
            places = [os.fspath(one) for one in named if isinstance(one, str | bytes | os.PathLike)]
            for place in map(os.fsdecode, places):
                if not os.path.realpath(place).startswith((self.home + os.sep, os.devnull)):
                    self.problem(f"{event} outside the session: {arguments!r}")

    def names(self):
        """Ids of turns and jobs that there are."""
        return [*self.session.turns.ids[-20:], *(job.id for job in self.session.jobs[:5])]

    def say(self, content, buffers=()):
        """Have the Studio take one custom message as from its line."""
        try:
            self.studio._handle_custom_msg(content, [memoryview(buffer) for buffer in buffers])
        except BaseException as error:  # noqa: BLE001 - nothing may come out of it
            self.problem(f"{type(error).__name__} left the handler: {error!r} of {content!r}")

    def play(self, draw, count, *, settle=True):
        """Say so many drawn messages; wait now and then for what they set going."""
        grammar = Grammar(draw, self.names)
        grammar.seq = 10_000 * draw.randrange(1_000_000)
        self._watching = True
        try:
            for number in range(count):
                content, buffers = grammar.message()
                self.say(content, buffers)
                if settle and number % BATCH == BATCH - 1:
                    self.settle()
            self.settle()
        finally:
            self._watching = False

    def settle(self):
        """Wait until nothing is under way any more."""
        if not self.studio._courier.flush(PATIENCE):
            self.problem("the courier hangs")
        for job in self.session.jobs:
            try:
                job.exception(PATIENCE)
            except TimeoutError:
                self.problem(f"{job!r} hangs")
        self.studio._courier.flush(PATIENCE)

    def still_paints(self):
        """Whether a view gets its snapshot, and a prompt its picture, after all that."""
        self.session.use(self.session.model)
        self.session.settings.update(**dict.fromkeys(self.session.settings.as_dict()))
        before = self.session.turns.ids
        self.say({"kind": "hello", "seq": UNUSED, "protocol": p.PROTOCOL})
        ask = {"kind": "ask", "seq": UNUSED + 1, "prompt": "a red cat", "base": None, "index": 0, "source": None}
        self.say(ask | {"mask": None, "extend": None, "references": []})
        self.settle()
        new = set(self.session.turns.ids) - set(before)
        return self.last["snapshot"]["seq"] == UNUSED and len(new) == 1

    def close(self):
        logging.getLogger().removeHandler(self._handler)
        self.session.close()


def files_of(root, without):
    """Every file below a folder with its bytes, but for what lies in another."""
    return {
        str(path): path.read_bytes()
        for path in sorted(Path(root).rglob("*"))
        if path.is_file() and not path.is_relative_to(without)
    }


def rss():
    """Bytes of this process in memory."""
    import psutil

    return psutil.Process().memory_info().rss


def main(count, seed, root):
    """Play in a folder with a shell, a person's files and a person's names; print what came of it as JSON."""
    root = Path(os.path.realpath(root))
    home = root / "pochade"
    for name in ("pochade", "work", "person", "temp"):
        (root / name).mkdir()
    (root / "work" / "precious.txt").write_text("mine")
    os.chdir(root / "work")
    os.environ |= {"POCHADE_HOME": str(home), "HOME": str(root / "person"), "TMPDIR": str(root / "temp")}
    os.environ |= {"IPYTHONDIR": str(root / "person" / "ipython"), "HF_HUB_OFFLINE": "1"}
    tempfile.tempdir = None
    import c2pa  # noqa: F401 - its library is loaded before the watch begins
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.user_ns |= {"precious": "mine", "cat": 7}
    ours, built_in = dict(shell.user_ns), dict(vars(builtins))
    stage = Stage(root / "model", home)
    draw = random.Random(seed)
    stage.play(draw, BATCH)  # whatever is loaded only once is loaded now
    before, files, peak = rss(), files_of(root, home), 0
    for _ in range(0, count, 1000):
        stage.play(draw, min(1000, count))
        peak = max(peak, rss())
    if not stage.still_paints():
        stage.problem("nothing is painted any more")
    turns = len(stage.session)
    stage.close()
    if files_of(root, home) != files:
        stage.problem("files outside the session changed")
    if any(shell.user_ns.get(name) is not value for name, value in ours.items()):
        stage.problem("a name of the notebook means something else now")
    if dict(vars(builtins)) != built_in:
        stage.problem("a name of Python's means something else now")
    said = {"problems": stage.problems, "grown": peak - before, "turns": turns, "heard": stage.heard}
    print(json.dumps(said))  # noqa: T201 - it is a program


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
