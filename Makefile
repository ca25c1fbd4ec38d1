# make demo: renders the sample deals. make test: runs the tests. Each makes .venv first; see scripts/setup.
.PHONY: help demo test lint lock clean

help:
	@echo "make demo    render the sample deals into output/"
	@echo "make test    run the tests"
	@echo "make lint    ruff and mypy"
	@echo "make lock    work the lock files out again from pyproject.toml"
	@echo "make clean   remove .venv and caches"

demo:
	@scripts/setup
	@.venv/bin/dealdocs render
	@echo "The documents are in $(CURDIR)/output, a folder for each deal."

test:
	@scripts/setup --dev
	.venv/bin/pytest

lint:
	@scripts/setup --dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

# needs uv (https://docs.astral.sh/uv)
LOCK = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet
lock:
	$(LOCK) --group build --output-file requirements.txt
	$(LOCK) --group dev --output-file requirements-dev.txt

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
