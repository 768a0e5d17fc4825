# Needs Python 3.11 or newer, make and pip; everything else comes from the package registry into .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# Tests start many programs, each of which would compile all of this again where the environment says so.
export PYTHONDONTWRITEBYTECODE =

.PHONY: env demo serve test check bench fuzz simulate conformance lock clean

env: $(READY)

$(READY): pyproject.toml .ci/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CalHarbor needs Python 3.11 or newer; set PYTHON=…")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[dev]'
	@touch $@

demo: env
	$(BIN)/calharbor demo

serve: env
	$(BIN)/calharbor serve

test: env
	$(BIN)/python -m pytest -n 3 --dist worksteal

check: env
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(MAKE) test

# Hostile requests for ten minutes; SECONDS=… for another time.
fuzz: env
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),600)

# A hundred thousand lives of the sync engine, hours of them; SEEDS=a:b for others.
simulate: env
	CALHARBOR_SEEDS=$(or $(SEEDS),0:100000) $(BIN)/python -m pytest -n auto tests/simulation

bench: env
	$(BIN)/python -m benchmarks

# Independent suites and clients, installed below build/ (Debian packages with apt-get, as root). Takes minutes.
conformance: env
	$(BIN)/python -m tests.conformance

# Take the newest versions that pyproject.toml allows, and write them down.
lock:
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check '.[dev]'
	(echo '# The versions that the development environment is made of; written by `make lock`.'; \
		build/lock/bin/python -m pip freeze --exclude calharbor) > .ci/constraints.txt
	rm -rf build/lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
