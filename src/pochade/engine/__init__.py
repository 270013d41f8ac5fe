"""Where pixels come from: models, and what is known about them without loading them.

`families` and `words` read a model's small files and cost nothing to import; `local` runs a diffusers pipeline on the
worker thread and is the only room, with `preview` and `quiet`, that PyTorch may enter.
"""
