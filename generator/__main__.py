"""The doorstep: `dealdocs`, and `python -m generator`, begin and end here, without a traceback after Ctrl-C."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs
    from types import FrameType


def main() -> None:
    """Run the command line and exit with its code; 130 where Ctrl-C came before it could answer that itself."""
    came = noted()
    sys.unraisablehook = again
    try:
        from generator.cli import main as begin  # noqa: PLC0415 -- Ctrl-C may come while it is imported

        begin()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:
        # Ctrl-C that comes while a library is imported can end in another error: Python 3.11 makes a RuntimeError of it
        # where a class is being made, pydantic a SchemaError, whose name is not there before it is imported.
        if not came:
            raise
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done and told


def noted() -> list[int]:
    """Note Ctrl-C when it comes, in the list that is given; where it is ignored, as below nohup, it stays so."""
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, note)
    return came


def again(lost: UnraisableHookArgs) -> None:
    """Have a Ctrl-C that came inside a callback, from where Python passes nothing on, come again a moment later."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        threading.Timer(0.01, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(lost)


if __name__ == "__main__":
    main()
