"""A small Hugging Face Hub on this machine: enough of its protocol for its own client, and every way of failing."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIECE = 1 << 16


class Hub:
    """Serves folders as repositories until it is closed.

    Attributes
    ----------
    repositories : dict
        "owner/name" → folder.
    gated : set
        Repositories that ask for a licence to be accepted.
    hold : str
        End of a path; in the middle of such a file the server stops sending until `go` is set, and sets `held`.
    cut : str
        End of a path; such a file always arrives one byte short of what was promised.
    breaks : str
        End of a path; the first time, the connection breaks off in the middle of such a file.
    sizes : dict
        Path → what the list of files says instead of its true size.
    asked : list
        (method, path) of every request.
    resumed : list
        Path and first byte of every request for the rest of a file.
    """

    def __init__(self, repositories: dict[str, Path]) -> None:
        self.repositories = repositories
        self.gated: set[str] = set()
        self.hold = self.cut = self.breaks = "\0"  # no path ends like this
        self.sizes: dict[str, int] = {}
        self.held, self.go = threading.Event(), threading.Event()
        self.asked: list[tuple[str, str]] = []
        self.resumed: list[tuple[str, int]] = []
        hub = self

        class Handler(_Handler):
            served = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving; connections are refused from now on."""
        self.go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def downloads(self) -> list[str]:
        """Name the files whose bytes were asked for, without what leads to them."""
        return [path.partition("/resolve/")[2].partition("/")[2] for method, path in self.asked if method == "GET"]

    def answer_client(self, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        """Make the Hub's client in this process ask this server, with a cache of its own."""
        from huggingface_hub import constants

        monkeypatch.setattr(constants, "ENDPOINT", self.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", self.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Hub

    def log_message(self, *_args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.served.asked.append((self.command, path))
        parts = path.split("/")
        if parts[:2] == ["api", "models"]:
            self._listing("/".join(parts[2:4]), parts[5] if len(parts) > 5 else "main")
        elif len(parts) > 4 and parts[2] == "resolve":
            self._file("/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        else:  # the client also asks for things that have nothing to do with models
            self._refuse(404, "NotFound")

    def _folder(self, repository: str, revision: str) -> Path | None:
        hub = self.served
        if repository not in hub.repositories:
            self._refuse(404, "RepoNotFound")
        elif repository in hub.gated:
            self._refuse(403, "GatedRepo")
        elif revision not in {"main", COMMIT}:
            self._refuse(404, "RevisionNotFound")
        else:
            return hub.repositories[repository]
        return None

    def _listing(self, repository: str, revision: str) -> None:
        folder = self._folder(repository, revision)
        if folder is None:
            return
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        told = self.served.sizes
        files = [{"rfilename": name, "size": told.get(name, (folder / name).stat().st_size)} for name in names]
        listing = {"id": repository, "sha": COMMIT, "siblings": files}
        self._send(200, json.dumps(listing).encode(), {"Content-Type": "application/json"})

    def _file(self, repository: str, revision: str, name: str) -> None:
        folder = self._folder(repository, revision)
        if folder is None:
            return
        path = folder / name
        if not path.is_file():
            self._refuse(404, "EntryNotFound")
            return
        content = path.read_bytes()
        etag = hashlib.sha256(content).hexdigest()
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if start:
            self.served.resumed.append((name, start))
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(206 if start else 200, content[start:], headers, name)

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code})

    def _send(self, status: int, content: bytes, headers: dict[str, str], name: str = "") -> None:
        hub = self.served
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if name.endswith((hub.cut, hub.breaks)):
            self.close_connection = True
            content = content[:-1] if name.endswith(hub.cut) else content[: len(content) // 2]
            hub.breaks = "\0"
        for start in range(0, len(content), PIECE):
            if name.endswith(hub.hold) and start >= len(content) // 2 and not hub.go.is_set():
                hub.held.set()
                hub.go.wait()
            try:
                self.wfile.write(content[start : start + PIECE])
            except OSError:  # the client went away
                return
