"""Brings a model from the Hugging Face Hub into its cache, watched and stoppable.

It stands apart from finding a model because it is slow and can fail in many ways that are nobody's fault: each has a
sentence here that says what to do. The Hub's own client does the transfer, on threads of its own, while the caller's
thread reports progress and looks whether a stop was asked for. Only safetensors are fetched, only the parts that the
model's index names, and of each part only one set of weights.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import re
import shutil
import sys
import threading
from collections import deque
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Self

from pochade.engine.models import resembling, revision_of
from pochade.engine.weights import weight_files, weights_of
from pochade.errors import Cancelled, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pochade.report import Report

__all__ = ["fetch"]

INDEX = "model_index.json"
CARD = "card.json"
CONFIGS = ("config.json", "scheduler_config.json")
SMALL = (".json", ".txt", ".jinja", ".model")
"""Endings of what a component has beside its weights: settings, vocabularies, templates of prompts."""

MB = 1_000_000
_AT_ONCE = 4
_LOOK_SECONDS = 0.1
_LET_GO_SECONDS = 0.7
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WEIGHTLESS = ("Tokenizer", "Processor", "Scheduler", "FeatureExtractor")
_MAKE_ROOM = (
    "Make room, for example with `hf cache`, or set HF_HOME to a place on another disk and start the kernel again."
)
_SAY_LOCAL = (
    "Without a network, give the folder of a model that `pipeline.save_pretrained(...)` wrote, or load one that "
    "`hf download` brought into the cache (HF_HOME says where it is)."
)


def fetch(place: Path | str, *, weights: bool, dtype: str = "float32", report: Report | None = None) -> Path:
    """Return the model's folder, downloading from the Hub what is missing.

    A model of a fixed revision that is in the cache is used without asking the Hub. Files that were finished before a
    stop or a failure are not downloaded again.

    Parameters
    ----------
    place : Path or str
        What `find_model` returned.
    weights : bool
        Whether everything is needed, or only the small files that describe the model.
    dtype : str
        What the weights will be cast to; of several sets in a repository the fitting one is taken.
    report : Report, optional
        Told of the stage "downloading" in MB, when there is something to download; a stop takes effect within a second.

    Raises
    ------
    ModelError
        If the model cannot be had: unknown, gated, no network and not in the cache, disk full, damaged.
    Cancelled
        If a stop was asked; no unfinished file is left where it could be loaded.
    """
    if isinstance(place, Path):
        return place
    repository, revision = revision_of(place)
    kept = _cached(repository, revision)
    if (
        kept is not None
        and revision is not None
        and _COMMIT.fullmatch(revision)
        and _complete(kept, dtype if weights else None)
    ):
        return kept
    try:
        return _Download(repository, revision).run(dtype if weights else None, report)
    except (ModelError, Cancelled):
        raise
    except Exception as error:  # the client, its transport and the file system each raise their own
        if _unreachable(error) and kept is not None and _complete(kept, dtype if weights else None):
            return kept
        raise ModelError(_sentence(repository, revision, error)) from error


class _Download:
    """One model on its way; `run` waits for it on the caller's thread."""

    def __init__(self, repository: str, revision: str | None) -> None:
        self._repository = repository
        self._revision = revision
        self._stop = threading.Event()
        self._guard = threading.Lock()
        self._done = self._total = 0
        self._meter = self._make_meter()

    def run(self, dtype: str | None, report: Report | None) -> Path:
        """Fetch the descriptions, and the weights for a dtype where one is given."""
        outcome: list[Path | BaseException] = []

        def work() -> None:
            with _hushed():
                try:
                    outcome.append(self._fetch(dtype))
                except BaseException as error:  # noqa: BLE001 - raised again where the caller waits
                    outcome.append(error)

        thread = threading.Thread(target=work, name=f"pochade-download-{self._repository}", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(_LOOK_SECONDS)
                if report is not None:
                    self._tell(report)
        finally:
            if thread.is_alive():
                self._stop.set()
                _abort_xet()
                thread.join(_LET_GO_SECONDS)
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def _tell(self, report: Report) -> None:
        """Report on the caller's thread; raises `Cancelled` where a stop was asked for."""
        report.check()
        with self._guard:
            done, total = self._done, self._total
        if total:
            steps = -(-total // MB)
            if report.progress.stage != "downloading":
                report.stage("downloading")
            report.step(min(steps, steps * done // total), steps)

    def _fetch(self, dtype: str | None) -> Path:
        from huggingface_hub import HfApi

        info = HfApi().model_info(self._repository, revision=self._revision, files_metadata=True)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        if INDEX not in sizes:
            raise ModelError(
                f"{self._repository} is not a diffusers model: it has no {INDEX}. Single files, adapters and models of "
                f"other libraries cannot be used."
            )
        small = [name for name in sizes if name == CARD or PurePosixPath(name).name in CONFIGS]
        self._all([name for name in small if name.count("/") < 2], self._revision)  # noqa: PLR2004 - parts lie flat
        folder = self._one(INDEX, self._revision).parent  # last, so that an index in the cache means that all are
        if dtype is not None:
            settings, heavy = _wanted(folder, sizes, dtype)
            self._all(settings, folder.name)  # first, so that weights in the cache mean that these are too
            missing = [name for name in heavy if not (folder / name).exists()]
            total = sum(sizes[name] for name in missing)
            self._check_disk(folder, total)
            with self._guard:
                self._done, self._total = 0, total
            self._all(missing, folder.name)
            _verify(folder, heavy, sizes)
        return folder

    def _all(self, names: list[str], revision: str | None) -> None:
        """Fetch several files, some at the same time.

        The threads are daemons: at its end Python would wait for those of a pool until everything is downloaded.
        """
        waiting, failed = deque(names), deque[BaseException]()

        def work() -> None:
            try:
                while not failed:
                    self._one(waiting.popleft(), revision)
            except IndexError:  # nothing is left
                pass
            except BaseException as error:  # noqa: BLE001 - raised again below
                failed.append(error)
                self._stop.set()

        threads = [threading.Thread(target=work, name="pochade-download", daemon=True) for _ in names[:_AT_ONCE]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]

    def _one(self, name: str, revision: str | None) -> Path:
        from huggingface_hub import hf_hub_download

        if self._stop.is_set():
            raise Cancelled("The download was stopped.")
        with _hushed():
            return Path(hf_hub_download(self._repository, name, revision=revision, tqdm_class=self._meter))

    def _make_meter(self) -> Any:
        """Make the class that the client takes for a progress bar: it counts, prints nothing, and can stop."""
        download = self

        class Meter:
            def __init__(self, *_args: Any, total: int | None = None, initial: int = 0, **_options: Any) -> None:
                self.total, self.n = total, initial
                self._thread = threading.get_ident()

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_error: object) -> None:
                pass

            def __getattr__(self, _name: str) -> Any:  # descriptions, rates, refreshes: nobody sees them
                return lambda *_args, **_options: None

            def update(self, count: float | None = 1) -> None:
                with download._guard:
                    download._done += int(count or 0)
                # The faster transport calls from a thread of its own, where an exception would be lost.
                if download._stop.is_set() and threading.get_ident() == self._thread:
                    raise Cancelled("The download was stopped.")

        return Meter

    def _check_disk(self, folder: Path, size: int) -> None:
        free = shutil.disk_usage(folder).free
        if size > free:
            raise ModelError(
                f"{self._repository} needs {size / 1e9:.1f} GB more on the disk, and {free / 1e9:.1f} GB are free at "
                f"{folder.parent.parent}. {_MAKE_ROOM}"
            )


def _wanted(folder: Path, sizes: dict[str, int], dtype: str) -> tuple[list[str], list[str]]:
    """Name what must be fetched of the parts in the index: settings, and weights."""
    from pochade.engine.families import parts_of

    settings, heavy = [], []
    for part in parts_of(folder):
        names = [name.removeprefix(f"{part}/") for name in sizes if name.startswith(f"{part}/")]
        flat = [name for name in names if "/" not in name]
        settings += [f"{part}/{name}" for name in flat if name.endswith(SMALL)]
        heavy += [f"{part}/{name}" for name in weight_files(flat, dtype).names]
    return settings, heavy


def _complete(folder: Path, dtype: str | None) -> bool:
    """Whether all that is needed is in the cache, where the index and the weights come last."""
    from pochade.engine.families import parts_of

    if dtype is None:
        return True
    try:
        return all(
            (folder / part).is_dir()
            and (any(word in name for word in _WEIGHTLESS) or bool(weights_of(folder, part, dtype).names))
            for part, (_library, name) in parts_of(folder).items()
        )
    except ModelError:
        return False


def _cached(repository: str, revision: str | None) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    with contextlib.suppress(ValueError):  # not a name that the Hub could have; the download says so
        found = try_to_load_from_cache(repository, INDEX, revision=revision)
        return Path(found).parent if isinstance(found, str) else None
    return None


def _verify(folder: Path, names: Iterable[str], sizes: dict[str, int]) -> None:
    for name in names:
        path = folder / name
        size = path.stat().st_size
        if size != sizes[name]:
            raise ModelError(
                f"{path} is damaged: it has {size:,} bytes of {sizes[name]:,}. Delete {path.resolve()} and load the "
                f"model again."
            )


def _unreachable(error: BaseException) -> bool:
    """Whether the Hub could not be asked, as against having said no."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, HfHubHTTPError):
        return error.response.status_code >= 500  # noqa: PLR2004 - the server's own failures
    chain = _chain(error)
    return any(isinstance(link, (OfflineModeIsEnabled, ConnectionError, TimeoutError)) for link in chain) or any(
        type(link).__module__.partition(".")[0].startswith(("httpx", "httpcore", "requests", "urllib3"))
        for link in chain
    )


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in found:
        found.append(link)
        link = link.__cause__ or link.__context__
    return found


def _sentence(repository: str, revision: str | None, error: BaseException) -> str:
    """Say why a model cannot be had and what to do."""
    from huggingface_hub import errors

    chain = _chain(error)
    cause = next((link for link in chain if isinstance(link, errors.HfHubHTTPError)), error)
    reason = str(chain[-1]).strip().split("\n", 1)[0].rstrip(".") or type(error).__name__
    meant = resembling(repository) or resembling(repository.rpartition("/")[2])
    guess = f" Did you mean {meant!r}?" if meant else ""
    if isinstance(cause, errors.GatedRepoError):
        said = (
            f"{repository} is only given to people who accepted its licence. Do so at "
            f"https://huggingface.co/{repository}, run `hf auth login` once, and try again."
        )
    elif isinstance(cause, errors.RepositoryNotFoundError):
        said = (
            f"The Hugging Face Hub has no model {repository!r}, or does not show it to you.{guess} Check the name; if "
            f"it is private, run `hf auth login` once."
        )
    elif isinstance(cause, errors.RevisionNotFoundError):
        said = f"{repository} has no revision {revision!r}. Leave “@{revision}” out, or name one that it has."
    elif isinstance(cause, errors.HFValidationError):
        said = f"{repository!r} cannot be the name of a repository on the Hub.{guess}"
    elif any(isinstance(link, OSError) and link.errno == errno.ENOSPC for link in chain):
        said = f"The disk is full, so {repository} could not be downloaded. {_MAKE_ROOM}"
    elif any(isinstance(link, errors.OfflineModeIsEnabled) for link in chain):
        said = f"{repository} is not in the cache, and HF_HUB_OFFLINE forbids to fetch it. {_SAY_LOCAL}"
    elif _unreachable(error):
        said = (
            f"The Hugging Face Hub could not be reached, or the connection broke off, while fetching {repository} "
            f"({reason}). What was finished is kept. {_SAY_LOCAL}"
        )
    else:
        said = f"{repository} could not be downloaded ({reason}). What was finished is kept; try again. {_SAY_LOCAL}"
    return said


def _abort_xet() -> None:
    """End transfers that run outside Python; the client has no public way to do so."""
    module = sys.modules.get("huggingface_hub.utils._xet")
    abort = getattr(module, "abort_xet_session", None)
    if abort is not None:
        with contextlib.suppress(Exception):  # there may be nothing to abort
            abort()


_working: dict[int, int] = {}


@contextlib.contextmanager
def _hushed() -> Any:
    """Hold back the client's log lines of this thread, which would be written over a notebook."""
    for handler in logging.getLogger("huggingface_hub").handlers:
        handler.addFilter(_not_ours)
    ident = threading.get_ident()
    _working[ident] = _working.get(ident, 0) + 1
    try:
        yield
    finally:
        _working[ident] -= 1
        if not _working[ident]:
            del _working[ident]


def _not_ours(record: logging.LogRecord) -> bool:
    return record.thread not in _working
