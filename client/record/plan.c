#include "client/record/plan.h"

#include <stddef.h>

const char *const plan_services[] = {
    [PLAN_ACK] = "ack",         [PLAN_ECHO] = "echo", [PLAN_UPPER] = "upper",
    [PLAN_DAYTIME] = "daytime", [PLAN_KV] = "kv",     [PLAN_FILE] = "file",
    [PLAN_FILE + 1] = NULL,
};

const char *const plan_frames[] = {
    [PLAN_ETX] = "etx",
    [PLAN_LENGTH] = "length",
    [PLAN_LENGTH + 1] = NULL,
};
