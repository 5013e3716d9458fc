# Every target ends with one summary line.
PYTHON ?= python3
PORT ?= 8000
SEEDS ?= 5000
EXAMPLES ?= 2000
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
# Where it is set, every process would compile every module anew: half of what a command takes.
unexport PYTHONDONTWRITEBYTECODE
# uv trusts whom the system trusts, as pip does: behind a company's proxy nobody else is reached.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS ?= 1
endif
# So does Node, besides its own list, from 22.19 on; one that is older ignores the word. And npm
# would wait five minutes for each answer, three times, before it said that nobody is there.
export NODE_USE_SYSTEM_CA ?= 1
export npm_config_fetch_retries ?= 1
export npm_config_fetch_timeout ?= 30000

help:  ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# An environment of an older Python would stay, and the one that is named next would not be used.
OLD = "Sula needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.13"

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and $(OLD))'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock

$(VENV)/.run: requirements/run.lock requirements/build.lock pyproject.toml | $(BIN)/uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.lock -r requirements/build.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m tests.edgefeed.wheels --if-possible
	@$(BIN)/python -m tests.sula.conformance.suite --if-possible
	@$(BIN)/python -m tests.browser.nu --if-possible
	@touch $@

# Digests and ids look like secrets to these two; the others know real ones by their form.
NOISE := --disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString

# Checkov wants another boto3 than ours, so it has an environment of its own.
$(VENV)/.scan: requirements/scan.lock requirements/guard.lock requirements/node/package-lock.json | $(VENV)/.dev
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/scan
	@$(BIN)/uv pip install --quiet --python $(VENV)/scan/bin/python --require-hashes -r requirements/scan.lock
	@$(BIN)/uv pip install --quiet --python $(VENV)/scan/bin/python --no-deps --require-hashes -r requirements/guard.lock
	@$(BIN)/python -m tests.workflows install
	@touch $@

# Half a minute, so only when something it looks at has changed.
$(VENV)/.template: infra/template.yaml infra/rules.guard tests/guard.py $(VENV)/.scan $(VENV)/.dev
	@$(BIN)/cfn-lint infra/template.yaml
	@$(VENV)/scan/bin/checkov --compact --quiet --framework cloudformation --skip-download -f infra/template.yaml
	@$(BIN)/python -m tests.guard
	@touch $@

$(VENV)/.workflows: $(wildcard .github/workflows/*.yml) .gitlab-ci.yml tests/workflows.py $(VENV)/.scan
	@$(BIN)/python -m tests.workflows
	@$(BIN)/zizmor --offline --quiet --no-progress .github/workflows
	@touch $@

env-aws: $(VENV)/.run  ## the environment alone, for a deploy to Amazon's cloud
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/aws.lock
	@echo "environment ready for Amazon's cloud: $(BIN)/sula"

env: $(VENV)/.run  ## the environment alone
	@echo "environment ready: $(BIN)/sula"

dev: $(VENV)/.dev

up: $(VENV)/.run  ## the whole system on this machine, at http://127.0.0.1:$(PORT)/
	@exec $(BIN)/sula up --port $(PORT)

test: dev  ## the tests
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal

check: dev $(VENV)/.template $(VENV)/.workflows  ## lint, format, types, template, workflows, secrets
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@test -e $(VENV)/.secrets || touch -t 197001020000 $(VENV)/.secrets
	@touch $(VENV)/.secrets-next
	@git ls-files -z ':!requirements/*.lock' | xargs -0 sh -c 'find "$$@" -newer $(VENV)/.secrets -print0' sh \
	    | xargs -0 -r $(BIN)/detect-secrets-hook --no-verify $(NOISE)
	@mv $(VENV)/.secrets-next $(VENV)/.secrets  # next time only what was saved since
	@echo "check: lint, format, types, template, workflows and secrets are clean"

format: dev
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .
	@echo "formatted"

lock: dev  ## resolve the lock files anew
	@$(BIN)/python requirements/lock.py

bench: dev  ## edgefeed's benchmarks
	@$(BIN)/python -m tests.benchmarks

SIZES ?= 100 1000 10000
PLANTED ?=
bench-peers: dev  ## beside Hugo, Pelican and Eleventy, at SIZES posts (needs node and the registries)
	@$(BIN)/python -m tests.benchmarks.peers --sizes $(SIZES) --planted $(PLANTED)

POSTS ?= 1000
bench-build: dev  ## a clean build of POSTS posts, phase by phase
	@$(BIN)/python -m tests.benchmarks.builds --posts $(POSTS)

bundle: dev  ## the function's zip for both processors: sizes and digests
	@$(BIN)/python -m tests.edgefeed.wheels

simulate: dev  ## SEEDS schedules of the protocol, each checked against a from-scratch run
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS)

reference: dev  ## what the documentation says of the code, written from the code
	@$(BIN)/python -m tests.reference

COUNT ?= 2000
documents: dev  ## COUNT random documents through new, check and build
	@SULA_DOCUMENTS=$(COUNT) $(BIN)/python -m pytest -q -n 2 --timeout 3600 tests/sula/markdown/test_documents.py

bench-authors: dev  ## what authors wait for: an import, a check
	@$(BIN)/python -m tests.benchmarks.authors

law: dev  ## Law 1 under EXAMPLES sequences of edits and accidents, each against a clean build
	@SULA_LAW_EXAMPLES=$$(( $(EXAMPLES) / 4 )) $(BIN)/python -m pytest -q -n 2 --timeout 0 tests/sula/laws

screenshots: dev  ## every kind of page, drawn by Chromium into screenshots/
	@$(BIN)/python -m tests.browser.screenshots

lighthouse: dev  ## Lighthouse's scores of home and of a long post (needs npm's registry once)
	@$(BIN)/python -m tests.browser.lighthouse

clean:
	@rm -rf $(VENV) .sula dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@echo "clean"

.PHONY: help env env-aws dev up test check format lock bench bench-authors bench-build bundle documents reference simulate law screenshots lighthouse bench-peers clean
