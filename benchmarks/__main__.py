"""`python -m benchmarks`: the whole run."""

from benchmarks.signin import main

raise SystemExit(main())
