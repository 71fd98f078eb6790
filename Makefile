# make run     a console with demonstration data on http://127.0.0.1:8080
# make test    every check; what it needs is installed where that is allowed
GO ?= go

.PHONY: build run deps test bench fuzz lint clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/countersign ./cmd/countersign

run:
	$(GO) run ./cmd/countersign serve --demo

# Debian packages that tests use; the product needs none.
deps:
	.ci/deps

test: deps
	.ci/test

# The figures of docs/figures.md.
bench: build
	$(GO) test -run '^$$' -bench . -benchmem ./...
	bin/countersign bench append
	bin/countersign bench check

# Ten seconds for every fuzz target.
fuzz:
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' cmd internal | xargs -r -n1 dirname | sort -u); do \
		for target in $$($(GO) test -list '^Fuzz' ./$$dir | grep '^Fuzz'); do \
			echo "== $$dir $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime 10s ./$$dir; \
		done; \
	done

# Tools that are fetched when asked for, and are no part of the module.
lint:
	$(GO) run mvdan.cc/gofumpt@v0.12.0 -l cmd internal
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	$(GO) run golang.org/x/vuln/cmd/govulncheck@latest ./...

clean:
	rm -rf bin
