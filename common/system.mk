# system.mk - what is compiled for this system, and for this machine.
#
# What belongs to another system is not compiled: files that include headers of
# its kernel, and files whose names end in _linux.c or _bsd.c.  On Linux,
# SYSTEM=bsd compiles what a BSD or macOS would, with the headers in tests/bsd.

native   := $(if $(filter Linux,$(shell uname -s)),linux,bsd)
SYSTEM   ?= $(native)
bsd_here := $(if $(filter bsd,$(SYSTEM)),$(filter linux,$(native)))
bsd_kernel := $(if $(bsd_here),tests/bsd/kqueue.c)

other   := $(if $(filter linux,$(SYSTEM)),bsd,linux)
linux_h := <sys/(epoll|eventfd|timerfd|prctl|syscall)[.]h>|"common/(epoll_list|ring)[.]h"
bsd_h   := <sys/event[.]h>
foreign := $(wildcard common/*_$(other).c client/*/*_$(other).c) \
	$(shell grep -lE '$($(other)_h)' servers/*.c common/*.c client/*/*.c tests/bare/*.c)

# fibers needs some assembler for the machine for which the compiler compiles.
machine   := $(subst arm64,aarch64,$(firstword $(subst -, ,$(shell $(CC) -dumpmachine))))
assembler := $(if $(filter linux,$(native)),$(wildcard common/*_$(machine).S))
left_out  := $(if $(assembler),,fibers)

system_flags := $(if $(bsd_here),-Itests/bsd) \
	$(if $(filter linux,$(native)),-D_POSIX_C_SOURCE=200809L)
# Servers that fork: each child would otherwise look up functions that its
# parent never called, and copy more mappings.
link_flags := $(if $(filter bsd,$(native))$(SAN),,-Wl,-z,now,-z,noseparate-code)
