/* void fiber_switch(void **from, void *to, void (*begin)(void));
 *
 * arm64: a called function must leave x19 to x29, sp and d8 to d15 as they
 * were.  x30 is the address to which it returns. */

        .text
        .globl  fiber_switch
        .type   fiber_switch, %function
fiber_switch:
        stp     x29, x30, [sp, #-160]!
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mov     x9, sp
        str     x9, [x0]        /* *from: this stack, up to here */
        mov     sp, x1          /* from now on we use the other stack */
        cbnz    x2, begins
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        ldp     x29, x30, [sp], #160
        br      x30             /* where the other one called fiber_switch; a
                                 * processor predicts ret wrongly here */
begins: mov     x29, #0         /* a debugger ends its backtrace here */
        blr     x2
        .size   fiber_switch, . - fiber_switch

        /* The stack need not be executable. */
        .section .note.GNU-stack, "", %progbits
