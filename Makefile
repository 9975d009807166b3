# `make` lists the targets. Go is all that is needed; tools are built from source into bin/ on first use.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo build test test-real test-hours test-vader fuzz bench lint lint-modules lint-go lint-vulnerabilities lint-secrets sbom dashboards tidy clean

MODULES := $(patsubst %/go.mod,%,$(wildcard kibana/go.mod schemas/go.mod services/*/go.mod))
SERVICES := ingest enricher refresher sink ledger live simulator provision
GOLANGCI_LINT := v2.15.0
GOVULNCHECK := v1.1.4
GITLEAKS := v8.30.1
CYCLONEDX_GOMOD := v1.10.0

# The race detector needs a C compiler, which a machine with Go and nothing else does not have.
RACE := $(shell command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)

##@ Use

help: ## List the targets.
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: bin/demo ## Run the whole product in one process; flags by DEMO_FLAGS="--rate 100 --for 1m", all of them by DEMO_FLAGS=--help.
	@bin/demo $(DEMO_FLAGS)

.PHONY: bin/demo
bin/demo:
	@[ -x bin/demo ] || echo "Building the demo. The first time, Go downloads and compiles its libraries: some two minutes on two cores." >&2
	@go build -o bin/demo ./services/allinone/cmd/demo

build: bin/demo ## Build every command into bin/.
	@for s in $(SERVICES); do echo "bin/$$s"; go build -o bin/$$s ./services/$$s/cmd/$$s; done

##@ Run the stack

# What is in .env counts, as it does for docker compose; COMPOSE_FILE=compose.yaml:compose.ha.yaml takes an overlay along.
COMPOSE := docker compose
ENRICHERS ?= 4
.PHONY: up down logs scale open test-stack

up: ## Build and start everything, return when the dashboard fills. Needs Docker with Compose 2.24 and 4 GiB; some minutes the first time.
	@$(COMPOSE) version >/dev/null 2>&1 || { echo "make up needs Docker with Compose 2.24 or newer; make demo needs neither" >&2; exit 1; }
	@$(COMPOSE) up --build --detach --wait || { $(COMPOSE) ps --all; echo "not up; the reason is in: make logs" >&2; exit 1; }
	@at=$$($(COMPOSE) port kibana 5601 2>/dev/null) && echo "Kibana     http://$$at" || true
	@echo "Live page  http://$$($(COMPOSE) port live 8080)"

down: ## Stop everything. The data stays in Docker's volumes; docker compose down -v removes it.
	@$(COMPOSE) down

logs: ## Follow what everything logs; what one part logs by SERVICE=sink.
	@$(COMPOSE) logs --follow --tail 100 $(SERVICE)

scale: ## Share the work among ENRICHERS=4 enrichers.
	@$(COMPOSE) up --detach --wait --no-deps --no-recreate --no-build --scale enricher=$(ENRICHERS) enricher

open: ## Open Kibana in the browser.
	@url="http://$$($(COMPOSE) port kibana 5601)"; for b in xdg-open open wslview; do command -v $$b >/dev/null && exec $$b "$$url"; done; echo "$$url"

##@ Develop

test: ## All tests that need no Docker, with the race detector where there is a C compiler.
	go test $(RACE) -shuffle=on -count=1 -timeout 20m work

test-real: ## The tests against a real Kafka, Elasticsearch and MinIO, each killed in the middle. Needs a JDK 17 and Maven and fetches a gigabyte once; or give KAFKA_BROKERS, ELASTICSEARCH_URL, S3_ENDPOINT.
	@echo "Building the tests." >&2
	@TEST_REAL=1 go test -count=1 -timeout 40m -run Real -v ./services/e2e | grep --line-buffered -vE '^=== |^ +--- PASS'

SEED ?= 1
MINUTES ?= 2
.PHONY: chaos
chaos: ## Break the product on a real Kafka, Elasticsearch and MinIO for MINUTES (2) by the plan of SEED (1), and account for every record; CHAOS_FLAGS=--list lists the faults. Needs what test-real does.
	@go build -o bin/chaos ./services/chaos/cmd/chaos
	@bin/chaos --seed $(SEED) --minutes $(MINUTES) $(CHAOS_FLAGS)

.PHONY: chaos-planted
chaos-planted: ## Plant bugs in the code, one at a time, and demand that chaos finds each; writes docs/chaos-planted.md. Some by ONLY=name,name. An hour.
	@go build -o bin/chaos-planted ./services/chaos/cmd/chaos-planted
	@bin/chaos-planted $(if $(ONLY),-only $(ONLY))

.PHONY: recovery-drill
recovery-drill: ## Lose Elasticsearch, then Kafka's records as well, and rebuild the index with the commands that README.md tells. Embedded servers; test-real does it on real ones.
	go test -count=1 -timeout 5m -run '^TestRecoveryDrill$$' -v ./services/e2e

test-stack: ## The stack that is up, from outside: dashboard, documents, live page, shared work; with RESTART=1 also down and up again.
	STACK=1 STACK_RESTART=$(RESTART) go test -count=1 -timeout 20m -run TestStack -v ./services/e2e/stack

.PHONY: test-clients
test-clients: ## X clients of others, unchanged, against the simulator. Needs Python 3 and Node; fetches them once.
	@go build -o bin/simulator ./services/simulator/cmd/simulator
	@services/simulator/clients/run.sh bin/simulator bin/clients

AXE_CORE := 4.14.1
AXE_CORE_SHA256 := e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
AXE := bin/axe-core-$(AXE_CORE)/axe.min.js
CHROMIUM ?= $(or $(shell command -v chromium || command -v chromium-browser || command -v google-chrome),chromium)
.PHONY: test-browser
test-browser: bin/demo ## The live page in a real Chromium. Installs it, fonts and npm (for axe-core) where there is apt; elsewhere install them and say CHROMIUM=….
	@services/e2e/browser/needs.sh "$(CHROMIUM)" $(AXE)
	@$(MAKE) --no-print-directory $(AXE)
	@echo "Building the tests." >&2
	@TEST_BROWSER="$$(command -v "$(CHROMIUM)")" TEST_AXE=$(CURDIR)/$(AXE) TEST_DEMO=$(CURDIR)/bin/demo go test -count=1 -timeout 15m -parallel 2 ./services/e2e/browser

$(AXE):
	@mkdir -p $(@D) && cd $(@D) && npm pack --silent axe-core@$(AXE_CORE) >/dev/null && echo "$(AXE_CORE_SHA256)  axe-core-$(AXE_CORE).tgz" | sha256sum --check --quiet && tar -xzf axe-core-$(AXE_CORE).tgz --strip-components=1 package/axe.min.js && touch axe.min.js

HOURS ?= 20
test-hours: ## HOURS (20) hours of ingest under faults, some seconds each, every one with other faults.
	@go test -c -o bin/faulthour.test ./services/e2e/faulthour
	@cd services/e2e/faulthour; for seed in $$(seq $(HOURS)); do ../../../bin/faulthour.test -seed $$seed -test.v || exit; done

.PHONY: test-planted
test-planted: ## Plant faults in the code, one at a time, and demand that a test catches each; writes docs/planted.md. One alone by ONLY=name. Some ten minutes.
	@go run ./services/e2e/planted/cmd/planted $(if $(ONLY),-only $(ONLY))

PYTHON ?= python3
VADER := 3.3.2
VADER_VENV := bin/vaderSentiment-$(VADER)
test-vader: $(VADER_VENV)/installed ## Scores of some hundred thousand sentences beside the reference's. Needs Python 3 with venv (PYTHON=…) and fetches vaderSentiment once.
	VADER_PYTHON=$(CURDIR)/$(VADER_VENV)/bin/python go test -count=1 -timeout 20m -run Broad -v ./services/enricher/sentiment

$(VADER_VENV)/installed:
	@rm -rf $(@D) && $(PYTHON) -m venv $(@D)
	@$(@D)/bin/pip -q --disable-pip-version-check install vaderSentiment==$(VADER)
	@touch $@

DUCKDB := 2.0.0
PYTZ := 2026.6
DUCKDB_VENV := bin/duckdb-$(DUCKDB)
.PHONY: test-parquet
test-parquet: $(DUCKDB_VENV)/installed ## The archive's Parquet files as DuckDB reads them. Needs Python 3 with venv (PYTHON=…) and fetches DuckDB once.
	DUCKDB_PYTHON=$(CURDIR)/$(DUCKDB_VENV)/bin/python go test -count=1 -timeout 5m -run DuckDB -v ./services/sink/archive/table

$(DUCKDB_VENV)/installed:
	@rm -rf $(@D) && $(PYTHON) -m venv $(@D)
	@$(@D)/bin/pip -q --disable-pip-version-check install duckdb==$(DUCKDB) pytz==$(PYTZ)
	@touch $@

FUZZ_TIME ?= 20s
fuzz: ## Every fuzz target for FUZZ_TIME (20s).
	@for m in $(MODULES); do (cd $$m; \
	  grep -rl --include=*_test.go '^func Fuzz' . | xargs -r -n1 dirname | sort -u | while read -r p; do \
	    sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' $$p/*_test.go | while read -r f; do \
	      echo "$$m/$$p $$f"; go test $$p -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZ_TIME); done; done); done

bench: ## Benchmarks; compare two runs with benchstat.
	go test -run '^$$' -bench . -benchmem work

lint: lint-modules lint-go lint-vulnerabilities lint-secrets ## gofmt, go vet, golangci-lint, tidy modules that build alone, govulncheck, no secrets in the tree or its history.

lint-modules:
	@for m in $(MODULES); do (cd $$m && GOWORK=off go mod tidy -diff && GOWORK=off go build ./... && GOWORK=off go vet ./...) || { echo "$$m: not tidy, or does not build alone; try make tidy"; exit 1; }; done

lint-go: bin/golangci-lint-$(GOLANGCI_LINT)
	@unformatted=$$(gofmt -l kibana schemas services); [ -z "$$unformatted" ] || { echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; }
	go vet work
	@bin/golangci-lint-$(GOLANGCI_LINT) run $$(go list -m -f '{{.Dir}}/...')

# Exit status 3 is a finding. Anything else that is no success means here that the database cannot be reached.
lint-vulnerabilities: bin/govulncheck-$(GOVULNCHECK)
	@for m in $(MODULES); do status=0; out=$$(cd $$m && GOWORK=off $(CURDIR)/bin/govulncheck-$(GOVULNCHECK) ./... 2>&1) || status=$$?; \
	  case $$status in 0) ;; 3) echo "$$out"; exit 1 ;; \
	  *) if grep -qE 'vuln\.go\.dev|fetching vulnerabilities' <<<"$$out"; then echo "govulncheck: skipped, its database cannot be reached"; exit 0; fi; echo "$$out"; exit 1 ;; esac; done

# What is found is shown without the secret itself: output of CI is read by many.
lint-secrets: bin/gitleaks-$(GITLEAKS)
	@$< dir . --config .gitleaks.toml --redact --no-banner --no-color --log-level warn --verbose
	@! git rev-parse --git-dir >/dev/null 2>&1 || $< git . --config .gitleaks.toml --redact --no-banner --no-color --log-level warn --verbose

sbom: bin/cyclonedx-gomod-$(CYCLONEDX_GOMOD) ## What each command is made of, with licences, as CycloneDX in bin/sbom/.
	@mkdir -p bin/sbom
	@for c in $(foreach s,$(SERVICES),services/$s/cmd/$s) services/allinone/cmd/demo; do m=$${c%%/cmd/*}; out=bin/sbom/$${c##*/}.cdx.json; \
	  echo "$$out"; (cd $$m && GOWORK=off $(CURDIR)/$< app -json -licenses -std -noserial -notimestamp -output $(CURDIR)/$$out -main $${c#$$m/} . 2>&1) \
	    | { grep -vE 'INF|WRN' || true; }; [ -s $$out ] || exit 1; done

bin/golangci-lint-$(GOLANGCI_LINT):
	@echo "Building golangci-lint $(GOLANGCI_LINT)." >&2
	@GOBIN=$(CURDIR)/bin GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	@mv bin/golangci-lint $@

bin/gitleaks-$(GITLEAKS):
	@echo "Building gitleaks $(GITLEAKS)." >&2
	@GOBIN=$(CURDIR)/bin GOFLAGS= go install github.com/zricethezav/gitleaks/v8@$(GITLEAKS)
	@mv bin/gitleaks $@

bin/cyclonedx-gomod-$(CYCLONEDX_GOMOD):
	@echo "Building cyclonedx-gomod $(CYCLONEDX_GOMOD)." >&2
	@GOBIN=$(CURDIR)/bin GOFLAGS= go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX_GOMOD)
	@mv bin/cyclonedx-gomod $@

bin/govulncheck-$(GOVULNCHECK):
	@echo "Building govulncheck $(GOVULNCHECK)." >&2
	@GOBIN=$(CURDIR)/bin GOFLAGS= go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK)
	@mv bin/govulncheck $@

KB_DASHBOARD := 0.4.1
KB := bin/kb-dashboard-$(KB_DASHBOARD)
dashboards: $(KB)/bin/kb-dashboard ## Compile kibana/dashboards and write what follows from them. Needs Python 3.12 or later (PYTHON=…).
	@go run ./kibana/cmd/dashboards -compiler $<
	@go run ./kibana/cmd/dashboards
	@UPDATE=1 go test -count=1 ./kibana

$(KB)/bin/kb-dashboard:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null || { echo "kb-dashboard needs Python 3.12 or later; say where it is by PYTHON=…" >&2; exit 1; }
	@rm -rf $(KB) && $(PYTHON) -m venv $(KB)
	@$(KB)/bin/pip -q --disable-pip-version-check install kb-dashboard-cli==$(KB_DASHBOARD)

tidy: ## gofmt everything and tidy every module.
	@gofmt -w kibana schemas services
	@go work sync
	@for m in $(MODULES); do (cd $$m && GOWORK=off go mod tidy); done

clean: ## Remove bin/. The demo's data/ stays.
	rm -rf bin
