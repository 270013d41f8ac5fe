"""What `train` stands on: presets, samples, the clock, and what is kept and released.

`train` has the stages; `driver` runs them all by the clock.
"""
