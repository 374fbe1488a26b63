"""`python -m benchmarks`: the whole run of sign-ins; `python -m benchmarks signatures`: that of signatures."""

import sys

from benchmarks import signatures, signin

if sys.argv[1:2] == ["signatures"]:
    raise SystemExit(signatures.main(sys.argv[2:]))
raise SystemExit(signin.main())
