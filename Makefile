# SPDX-License-Identifier: GPL-3.0-or-later
# postroad.  Targets: all check check-unit check-e2e check-crash asan fuzz
# lint fmt bench demo samples deps install clean.  V=1 shows the commands,
# BUILD=dir builds elsewhere, SAN=1 builds with ASan and UBSan.

VERSION = 0.1.0
PREFIX = /usr/local
BUILD ?= build$(if $(SAN),-san)
Q = $(if $(V),,@)
CC ?= cc
LIBS = sqlite3 libcrypto libssl jansson gmime-3.0 libpst libucl libseccomp \
	libpcre2-8
# deps runs before anything is installed, so nothing is asked for it
ifeq ($(filter deps clean,$(MAKECMDGOALS)),)
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(LIBS)))
PKG_LIBS := $(shell pkg-config --libs $(LIBS))
endif
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wvla -Wundef -Wimplicit-fallthrough
CFLAGS ?= -O2 -g
HARDEN = -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SANFLAGS = $(if $(SAN),-fsanitize=address$(comma)undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer)
comma = ,
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DPOSTROAD_VERSION='"$(VERSION)"' \
	-I. $(WARN) $(WERROR) $(PKG_CFLAGS) $(HARDEN) $(SANFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANFLAGS) $(LDFLAGS)

ROOMS = core formats wire extract transform load
LIB_SRC = $(wildcard $(ROOMS:%=%/*.c))
CLI_SRC = $(wildcard cli/*.c)
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/%.o)
CLI_OBJ = $(CLI_SRC:%.c=$(BUILD)/%.o)
STEP_OBJ = $(LIB_SRC:%.c=$(BUILD)/steps/%.o) $(CLI_SRC:%.c=$(BUILD)/steps/%.o)
UNIT = $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,\
	$(wildcard tests/unit/test_*.c))
FUZZ = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,\
	$(wildcard tests/fuzz/fuzz_*.c))
PROGRAM = $(if $(SAN),$(BUILD)/postroad,postroad)

all: $(PROGRAM)

$(PROGRAM): $(LIB_OBJ) $(CLI_OBJ)
	$(if $(V),,@echo "  LINK $@")
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# the same program with crash points (core/step.h)
$(BUILD)/postroad-steps: $(STEP_OBJ)
	$(if $(V),,@echo "  LINK $@")
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/%.o: %.c
	$(if $(V),,@echo "  CC $<")
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/steps/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DPOSTROAD_STEPS -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: tests/unit/%.c $(LIB_OBJ)
	$(if $(V),,@echo "  TEST $@")
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(LIB_OBJ) \
		$(PKG_LIBS) -lcmocka

check-unit: $(UNIT)
	$(Q)set -e; for t in $(UNIT); do $$t; done

clean:
	rm -rf build build-san postroad

.PHONY: all check-unit clean
.SECONDARY:
-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d')
