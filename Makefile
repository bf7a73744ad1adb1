# Python 3.11 to 3.13 and make are all that has to be there; everything else goes into .venv.
.DEFAULT_GOAL := help
# Two installers in one .venv would get in each other's way, and nothing else here gains from -j.
.NOTPARALLEL:

# Prints the interpreter of the first minor version of $1 that is on the PATH, or among the files $2. Each candidate is
# run, not looked up: pyenv puts commands on the PATH that only say that they cannot run.
find_python = for minor in $1; do for candidate in python3.$$minor python3 python $2; do \
	"$$candidate" -c "import sys; sys.version_info[:2] == (3, $$minor) or sys.exit(1); print(sys.executable)" 2>/dev/null \
	&& exit 0; done; done
PYTHON ?= $(shell $(call find_python,13 12 11))

# Brings the environment $1, of the interpreter $2, to what uv.lock says, with the groups $3 on top of what is there.
# No interpreter is fetched from elsewhere, and the system says which CAs to trust: an organisation often has its own.
uv = UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS="$${UV_SYSTEM_CERTS:-true}" \
	UV_PROJECT_ENVIRONMENT=$1 UV_PYTHON="$2" .venv/bin/uv
sync = $(call uv,$1,$2) sync --quiet --inexact --locked $3
# The same with the demo's language model, and then $4. Where the model has no wheel, everything else still works.
sync_with_model = { $(call sync,$1,$2,$3 --group demo) 2>/dev/null && $4; } || { $(call sync,$1,$2,$3) && \
	echo "the language model of the demo cannot be installed here: going on without it"; }

# The rule that makes .venv tells so once; those that add to it speak only if it was there before.
NEW := $(if $(wildcard .venv/bin/uv),,new)
say = $(if $(NEW),:,echo "installing $1 into .venv")

help: ## this list
	@echo "connectory: make TARGET"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

env: .venv/.base ## .venv with the library and the shell: .venv/bin/connectory

# Ctrl-C reaches the recipe's shell too, which waits for the demo to tidy up; its 130 is no error.
demo: .venv/.demo $(if $(filter 1,$(AIRFLOW)),.venv/.airflow) ## all of it at work, with a service and a model of its own; ONCE=1: one round; AIRFLOW=1: in a real Airflow too
	@trap : INT; .venv/bin/connectory demo $(if $(filter 1,$(ONCE)),--once) $(if $(filter 1,$(AIRFLOW)),--airflow) || test $$? -eq 130

test: .venv/.demo .venv/.dev programs ## what CI runs: lint, types, imports, and all tests but the long ones
	$(checks)
	@.venv/bin/pytest

test-long: .venv/.demo .venv/.dev .venv/.long programs long-programs test-3.11 test-3.12 test-3.13 test-airflow ## the long tests, and all others on every Python that is here
	@.venv/bin/pytest -m long || [ $$? -eq 5 ] # 5: there are none

test-airflow: test-airflow-2.11 test-airflow-3.0 test-airflow-3.1 test-airflow-3.2 test-airflow-both ## the tests of Airflow's face on the releases before ours

check: .venv/.dev ## lint, types, imports, and whether uv.lock fits pyproject.toml
	$(checks)
	@$(call uv,.venv,.venv/bin/python) lock --check --quiet

bench: .venv/.base ## measurements of this checkout
	@.venv/bin/python -m bench

clean: ## removes .venv and everything else that was made here
	@rm -rf .venv .venv-3.* .venv-airflow-* build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

define checks
@.venv/bin/ruff check
@.venv/bin/ruff format --check
@.venv/bin/mypy
@.venv/bin/lint-imports --no-logo
endef

# The tests on one Python, in a folder of its own; the one that .venv has is skipped, for `test` runs it.
test-3.11 test-3.12 test-3.13: test-3.%: | .venv/bin/uv
	@.venv/bin/python -c 'import sys; sys.exit(sys.version_info[1] == $*)' || exit 0; \
	python=$$($(call find_python,$*,"$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.$*.*/bin/python)); \
	test -n "$$python" || { echo "Python 3.$* is not on this machine: left out"; exit 0; }; \
	echo "the tests on Python 3.$*, in .venv-3.$*"; \
	{ $(call sync_with_model,.venv-3.$*,$$python,--group dev --extra store --extra airflow,:); } && .venv-3.$*/bin/pytest

# A release of Airflow, in a folder of its own, with what it was made for where it says so of no upper bound itself:
# Apache's files of constraints, which most people install with, do the same. No release before 3.1 is for Python 3.13.
BESIDE_3.0 := 'pydantic<2.12' 'fastapi<0.117' 'cadwyn<5.5' 'universal-pathlib<0.3'
BESIDE_3.2 := 'fastapi<0.137' 'cadwyn<8'
# And ours beside Apache's own provider for OpenAI, and the one that tells of lineage.
RELEASE_both := 3.3
BESIDE_both := apache-airflow-providers-openai apache-airflow-providers-openlineage
# The long tests for each. `airflow dags test` of 3.2.2 asks its own server before that has begun ('svcs_registry'), and fails.
LONG_3.0 := test_real_airflow.py
LONG_3.1 := test_real_airflow.py
LONG_both := test_real_airflow.py test_side_by_side.py
# What a release warns of in its own modules is no fault of ours.
AIRFLOW_2 := -m long tests/integration/airflow_2
AIRFLOW_3 := -W ignore::DeprecationWarning -W ignore::FutureWarning
test-airflow-2.11 test-airflow-3.0 test-airflow-3.1 test-airflow-3.2 test-airflow-both: test-airflow-%: | .venv/bin/uv
	@here=.venv-airflow-$*; release=$(or $(RELEASE_$*),$*); \
	python=$$($(call find_python,12 11,"$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.*/bin/python)); \
	uv() { $(call uv,$$here,$$here/bin/python) "$$@"; }; \
	test -n "$$python" || { echo "Airflow $$release needs Python 3.11 or 3.12: left out"; exit 0; }; \
	test -x $$here/bin/python || $(call uv,$$here,$$python) venv --quiet $$here || exit 1; \
	echo "apache-airflow==$$release.*" | uv pip compile --quiet --no-deps - >/dev/null 2>&1 || { \
		echo "Airflow $$release is not in this package index: left out"; exit 0; }; \
	echo "the tests on Airflow $$release, in $$here"; \
	uv pip install --quiet --group airflow-releases "apache-airflow==$$release.*" -e '.$(if $(filter 2.%,$*),,[airflow])' $(BESIDE_$*) \
	&& $(if $(filter 2.%,$*),$$here/bin/pytest $(AIRFLOW_2),$$here/bin/pytest $(AIRFLOW_3) tests/integration/airflow \
	$(if $(LONG_$*),&& $$here/bin/pytest $(AIRFLOW_3) -m long $(addprefix tests/integration/airflow/,$(LONG_$*))))

# venv puts pip into .venv; where Python lacks that part (Debian splits it off), the interpreter's own pip fills .venv.
# A .venv without uv was not made here, or only half: it is made anew.
.venv/bin/uv:
	@python='$(PYTHON)'; \
	"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || { \
		echo "connectory needs Python 3.11, 3.12 or 3.13; put one on the PATH, or say make PYTHON=/path/to/python"; exit 1; }; \
	echo "installing connectory into .venv (about a minute the first time)"; \
	"$$python" -m venv --clear .venv >/dev/null 2>&1 || "$$python" -m venv --clear --without-pip .venv || exit 1; \
	if .venv/bin/python -m pip --version >/dev/null 2>&1; then set -- .venv/bin/python -m pip; \
	else set -- "$$python" -m pip --python .venv/bin/python; fi; \
	"$$@" install -qq --disable-pip-version-check 'uv>=0.13,<0.14' || { \
		echo "could not install uv: either $$python has no pip (on Debian and Ubuntu: apt install python3-venv)," \
			"or no package index can be reached"; exit 1; }

# A stamp is older than the two files when they have changed since. That of the demo is not set where its model is missing,
# so that the next run tries again.
.venv/.base: pyproject.toml uv.lock | .venv/bin/uv
	@$(call say,connectory)
	@$(call sync,.venv,.venv/bin/python,--extra store)
	@touch $@

.venv/.demo: pyproject.toml uv.lock | .venv/bin/uv
	@$(call say,the demo)
	@$(call sync_with_model,.venv,.venv/bin/python,--extra store,touch $@)

.venv/.airflow: pyproject.toml uv.lock | .venv/bin/uv
	@echo "installing Airflow into .venv (half a minute the first time), for a demo that takes a minute or two longer"
	@$(call sync,.venv,.venv/bin/python,--extra store --extra airflow)
	@touch $@

.venv/.dev: pyproject.toml uv.lock | .venv/bin/uv
	@$(call say,the tests)
	@$(call sync,.venv,.venv/bin/python,--group dev --extra store --extra airflow)
	@touch $@

.venv/.long: pyproject.toml uv.lock | .venv/.dev
	@$(call say,the long tests)
	@$(call sync,.venv,.venv/bin/python,--group airflow-long)
	@touch $@

# What tests run beside our own programs: proxies that others have written; the long ones a database and a browser too. Root
# gets them, anybody else is asked to; without them their tests are left out. RUNLEVEL=1: nothing that is installed is started.
programs: packages = tinyproxy squid haproxy
long-programs: packages = postgresql chromium
programs long-programs:
	@missing=; for name in $(packages); do \
		PATH="$$PATH:/usr/sbin:/sbin" command -v $$name >/dev/null || ls /usr/lib/$$name/*/bin/initdb >/dev/null 2>&1 || \
		missing="$$missing $$name"; done; \
	test -z "$$missing" || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "installing$$missing for the tests" && { \
		export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1; install="apt-get install -qq -y --no-install-recommends$$missing"; \
		$$install >/dev/null 2>&1 || { apt-get update -qq && $$install; } >/dev/null 2>&1; }; } || \
		echo "left out: tests that need Debian's packages$$missing (apt-get install$$missing)"

.PHONY: help env demo programs long-programs test test-long check bench clean test-3.11 test-3.12 test-3.13 \
	test-airflow test-airflow-2.11 test-airflow-3.0 test-airflow-3.1 test-airflow-3.2 test-airflow-both
