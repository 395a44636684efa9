# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Every target does its own set-up, once, in .cache/.
SHELL := /bin/bash
PYTHON := PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 .cache/venv/bin/python
ONLY ?=

.PHONY: help check test demo benchmark clean
help:
	@echo 'make check      unit tests and lint (a minute); needs no root'
	@echo 'make test       everything: check, ansible-test, documentation, Galaxy import, integration on guests; needs root or sudo'
	@echo 'make demo       a local Azure on this machine: creates VMs, puts Docker on them, attacks them; needs root or sudo'
	@echo '                (GUEST=qemu: virtual machines, GUEST=nspawn: system containers; default: qemu where KVM works)'
	@echo 'make benchmark  what a fleet of 1,000 VMs costs, against the ways that are usual (6 minutes); needs no root'
	@echo 'make clean      removes .cache/ (all that the other targets made)'
	@echo
	@echo 'ONLY=name,name runs some steps of check or test; see the names with: make check ONLY=?'

check:
	@tests/toolchain/setup.sh check
	@$(PYTHON) -m toolchain check --only '$(ONLY)'

test:
	@tests/toolchain/setup.sh lab
	@$(PYTHON) -m toolchain test --only '$(ONLY)'

demo:
	@tests/toolchain/setup.sh lab
	@exec setpriv --pdeathsig TERM tests/toolchain/in_lab.sh demo # killed with make, it still takes its guests down

benchmark:
	@tests/toolchain/setup.sh check
	@$(PYTHON) -m benchmarks.fleet_drift
	@$(PYTHON) -m benchmarks.growth
	@$(PYTHON) -m benchmarks.first_install
	@$(PYTHON) -m benchmarks.certificates

clean:
	@rm -rf .cache 2> /dev/null || sudo rm -rf .cache
