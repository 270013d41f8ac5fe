"""Notebooks that are run as tests keep their sessions and keys in a folder of their own, not in the person's."""

import os
from tempfile import TemporaryDirectory

_home = TemporaryDirectory(prefix="pochade-notebooks-")
os.environ["POCHADE_HOME"] = _home.name
