# The one surface for people. Everything that a target needs is installed by the scripts that it calls.

# For how long make simulate looks, in seconds.
SIMULATE ?= 120

.PHONY: help devstack test test-all test-power test-api test-example simulate simulate-all mutants bench documents format check-format

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

devstack: ## Build csmh and migrate a demo installation: two SQLite files, nothing else needed.
	@Scripts/install.sh build
	@echo "Building csmh (the first build takes some minutes) ..."
	swift build -c release --product csmh
	.build/release/csmh devstack --directory devstack

test: ## Install the database servers that the tests need, build, run every test.
	@Scripts/test.sh

test-all: ## As test, with the long form of what it samples: every hostile value, every lost answer, an hour of simulation (hours).
	@CSMH_TEST_ALL=1 Scripts/test.sh
	@$(MAKE) --no-print-directory simulate-all SIMULATE=3600
	@$(MAKE) --no-print-directory mutants

test-power: ## Servers that lose their power in mid drain, return and re-key, at a dozen moments each (minutes).
	@CSMH_TEST_ALL=1 Scripts/test.sh --filter PowerLossTests

test-api: ## Compare the HTTP API with its OpenAPI document by made-up requests.
	@Scripts/test-api.sh

test-example: ## Build the package in Examples, which sees csmh's library products alone, and compare what it prints.
	@Scripts/test-example.sh

simulate: ## Attack the migration's own code on simulated servers for SIMULATE seconds (default 120); say what was reached.
	@Scripts/install.sh build
	@echo "Building the simulation (the first build takes some minutes) ..."
	@Scripts/simulate.sh $(SIMULATE)

simulate-all: ## Go through every small migration, run seeds twice in a debug and in a release build, and attack for SIMULATE seconds.
	@Scripts/install.sh build
	@Scripts/simulate.sh $(SIMULATE)
	swift build --product simulate
	.build/debug/simulate --small
	.build/debug/simulate --twice --count 200
	swift build -c release --product simulate
	.build/release/simulate --twice --count 200

mutants: ## Take one protection after the other out of a copy of the sources; fail where the simulation does not notice.
	@Scripts/install.sh build
	@Scripts/mutants.sh

bench: ## Compare copying with its peers on two servers; prints ratios.
	@Scripts/install.sh bench
	@Benchmarks/copy.sh

documents: ## Run the commands of the documents, and write what they print into the pages that differ.
	swift build --build-tests
	CSMH_UPDATE_DOCUMENTS=1 swift test --skip-build --filter DocumentTests

format: ## Format the Swift sources.
	swift format --in-place --recursive --parallel Package.swift Sources Tests Examples

check-format: ## Fail if the Swift sources are not formatted, use async let, go around the environment, or have SQL outside of the stores.
	@if grep -rnE '^[^/]*async let' Package.swift Sources Tests; then echo "async let may crash; see Sources/StudentModuleHistory/Concurrently.swift" >&2; exit 1; fi
	@Scripts/check-environment.sh
	@Scripts/check-ports.sh
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples
