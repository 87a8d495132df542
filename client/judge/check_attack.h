/* findings_attack - what a server does under attack: see finding.h. */

#ifndef CLIENT_JUDGE_CHECK_ATTACK_H
#define CLIENT_JUDGE_CHECK_ATTACK_H

#include <stdbool.h>

/* Tells whether attack.crowd has seen a server that serves no clients beyond
 * about FD_SETSIZE, though it may open more descriptors. */
bool check_attack_select_limit(void);

#endif
