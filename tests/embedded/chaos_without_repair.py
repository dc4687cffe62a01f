"""A chaos run whose operator forgets something: the lost lines, or what failed. It must be found out."""

import sys

from tools.chaos import __main__ as program
from tools.chaos.repair import Repair

if __name__ == "__main__":
    setattr(Repair, sys.argv.pop(1), lambda repair: repair.deliver())
    sys.exit(program.main())
