"""`python -m growthos` is `growthos`."""

from growthos.cli import main

main()
