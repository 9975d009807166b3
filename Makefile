# `make` lists the targets. Go is all that is needed; tools are built from source into bin/ on first use.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo build test test-real fuzz bench lint lint-modules lint-go lint-vulnerabilities tidy clean

MODULES := $(patsubst %/go.mod,%,$(wildcard schemas/go.mod services/*/go.mod))
SERVICES := ingest enricher sink live simulator provision
GOLANGCI_LINT := v2.15.0
GOVULNCHECK := v1.1.4

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

##@ Develop

test: ## All tests that need no Docker, with the race detector where there is a C compiler.
	go test $(RACE) -shuffle=on -count=1 -timeout 20m work

test-real: ## The pipeline on a real Kafka, Elasticsearch and MinIO, each killed in the middle. Needs a JDK 17 and Maven; fetches a gigabyte once.
	TEST_REAL=1 go test -count=1 -timeout 40m -run TestReal -v ./services/e2e

FUZZ_TIME ?= 20s
fuzz: ## Every fuzz target for FUZZ_TIME (20s).
	@for m in $(MODULES); do (cd $$m; \
	  grep -rl --include=*_test.go '^func Fuzz' . | xargs -r -n1 dirname | sort -u | while read -r p; do \
	    sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' $$p/*_test.go | while read -r f; do \
	      echo "$$m/$$p $$f"; go test $$p -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZ_TIME); done; done); done

bench: ## Benchmarks; compare two runs with benchstat.
	go test -run '^$$' -bench . -benchmem work

lint: lint-modules lint-go lint-vulnerabilities ## gofmt, go vet, golangci-lint, tidy modules that build alone, govulncheck.

lint-modules:
	@for m in $(MODULES); do (cd $$m && GOWORK=off go mod tidy -diff && GOWORK=off go build ./... && GOWORK=off go vet ./...) || { echo "$$m: not tidy, or does not build alone; try make tidy"; exit 1; }; done

lint-go: bin/golangci-lint-$(GOLANGCI_LINT)
	@unformatted=$$(gofmt -l schemas services); [ -z "$$unformatted" ] || { echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; }
	go vet work
	@bin/golangci-lint-$(GOLANGCI_LINT) run $$(go list -m -f '{{.Dir}}/...')

# Exit status 3 is a finding. Anything else that is no success means here that the database cannot be reached.
lint-vulnerabilities: bin/govulncheck-$(GOVULNCHECK)
	@for m in $(MODULES); do status=0; out=$$(cd $$m && GOWORK=off $(CURDIR)/bin/govulncheck-$(GOVULNCHECK) ./... 2>&1) || status=$$?; \
	  case $$status in 0) ;; 3) echo "$$out"; exit 1 ;; \
	  *) if grep -qE 'vuln\.go\.dev|fetching vulnerabilities' <<<"$$out"; then echo "govulncheck: skipped, its database cannot be reached"; exit 0; fi; echo "$$out"; exit 1 ;; esac; done

bin/golangci-lint-$(GOLANGCI_LINT):
	@echo "Building golangci-lint $(GOLANGCI_LINT)." >&2
	@GOBIN=$(CURDIR)/bin GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	@mv bin/golangci-lint $@

bin/govulncheck-$(GOVULNCHECK):
	@echo "Building govulncheck $(GOVULNCHECK)." >&2
	@GOBIN=$(CURDIR)/bin GOFLAGS= go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK)
	@mv bin/govulncheck $@

tidy: ## gofmt everything and tidy every module.
	@gofmt -w schemas services
	@go work sync
	@for m in $(MODULES); do (cd $$m && GOWORK=off go mod tidy); done

clean: ## Remove bin/. The demo's data/ stays.
	rm -rf bin
