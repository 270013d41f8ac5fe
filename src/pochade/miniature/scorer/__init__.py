"""Reads pictures of the miniature's world, with two scorers that know nothing of each other.

`synthesis` draws what could stand at a place and compares; `detector` has learnt it from windows of true drawings;
`agree` counts a thing as there when both find it. `letters` reads what is written. `ruler` measures all four.
"""
