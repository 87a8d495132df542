/* fiber - a function with a stack of its own, which can stop in the middle.
 *
 * A fiber is like a thread that only the program itself runs: fiber_resume runs
 * it until it calls fiber_wait or its function returns.  Only one fiber runs at
 * a time, and the kernel does not know that there are any.  To stop and to go
 * on are a function call: fiber_switch stores the registers that a function
 * must not change, and sets the stack pointer to another stack.  This is
 * written in assembler, in one file per kind of machine (fiber_x86_64.S,
 * fiber_aarch64.S).
 *
 * Below each stack is a page that may not be touched (a guard page).  So a
 * fiber that needs more stack than it has ends the program with SIGSEGV, and
 * does not write into the stack of another fiber. */

#ifndef COMMON_FIBER_H
#define COMMON_FIBER_H

/* Bytes of each stack.  The kernel provides only the pages that are touched. */
#define FIBER_STACK (64 * 1024)

/* So many stacks of fibers that have ended are kept for the next fibers. */
#define FIBER_SPARE_MAX 64

struct fiber;

/* Makes a fiber that will call run with this argument when it is first resumed.
 * Returns NULL if there is no memory for its stack. */
struct fiber *fiber_new(void (*run)(void *), void *argument);

/* Lets the fiber run, and returns when it waits or has ended.  Do not call it
 * in a fiber, nor for a fiber that has ended. */
void fiber_resume(struct fiber *f);

/* Call it in a fiber.  Returns when the fiber is resumed. */
void fiber_wait(void);

/* Frees a fiber that does not run.  If it waits, its function does not go on.
 */
void fiber_free(struct fiber *f);

/* Stores in *from where the calling function stands, and goes on at to, which
 * another call has stored.  Returns when a later call goes on at *from.  If
 * begin is not NULL, to is the end of an unused stack, on which begin is
 * called; begin must not return. */
void fiber_switch(void **from, void *to, void (*begin)(void));

#endif
