"""The one place that makes `lambda_src` an import root.

`metering` and `handlers` are imported by those names, here as in the Lambda functions, whose zips have `lambda_src` as
their root. A module that is imported under two names exists twice.
"""

import pathlib
import sys

LAMBDA_SRC = pathlib.Path(__file__).resolve().parent.parent / "lambda_src"
"""Folder whose contents every function's zip holds."""

if str(LAMBDA_SRC) not in sys.path:
    sys.path.insert(0, str(LAMBDA_SRC))
