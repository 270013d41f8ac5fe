"""Where pixels come from: models, and what is known about them without loading them.

What tells about models (`families`, `models`, `memory`, `weights`, `words`) reads small files and headers and costs
nothing to import; what runs them (`local` and everything that it loads) does so on the device's worker thread, and only
there PyTorch is imported.
"""
