"""How a command is carried out: its answer printed, its refusal said in one line, its end a code."""

import os
import sys
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape

from tools import interrupt
from tools.command.output import Output


def carry_out(work: Callable[[Output], int], refused: tuple[type[Exception], ...], *, as_json: bool) -> int:
    """Carry one command out.

    Args:
        work: gives its answer to the output, and returns 0 if it is done, 1 if it is done and found something wrong.
        refused: what it raises if it cannot be done; the message is for whoever typed it.
        as_json: whether the answer is for machines.

    Returns:
        What the work returns; 2 if it could not be done, 130 after Ctrl-C, 141 if whoever reads has enough.
    """
    interrupt.install()
    try:
        code = work(Output(Console(), as_json=as_json))
        sys.stdout.flush()  # here, where a reader who has gone is no surprise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python's own end complains
        return 141
    except refused as error:
        Console(stderr=True).print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        Console(stderr=True).print("stopped")
        return 130
    return code
