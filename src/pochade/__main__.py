"""`python -m pochade` is the command `pochade`, for environments whose scripts are not on the PATH."""

from pochade.cli import main

main()
