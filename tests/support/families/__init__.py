"""Tiny pipelines with random weights, one module a group of families: the real classes, built offline in a blink."""
