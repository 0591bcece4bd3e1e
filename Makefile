# Strowger. `make help` lists the targets; each is a short command that can be
# typed by hand too.

CONFIG ?= configs/strowger.hcl

.DEFAULT_GOAL := help
.PHONY: help run demo build test test-long soak check bench bench-media voices clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Start one node, ready for phones on 127.0.0.1:5060 (SIP_PORT=5070 for another port)
	bin/strowger serve --config $(CONFIG) $(if $(SIP_PORT),--sip-port $(SIP_PORT))

demo: build ## Watch a node, its seats and a carrier's calls, live, in under a minute
	bin/strowger demo

build: ## Build bin/strowger, static
	@CGO_ENABLED=0 go build -trimpath -o bin/strowger ./cmd/strowger

test: ## Install what the tests need if it is missing, then run them
	@.ci/install.sh
	@.ci/test

test-long: ## Fuzzing, long property runs, mutation, repeated shuffled runs: up to 20 minutes
	@.ci/install.sh
	@.ci/test-long

soak: ## The same for hours (FUZZ_SECONDS=, RAPID_CHECKS=, REPEAT=, MUTATION= set how long)
	@.ci/install.sh
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-900} RAPID_CHECKS=$${RAPID_CHECKS:-200000} REPEAT=$${REPEAT:-200} MUTATION=$${MUTATION:-all} MUTATION_SECONDS=$${MUTATION_SECONDS:-7200} .ci/test-long

check: ## Format, vet, lint, tidiness, import policy, package docs, dead code
	@.ci/check

bench: build ## Whole-process benchmarks beside Kamailio: half an hour on a quiet machine
	@.ci/install.sh --bench
	go run ./cmd/bench -strowger bin/strowger

bench-media: ## The relay beside rtpengine, and as root the kernel plane: an hour on a quiet machine
	@.ci/install.sh --bench
	go run ./cmd/rtpload media

voices: ## Make the built-in prompts anew, of media/prompt/voices/*.txt (needs espeak-ng and sox)
	media/prompt/voices/make.sh

clean: ## Remove what was built
	rm -rf bin
