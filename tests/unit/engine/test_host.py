"""The memory of a container counts, not that of the machine around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from pochade.engine.host import main_memory

if TYPE_CHECKING:
    from pathlib import Path

MB = 1_000_000


def group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def listed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cgroup"
    path.write_text(text)
    return path


def test_without_groups_the_machine_counts(tmp_path: Path) -> None:
    free, total = main_memory(tmp_path, tmp_path / "nothing")
    assert total == psutil.virtual_memory().total
    assert 0 < free <= total


def test_a_containers_limit_counts_and_its_cache_is_free(tmp_path: Path) -> None:
    group(tmp_path, memory__max=f"{1000 * MB}\n", memory__current=f"{700 * MB}\n")
    (tmp_path / "memory.stat").write_text(f"anon {500 * MB}\ninactive_file {100 * MB}\n")
    assert main_memory(tmp_path, listed(tmp_path, "0::/\n")) == (400 * MB, 1000 * MB)


def test_the_tightest_group_on_the_way_up_counts(tmp_path: Path) -> None:
    group(tmp_path / "user", memory__max=str(900 * MB), memory__current=str(600 * MB))
    group(tmp_path / "user" / "kernel", memory__max="max", memory__current=str(100 * MB))
    assert main_memory(tmp_path, listed(tmp_path, "0::/user/kernel\n")) == (300 * MB, 900 * MB)


def test_the_older_groups_are_understood(tmp_path: Path) -> None:
    folder = tmp_path / "memory" / "docker"
    group(folder, memory__limit_in_bytes=str(800 * MB), memory__usage_in_bytes=str(900 * MB))
    (folder / "memory.stat").write_text(f"total_inactive_file {150 * MB}\n")
    assert main_memory(tmp_path, listed(tmp_path, "4:memory:/docker\n2:cpu,cpuacct:/docker\n")) == (50 * MB, 800 * MB)


def test_a_limit_beyond_the_machine_is_none(tmp_path: Path) -> None:
    group(tmp_path, memory__max=str(2**62), memory__current="1")
    assert main_memory(tmp_path, listed(tmp_path, "0::/\n"))[1] == psutil.virtual_memory().total
