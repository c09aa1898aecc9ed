# A thin front to CMake, CTest and the recipes beside what they serve. `make help` lists it all.
#
# Variables: BUILD (build folder), PREFIX, JOBS, RUN (a run's folder, for `plots`), PLOTS (options of
# induct-plots: PLOTS='--figures heads --log'), FUZZ_TIME (seconds a fuzzer), SETUP=no (do not look for, nor
# install, the packages needed).

BUILD     ?= build
PREFIX    ?= /usr/local
JOBS      ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_TIME ?= 30
SETUP     ?= yes

# The distribution's CMake before any other on PATH: it is the one that .ci/setup provides.
BIN_CMAKE := $(wildcard /usr/bin/cmake)
CMAKE     ?= $(or $(BIN_CMAKE),cmake)
CTEST     ?= $(or $(BIN_CMAKE:cmake=ctest),ctest)
CPACK     ?= $(or $(BIN_CMAKE:cmake=cpack),cpack)

SOURCES = $(shell find lib include train analyze tests -name '*.[ch]')
CLANG_FORMAT ?= $(shell command -v clang-format-14 || echo clang-format)

MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := build
.PHONY: build programs setup check demo plots study bench install fmt tidy asan clang tsan dev torture fuzz coverage deb api clean help

# A folder that is new; one that is configured keeps what it was given.
CONFIGURE = $(CMAKE) -S . -B '$(BUILD)' $(if $(wildcard $(BUILD)/CMakeCache.txt),,-DCMAKE_BUILD_TYPE=Release $(1))

build:          ## build the library, the programs and the tests into $(BUILD)/
	@$(call CONFIGURE) -DINDUCT_TESTS=ON
	@$(CMAKE) --build $(BUILD) -j $(JOBS)

programs:       ## what is installed, without the tests (cmocka is not needed)
	@$(call CONFIGURE,-DINDUCT_TESTS=OFF)
	@$(CMAKE) --build $(BUILD) -j $(JOBS) --target induct-programs

setup:          ## install the Debian packages needed, or name those that are missing
	@$(if $(filter no,$(SETUP)),:,bash .ci/setup)

# The summary comes once more at the end: CTest itself prints timings and skipped tests after it.
check: setup    ## set up, build and run every test
	@$(MAKE) build
	@cd $(BUILD) && $(CTEST) --output-on-failure --no-label-summary -j $(JOBS) \
	    --output-log check.log && sed -n '/tests passed/p' check.log

demo: setup     ## set up, build, train the preset 2L-varied and draw every figure
	@$(MAKE) programs
	@$(BUILD)/bin/induct-demo

plots: $(BUILD)/bin/induct-plots ## draw the figures of one run: make plots RUN=runs/NAME PLOTS='--figures heads --log'
	@'$<' $(if $(RUN),'$(RUN)') $(PLOTS)

$(BUILD)/bin/induct-plots:
	@$(MAKE) programs

study: setup    ## run the study of plots/fading/PLAN.md, or go on with it; STUDY: where (runs/fading)
	@$(MAKE) programs
	@"$(abspath $(BUILD))/bin/induct-sweep" plots/fading/study.sweep $(if $(STUDY),--folder '$(STUDY)')

bench: build    ## measure speed
	@INDUCT_BIN="$(abspath $(BUILD))/bin" bash tests/bench/run.sh

install: programs ## install below PREFIX (DESTDIR is honoured); nothing of the tests is built
	@prefix='$(PREFIX)'; case $$prefix in '~/'*) prefix=$$HOME/$${prefix#'~/'} ;; esac; \
	    $(CMAKE) --install '$(BUILD)' --prefix "$$prefix"

deb: setup      ## make a Debian package, for the release that this is, in $(BUILD)/
	@$(if $(filter no,$(SETUP)),:,bash .ci/setup deb)
	@for tool in file dpkg-shlibdeps; do command -v $$tool >/dev/null || { \
	    echo "make deb: no $$tool, which finds what the package depends on (.ci/setup deb)" >&2; exit 1; }; done
	@$(MAKE) programs
	@cd $(BUILD) && $(CPACK) -G DEB
	@echo "apt install ./$(BUILD)/induct_*.deb    installs it; few packages: apt install --no-install-recommends" \
	    "./$(BUILD)/induct_*.deb gnuplot-nox parallel"

api:            ## the headers as pages, by Doxygen: $(BUILD)/api/html
	@$(call CONFIGURE,-DINDUCT_TESTS=OFF)
	@$(CMAKE) --build $(BUILD) --target api

fmt:            ## format every source file
	@$(CLANG_FORMAT) -i $(SOURCES)

dev asan tsan clang: ## build and test with all warnings as errors; with ASan and UBSan; with TSan; with clang
	@$(CMAKE) --preset $@ && $(CMAKE) --build --preset $@ -j $(JOBS) && $(CTEST) --preset $@ -j $(JOBS)

tidy:           ## clang-tidy over everything
	@$(CMAKE) --preset tidy && $(CMAKE) --build --preset tidy -j $(JOBS) -- -k

torture: build  ## kills, power cuts, failing calls and memory, valgrind: about an hour (ONLY=text: commands)
	@for campaign in kills faults power memory valgrind; do \
	    TORTURE=long TORTURE_ONLY='$(ONLY)' INDUCT_SOURCE="$(CURDIR)" \
	    INDUCT_BIN="$(abspath $(BUILD))/bin" INDUCT_BUILD="$(abspath $(BUILD))" \
	    bash tests/torture/$$campaign.sh || [ $$? -eq 77 ] || failed="$$failed $$campaign"; done; \
	    [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

fuzz:           ## build the fuzzers with clang and run each for FUZZ_TIME seconds
	@$(CMAKE) --preset fuzz && $(CMAKE) --build --preset fuzz -j $(JOBS)
	@bash .ci/fuzz build-fuzz $(FUZZ_TIME)

coverage:       ## the share of lines that the tests execute, by file
	@$(CMAKE) --preset coverage && $(CMAKE) --build --preset coverage -j $(JOBS)
	@$(CTEST) --preset coverage -j $(JOBS) && bash .ci/coverage build-coverage

clean:          ## remove everything built
	@rm -rf $(BUILD) build-dev build-release build-asan build-tsan build-clang build-tidy build-fuzz build-coverage

help:           ## this list
	@sed -n 's/^\([a-z][a-z ]*\):[^#]*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
