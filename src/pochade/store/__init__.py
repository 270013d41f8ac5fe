"""The durable history: session files, what lies in them, and who may write them.

Everybody else sees `Store`, `TurnRecord` and bytes; the modules in here know about tables, locks and disks.
"""

from pochade.store.file import Store
from pochade.store.folder import SUFFIX, default_folder, latest
from pochade.store.records import TurnRecord

__all__ = ["SUFFIX", "Store", "TurnRecord", "default_folder", "latest"]
