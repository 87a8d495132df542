/* void fiber_switch(void **from, void *to, void (*begin)(void));
 *
 * x86-64: a called function must leave rbx, rbp, rsp and r12 to r15 as they
 * were.  The caller expects that all other registers change. */

        .text
        .globl  fiber_switch
        .type   fiber_switch, @function
fiber_switch:
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, (%rdi)    /* *from: this stack, up to here */
        movq    %rsi, %rsp      /* from now on we use the other stack */
        testq   %rdx, %rdx
        jnz     begins
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        popq    %rcx            /* where the other one called fiber_switch */
        jmp     *%rcx           /* ret would do, too; see below */
begins: xorl    %ebp, %ebp      /* a debugger ends its backtrace here */
        call    *%rdx
        .size   fiber_switch, . - fiber_switch

        /* The processor predicts that ret returns to the last call, which would
         * be wrong each time.  A wrong prediction takes some 20 cycles. */

        /* The stack need not be executable. */
        .section .note.GNU-stack, "", @progbits
