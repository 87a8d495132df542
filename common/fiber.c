#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "common/fiber.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* A fiber stands at the upper end of its own stack, so that both are in the
 * same page. */
struct fiber {
    void (*run)(void *);
    void *argument;
    void *stopped_at;   /* for fiber_switch; NULL: it has not begun */
    struct fiber *next; /* spare stacks only */
    /* For the sanitizers: */
    void *fake_stack;
    void *thread;
};

_Static_assert(sizeof(struct fiber) % 16 == 0,
               "the stack ends at such a place");

static struct fiber *running;
static void *resumer; /* where the function stands that called fiber_resume */

/* Stacks for later fibers, which save three system calls and page faults. */
static struct fiber *spare;
static int spares;

/* --- Sanitizers -----------------------------------------------------------
 *
 * AddressSanitizer and ThreadSanitizer must know on which stack the program
 * runs.  In a program without them, these functions do not exist, and their
 * addresses are NULL. */

#define OPTIONAL __attribute__((weak))

OPTIONAL void __sanitizer_start_switch_fiber(void **fake_stack,
                                             const void *bottom, size_t size);
OPTIONAL void
__sanitizer_finish_switch_fiber(void *fake_stack, const void **bottom_before,
                                size_t *size_before);
OPTIONAL void
__asan_unpoison_memory_region(const volatile void *address, size_t size);
OPTIONAL void *__tsan_get_current_fiber(void);
OPTIONAL void *__tsan_create_fiber(unsigned flags);
OPTIONAL void __tsan_destroy_fiber(void *thread);
OPTIONAL void __tsan_switch_to_fiber(void *thread, unsigned flags);

static const void *resumer_stack; /* its lowest address */
static size_t resumer_stack_size;
static void *resumer_fake_stack;
static void *resumer_thread;

static bool
is_sanitized(void)
{
    return __sanitizer_start_switch_fiber != NULL ||
           __tsan_switch_to_fiber != NULL;
}

/* Call it before a switch.  fake_stack is NULL if the caller has ended. */
static void
announce_switch(void **fake_stack, const void *stack, size_t size, void *thread)
{
    if (__sanitizer_start_switch_fiber != NULL)
        __sanitizer_start_switch_fiber(fake_stack, stack, size);
    if (__tsan_switch_to_fiber != NULL)
        __tsan_switch_to_fiber(thread, 0);
}

/* Call it after a switch, with the caller's fake stack, NULL if it is new. */
static void
finish_switch(void *fake_stack, const void **stack_before, size_t *size_before)
{
    if (__sanitizer_finish_switch_fiber != NULL)
        __sanitizer_finish_switch_fiber(fake_stack, stack_before, size_before);
}

/* --- Stacks --------------------------------------------------------------- */

static char *
stack_of(struct fiber *f)
{
    return (char *)(f + 1) - FIBER_STACK;
}

static size_t
guard_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Maps a stack, with the guard page below it. */
static struct fiber *
map_stack(void)
{
    size_t guard = guard_size();
    char *mapping = mmap(NULL, guard + FIBER_STACK, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (mapping == MAP_FAILED)
        return NULL;
    if (mprotect(mapping + guard, FIBER_STACK, PROT_READ | PROT_WRITE) == -1) {
        munmap(mapping, guard + FIBER_STACK);
        return NULL;
    }
    return (struct fiber *)(void *)(mapping + guard + FIBER_STACK) - 1;
}

/* --- Fibers --------------------------------------------------------------- */

struct fiber *
fiber_new(void (*run)(void *), void *argument)
{
    struct fiber *f = spare;

    if (f != NULL) {
        spare = f->next;
        spares--;
    } else {
        f = map_stack();
    }
    if (f == NULL)
        return NULL;
    *f = (struct fiber){.run = run, .argument = argument};
    if (__tsan_create_fiber != NULL)
        f->thread = __tsan_create_fiber(0);
    return f;
}

/* The first function on the stack of a fiber. */
static void
begin(void)
{
    struct fiber *f = running;

    finish_switch(NULL, &resumer_stack, &resumer_stack_size);
    f->run(f->argument);
    announce_switch(NULL, resumer_stack, resumer_stack_size, resumer_thread);
    fiber_switch(&f->stopped_at, resumer, NULL);
}

/* In both of these functions, fiber_switch is the last call unless there is a
 * sanitizer.  Then the compiler makes a jump of it. */
void
fiber_resume(struct fiber *f)
{
    bool is_new = f->stopped_at == NULL;
    void *to = is_new ? f : f->stopped_at;

    running = f;
    if (!is_sanitized()) {
        fiber_switch(&resumer, to, is_new ? begin : NULL);
        return;
    }
    if (__tsan_get_current_fiber != NULL)
        resumer_thread = __tsan_get_current_fiber();
    announce_switch(&resumer_fake_stack, stack_of(f), FIBER_STACK, f->thread);
    fiber_switch(&resumer, to, is_new ? begin : NULL);
    finish_switch(resumer_fake_stack, NULL, NULL);
}

void
fiber_wait(void)
{
    struct fiber *f = running;

    if (!is_sanitized()) {
        fiber_switch(&f->stopped_at, resumer, NULL);
        return;
    }
    announce_switch(&f->fake_stack, resumer_stack, resumer_stack_size,
                    resumer_thread);
    fiber_switch(&f->stopped_at, resumer, NULL);
    finish_switch(f->fake_stack, &resumer_stack, &resumer_stack_size);
}

void
fiber_free(struct fiber *f)
{
    size_t guard = guard_size();

    if (f == NULL)
        return;
    if (__tsan_destroy_fiber != NULL)
        __tsan_destroy_fiber(f->thread);
    if (__asan_unpoison_memory_region != NULL)
        __asan_unpoison_memory_region(stack_of(f), FIBER_STACK - sizeof(*f));
    if (spares < FIBER_SPARE_MAX) {
        f->next = spare;
        spare = f;
        spares++;
    } else {
        munmap(stack_of(f) - guard, guard + FIBER_STACK);
    }
}
