"""The command line: read arguments, call, render, choose the exit code."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from growthos.cli import process, streams


def main() -> NoReturn:
    """The program `growthos`."""
    gc.disable()  # what is imported stays; looking for garbage in it costs a tenth of the start
    process.prepare()
    from growthos.cli import app  # noqa: F401 - here, so that it is frozen

    gc.freeze()
    gc.enable()
    code = run(sys.argv[1:])
    # All is written and closed; taking the interpreter apart would cost a tenth of `kpis`.
    os._exit(streams.finish() or code)


def run(arguments: Sequence[str]) -> int:
    """One command, and the exit code it ends with; every error a person can meet is told here and nowhere else."""
    from growthos.cli.app import app, hoist
    from growthos.errors import StoppedError

    given = hoist(arguments)
    try:
        app(given, prog_name="growthos")
    except SystemExit as end:
        return process.signalled() or int(end.code or 0)
    except StoppedError as end:
        return process.signalled(*end.args) or 0
    except Exception as error:  # noqa: BLE001
        return process.signalled() or process.tell(error, given)
    return 0
