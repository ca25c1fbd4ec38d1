"""`python -m generator` is `dealdocs`."""

from generator.cli import main

main()
