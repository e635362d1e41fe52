"""Where the one file begins, once it is unpacked."""

import os
import sys

from growthos.cli import main

# What it is called by is the file that somebody has, and not what was unpacked of it.
sys.argv[0] = os.environ.pop("GROWTHOS_FILE", sys.executable)
# No library comes from elsewhere, whatever the environment says.
os.environ.pop("PYTHONPATH", None)
# Programs of the system that it starts get their own libraries, not those that came with it.
if (before := os.environ.pop("LD_LIBRARY_PATH_ORIG", None)) is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = before

main()
