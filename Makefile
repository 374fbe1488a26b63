# Every target is a few words over dev.py, which needs nothing but Python 3.11.
PYTHON ?= python3
ARGS ?=

.PHONY: demo test check bench bench-mapping faults image-check clean

demo:  ## the gateway, three mock identity providers and a sample application on this machine
	@$(PYTHON) dev.py demo $(ARGS)

test:  ## everything, with a real PostgreSQL, Valkey and Chromium
	@$(PYTHON) dev.py test $(ARGS)

check:  ## formatting, lint, types and import rules, as CI checks them
	@$(PYTHON) dev.py check

bench:  ## loads and their figures
	@$(PYTHON) dev.py run -m benchmarks $(ARGS)

bench-mapping:  ## validations, resolutions and growing tables, beside others
	@$(PYTHON) dev.py run -m benchmarks.mapping $(ARGS)

faults:  ## the heavy rounds of faults and of the attacks on the mapping
	@GATE_HEAVY=1 $(PYTHON) dev.py test tests/faults tests/attacks/test_mp*.py $(ARGS)

image-check:  ## build and start the container image without a container engine (root, Debian)
	@scripts/image-check

clean:  ## forget everything that was made here
	rm -rf .venv .cache .demo node_modules dist build test-results .hypothesis
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
