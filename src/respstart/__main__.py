"""`python -m respstart` is `respstart`."""

from __future__ import annotations

import sys

from respstart.cli import main

if __name__ == "__main__":
    sys.exit(main())
