# SPDX-License-Identifier: GPL-3.0-or-later
# postroad.  For users: all install deps demo check clean.
# For developers: check-unit check-e2e check-crash asan cover fuzz lint fmt
# bench samples dist.  V=1 shows the commands, BUILD=dir builds elsewhere,
# SAN=1 builds with ASan and UBSan, T='tests/e2e/1*.t' names tests.

VERSION = 0.1.0
PREFIX = /usr/local
BUILD ?= build$(if $(SAN),-san)
Q = $(if $(V),,@)
SAY = $(if $(V),@:,@echo " ")
CC ?= cc
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
LIBS = sqlite3 libcrypto libssl jansson gmime-3.0 libpst libseccomp \
	libpcre2-8 yaml-0.1 zlib libical libgsasl
# loaded only when it is needed: wire/http.c says why
LAZY_LIBS = libcurl

# These run before anything is installed, so no library is asked for them.
BARE = deps check demo clean dist
ifneq ($(filter-out $(BARE),$(or $(MAKECMDGOALS),all)),)
PKG_CFLAGS := $(patsubst -I%,-isystem %,\
	$(shell pkg-config --cflags $(LIBS) $(LAZY_LIBS) 2>/dev/null))
PKG_LIBS := $(shell pkg-config --exists $(LAZY_LIBS) && \
	pkg-config --libs $(LIBS) 2>/dev/null && echo -lresolv)
ifeq ($(and $(PKG_LIBS),$(shell command -v $(CC))),)
$(error Something is missing of: $(CC) pkg-config $(LIBS) $(LAZY_LIBS). \
	'make deps' installs it on Debian)
endif
endif

comma = ,
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wvla -Wundef -Wimplicit-fallthrough
CFLAGS ?= -O2 -g
HARDEN = -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SANFLAGS = $(if $(SAN),-fsanitize=address$(comma)undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DPOSTROAD_VERSION='"$(VERSION)"' \
	-I. $(WARN) $(WERROR) $(PKG_CFLAGS) $(HARDEN) $(SANFLAGS) \
	$(FUZZFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANFLAGS) $(LDFLAGS)

ROOMS = core formats formats/pst wire wire/serve extract transform load \
	load/export load/verify batch
LIB_SRC = $(wildcard $(ROOMS:%=%/*.c))
CLI_SRC = $(wildcard cli/*.c)
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/%.o)
CLI_OBJ = $(CLI_SRC:%.c=$(BUILD)/%.o)
STEP_OBJ = $(LIB_SRC:%.c=$(BUILD)/steps/%.o) $(CLI_SRC:%.c=$(BUILD)/steps/%.o)
PROGRAM = $(if $(filter build,$(BUILD)),postroad,$(BUILD)/postroad)
STEPS = $(BUILD)/postroad-steps
UNIT = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
FUZZ = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
TOOLS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c tests/fake/*.c))
BENCH = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))

all: $(PROGRAM)

$(PROGRAM): $(LIB_OBJ) $(CLI_OBJ)
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# the same program with crash points (core/step.h)
$(STEPS): $(STEP_OBJ)
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/%.o: %.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/steps/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DPOSTROAD_STEPS -MMD -MP -c -o $@ $<

# it holds the data (.incbin), which the compiler's list does not tell
$(BUILD)/wire/provider.o $(BUILD)/steps/wire/provider.o: data/providers.yaml

# a test, a fake server, a tool: one file, linked with everything but cli/
$(BUILD)/tests/unit/%: TEST_LIBS = -lcmocka
REPLAYER = $(if $(FUZZFLAGS),,$(BUILD)/tests/fuzz/replay.o)
$(FUZZ): TEST_LIBS = $(or $(REPLAYER),-fsanitize=fuzzer)
$(FUZZ): $(REPLAYER)
$(BUILD)/tests/%: tests/%.c $(LIB_OBJ)
	$(SAY) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< \
		$(TEST_LIBS) $(LIB_OBJ) $(PKG_LIBS)

# ------------------------------------------------------------------- tests
# prove runs them all: what it says last is the summary.
TEST_ENV = POSTROAD=$(CURDIR)/$(PROGRAM) POSTROAD_STEPS=$(CURDIR)/$(STEPS) \
	BUILD=$(CURDIR)/$(BUILD) SAN=$(SAN) CMOCKA_MESSAGE_OUTPUT=TAP \
	UBSAN_OPTIONS=print_stacktrace=1
PROVE = $(TEST_ENV) prove -j$(JOBS) --timer --comments
# those that take long go first, so that none is left over at the end
LONGEST = $(wildcard $(patsubst %,tests/e2e/%.t,81-imap-quirks 46-pst-jobs \
	46-login-dovecot 59-migrate-kill 83-imap-memory 87-merge-pop 84-pop3))
E2E = $(LONGEST) $(filter-out $(LONGEST),$(sort $(wildcard tests/e2e/*.t)))
REPLAY = $(if $(FUZZ),tests/fuzz/replay.t)
SUB_JOBS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

check:
	@sh scripts/deps.sh build test
	@sh scripts/servers.sh build/servers || \
		echo 'without them: tests that want them are skipped'
	@$(MAKE) --no-print-directory $(SUB_JOBS) check-run

check-build: all $(STEPS) $(UNIT) $(FUZZ) $(TOOLS) $(BENCH)

check-run: check-build
	$(Q)$(PROVE) $(UNIT) $(REPLAY) $(or $(T),$(E2E))

check-unit: $(UNIT) $(FUZZ)
	$(Q)$(PROVE) $(UNIT) $(REPLAY)

check-e2e: check-build
	$(Q)$(PROVE) $(or $(T),$(E2E))

# every crash point and every cut, not only a choice of them
check-crash: check-build
	$(Q)LONG=1 $(PROVE) $(or $(T),$(wildcard tests/e2e/*crash*.t))

# loads killed at 1,000 random times, and cut after every byte (half an hour)
check-load-kills: check-build
	$(Q)LONG=1 $(PROVE) tests/e2e/58-load-kills.t
check-load-cuts: check-build
	$(Q)LONG=1 $(PROVE) tests/e2e/58-load-bytes-crash.t
check-delta: check-build
	$(Q)LONG=1 $(PROVE) tests/e2e/59-delta-week.t \
		tests/e2e/59-delta-crash.t tests/e2e/59-delta-half-crash.t

# a message of 500 MB, 1,000 folders, a second run on a million messages
check-load-big: check-build
	$(Q)LONG=1 $(PROVE) tests/e2e/58-load-again.t \
		tests/e2e/62-memory-load.t

# verify: a cut every 40 bytes, 200,000 messages
check-verify-long: check-build
	$(Q)LONG=1 $(PROVE) tests/e2e/53-verify-cuts.t \
		tests/e2e/53-verify-memory.t

# PSTs broken at random: 10,000 variants of what the corpus has
check-pst-damage: check-build
	$(Q)LONG=1 $(PROVE) tests/e2e/41-own-pst.t

# a PST of 10 GB and one of a million messages, in 48 MiB
check-pst-big: check-build
	$(Q)LONG=1 $(PROVE) tests/e2e/48-pst-fixtures.t tests/e2e/49-pst-big.t

asan:
	@$(MAKE) --no-print-directory $(SUB_JOBS) SAN=1 check-run

# lines that the tests never reach, by file (gcov)
cover:
	-@$(MAKE) --no-print-directory $(SUB_JOBS) BUILD=build-cov \
		CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage check-run
	@find build-cov/*/ -name '*.gcda' -not -path '*/steps/*' \
		-not -path '*/tests/*' | xargs gcov -n 2>/dev/null | awk -F"'" \
		'/^File/ { f = $$2 } /^Lines/ && f !~ "^/" { print $$0, f; f = "/" }' | \
		sort -t: -k 2n

# libFuzzer: FUZZ_TIME seconds a target, new finds stay in build-fuzz/new
FUZZ_TIME = 60
fuzz:
	@$(MAKE) --no-print-directory $(SUB_JOBS) CC=clang SAN=1 \
		BUILD=build-fuzz FUZZFLAGS=-fsanitize=fuzzer-no-link fuzz-run
fuzz-run: $(FUZZ)
	$(Q)sh tests/fuzz/run.sh $(FUZZ_TIME) $(FUZZ)

lint:
	@CC='$(CC)' CFLAGS='-std=gnu11 -D_GNU_SOURCE -I. $(WARN) $(PKG_CFLAGS)' \
		sh scripts/lint.sh

fmt:
	clang-format -i $(wildcard $(addsuffix /*.[ch],cli $(ROOMS) \
		tests/unit tests/fuzz tests/fake tests/tools tests/bench))

bench: all $(BENCH) $(TOOLS)
	@$(TEST_ENV) sh tests/bench/bench.sh

# load alone: two minutes; LONG=1 more messages, thrice
bench-load: all $(BENCH) $(TOOLS)
	@sh scripts/deps.sh build test bench || echo '(going on without)'
	@sh scripts/servers.sh build/servers || echo '(going on without)'
	@$(TEST_ENV) sh tests/bench/load.sh

# ------------------------------------------------------- install and others
deps:
	@sh scripts/deps.sh build test

demo:
	@sh scripts/deps.sh build test
	@$(MAKE) --no-print-directory $(SUB_JOBS) all
	@sh scripts/demo.sh

# written again, bit for bit
samples: $(BUILD)/tests/tools/mkpst_samples
	$(Q)BUILD=$(BUILD) sh tests/tools/mksamples.sh samples

MAN = $(wildcard docs/man/*.[15])
SHARE = $(DESTDIR)$(PREFIX)/share
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/man/man1 \
		$(SHARE)/man/man5 $(SHARE)/bash-completion/completions
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/postroad
	install -d $(SHARE)/postroad
	install -m 644 data/*.yaml $(SHARE)/postroad/
	for m in $(MAN); do \
		install -m 644 $$m $(SHARE)/man/man$${m##*.}/ || exit 1; done
	[ ! -e scripts/completion.bash ] || install -m 644 scripts/completion.bash \
		$(SHARE)/bash-completion/completions/postroad

dist:
	git archive --prefix=postroad-$(VERSION)/ HEAD | xz -9 \
		>postroad-$(VERSION).tar.xz

clean:
	rm -rf build build-san build-fuzz build-cov postroad

.PHONY: all check check-build check-run check-unit check-e2e check-crash \
	check-load-kills check-load-cuts check-delta check-load-big check-verify-long check-pst-damage check-pst-big \
	asan cover fuzz fuzz-run lint fmt bench bench-load deps demo samples install dist clean
.SECONDARY:
-include $(shell [ -d $(BUILD) ] && find $(BUILD) -path '*/servers' -prune -o -type f -name '*.d' -print)
