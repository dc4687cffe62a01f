# Every target builds what it needs: only python3 (3.11 or newer) and make must be there.
PYTHON ?= python3
REQUESTS ?= 200
PORT ?= 4566
MONTHS ?= 1
MODE ?= iam
SAMPLE ?= no
SEED ?= 1
SECONDS ?= 60
PROCESSES ?= 3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
# Of its own: a fuzzer changes every module that it loads.
FUZZ_VENV := .venv-fuzz
FUZZ_READY := $(FUZZ_VENV)/.ready
# Of its own: what serves policies to Pulumi pins an older protobuf than the program.
POLICY_VENV := .venv-policy
POLICY_READY := $(POLICY_VENV)/.ready
# The import root of the functions' code.
RUN := PYTHONPATH=lambda_src $(PY)

.DEFAULT_GOAL := help
.PHONY: help demo local smoke billing operate test soak runbook sweep chaos fuzz check policy ready preview plan gate up drift comment issue \
	bench golden docs screenshots requirements clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; $$($(PYTHON) --version) is $(PYTHON). Set PYTHON=."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

$(FUZZ_READY): requirements-fuzz.txt
	$(PYTHON) -m venv $(FUZZ_VENV)
	$(FUZZ_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-fuzz.txt
	@touch $@

$(POLICY_READY): requirements-policy.txt
	$(PYTHON) -m venv $(POLICY_VENV)
	$(POLICY_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-policy.txt
	@touch $@

demo: $(READY) ## deploy into the embedded AWS, send traffic, bill it, balance it (REQUESTS=200, or MONTHS=3 to live through three; MODE=iam or lakeformation)
	@$(RUN) -m tools.demo --requests $(REQUESTS) --months $(MONTHS) --mode "$(MODE)"

local: $(READY) ## serve the deployed program on loopback until Ctrl-C (PORT=4566), with usage and an invoice to look at if SAMPLE=yes; MODE=iam or lakeformation
	@$(RUN) -m tools.local --port $(PORT) --mode "$(MODE)" $(if $(filter yes,$(SAMPLE)),--sample)

smoke: $(READY) ## the demo's traffic, a dry run of billing and their balance against a deployed stack (STACK=dev or OUTPUTS=file, REQUESTS=200)
	@$(RUN) -m tools.smoke --requests $(REQUESTS) $(if $(OUTPUTS),--outputs "$(OUTPUTS)") $(if $(STACK),--stack "$(STACK)")

billing: $(READY) ## the operator's billing commands, on make local's stack or with --stack, --outputs (ARGS="tenant show acme")
	@$(RUN) -m tools.billing $(ARGS)

operate: $(READY) ## the on-call's commands: status, hours, replay, backfill, void, explain (ARGS="status")
	@$(RUN) -m tools.operate $(ARGS)

# File by file in the order of their names: tests of the one deployed stack live through its months one after the other.
IN_ORDER := --dist loadfile --no-loadscope-reorder
# One more than there are cores, of two: a quarter of the time a test waits.
test: $(READY) ## run the tests, on three processes (PROCESSES=3)
	@$(PY) -m pytest --numprocesses $(PROCESSES) $(IN_ORDER) -m "not soak and not runbook"

soak: $(READY) ## run the long tests: permissions taken away, months lived through, stops with everything stuck
	@$(PY) -m pytest --numprocesses 2 $(IN_ORDER) -m soak

runbook: $(READY) ## break what each section of the runbook is about, and type its commands (needs the AWS CLI and jq)
	@$(PY) -m pytest -m runbook

sweep: $(READY) ## of soak the part that takes every statement of every role away in turn
	@$(PY) -m pytest --numprocesses 2 $(IN_ORDER) tests/embedded/test_security_permissions*.py

chaos: $(READY) ## send requests while everything breaks, mend it, bill it, and report each fault (REQUESTS=100000, SEED=1)
	@$(RUN) -m tools.chaos --requests $(if $(filter file,$(origin REQUESTS)),100000,$(REQUESTS)) --seed $(SEED) $(if $(REPORT),--report "$(REPORT)")

fuzz: $(FUZZ_READY) ## fuzz the transforms and POST /events, guided by coverage, each for some time (SECONDS=60); exits with 1 on a finding
	@PYTHONPATH=.:lambda_src $(FUZZ_VENV)/bin/python -m tests.fuzz --seconds $(SECONDS)

check: $(READY) ## lint, formatting, types; the workflows against their schemas, and for what makes them unsafe
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(VENV)/bin/check-jsonschema --quiet --builtin-schema vendor.github-actions .github/actions/*/action.yml
	@$(VENV)/bin/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(VENV)/bin/zizmor --offline --quiet --no-progress .github

policy: $(READY) $(POLICY_READY) ## hold the policy pack's rules against this program, and against programs that break them
	@PYTHONPATH=.:lambda_src $(PY) -m tests.unit.policy.record .local/policy
	@$(VENV)/bin/mypy --python-executable $(POLICY_VENV)/bin/python policy/metering_policy policy/__main__.py
	@$(POLICY_VENV)/bin/python -m pytest tests/policy

# A command of tools.delivery needs Python alone: a job that writes a comment installs nothing.
DELIVER = $(PYTHON) -m tools.delivery
need = @test -n "$($(1))" || { echo "Set $(1)=, $(2)."; exit 2; }

ready: $(READY) $(POLICY_READY) ## build the environments that Pulumi runs the program and the policy pack in

preview: ready ## preview a stack, held to the policy pack; REPORT=file.md for a report (STACK=dev, needs the Pulumi CLI)
	$(call need,STACK,the stack to preview)
	@$(DELIVER) preview --stack "$(STACK)" $(if $(REPORT),--report "$(REPORT)")

plan: ready ## save a preview as a plan that `make up` holds to (STACK=dev, PLAN=folder, needs the Pulumi CLI)
	$(call need,STACK,the stack to plan)
	$(call need,PLAN,the folder for the plan)
	@$(DELIVER) plan --stack "$(STACK)" --plan "$(PLAN)"

gate: ## see that GitHub asks somebody before a stack is brought up (STACK=dev, in GitHub Actions)
	@$(DELIVER) gate --stack "$(STACK)"

up: ready ## bring a stack up by a plan, or without one after Pulumi's question (STACK=dev, PLAN=folder, needs the Pulumi CLI)
	$(call need,STACK,the stack to bring up)
	@$(DELIVER) up --stack "$(STACK)" $(if $(PLAN),--plan "$(PLAN)") $(if $(DIGEST),--digest "$(DIGEST)")

drift: ready ## compare AWS with a stack's state, and change neither; fails if they differ (STACK=dev, needs the Pulumi CLI)
	$(call need,STACK,the stack to look at)
	@$(DELIVER) drift --stack "$(STACK)" $(if $(REPORT),--report "$(REPORT)")

comment: ## show a report as the one comment of its stack on a pull request (STACK=dev, REPORT=file.md, PULL=7, in GitHub Actions)
	@$(DELIVER) comment --stack "$(STACK)" --report "$(REPORT)" --pull "$(PULL)"

issue: ## open, renew or close the issue of a stack's drift (STACK=dev, REPORT=file.md, DRIFT=found or none, in GitHub Actions)
	@$(DELIVER) issue --stack "$(STACK)" --report "$(REPORT)" --drift "$(DRIFT)"

bench: $(READY) ## measure transform and rating beside their floors, POST /events, GET /usage by the size of its table, and billing
	@PYTHONPATH=.:lambda_src $(PY) -m tests.bench.transform_bench
	@PYTHONPATH=.:lambda_src $(PY) -m tests.bench.rating_bench
	@PYTHONPATH=.:lambda_src $(PY) -m tests.bench.events_bench
	@PYTHONPATH=.:lambda_src $(PY) -m tests.bench.usage_bench
	@PYTHONPATH=.:lambda_src $(PY) -m tests.bench.billing_bench

golden: $(READY) ## write the golden files anew; read the difference in review
	@PYTHONPATH=.:lambda_src $(PY) -m tests.golden.regenerate

docs: $(READY) ## write README's generated tables anew
	@PYTHONPATH=lambda_src $(PY) -m tools.readme

screenshots: $(READY) ## take the README's pictures of the running portal anew (needs chromium)
	@mkdir -p docs/images
	@SCREENSHOTS=docs/images CHROMIUM_REQUIRED=1 $(PY) -m pytest --quiet tests/embedded/test_portal.py -k pictures

requirements: $(READY) ## pin the requirements anew from pyproject.toml
	@for set in "requirements.txt pyproject.toml" "requirements-dev.txt pyproject.toml --extra embedded --extra dev" \
			"requirements-policy.txt --group policy"; do \
		set -- $$set; file=$$1; shift; \
		$(VENV)/bin/uv pip compile --quiet $$@ --universal --python-version 3.11 \
			--no-emit-index-url --no-header --no-annotate --output-file $$file || exit 1; \
	done

clean: ## remove what the targets made
	rm -rf $(VENV) $(FUZZ_VENV) $(POLICY_VENV) .venv-aws .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
