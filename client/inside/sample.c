#include "client/inside/sample.h"

const struct sample_look sample_places[SAMPLE_APPEARANCES] = {
    [SAMPLE_ABSENT] = {' ', "0", "not started"},
    [SAMPLE_CONNECTING] = {'-', "31", "not connected"},
    [SAMPLE_LOST] = {'N', "31", "the server keeps nothing"},
    [SAMPLE_HALF_OPEN] = {'H', "31", "half open"},
    [SAMPLE_QUEUED] = {'Q', "35", "accept queue"},
    [SAMPLE_UNREAD] = {'U', "34", "accepted, unread"},
    [SAMPLE_READ] = {'R', "36", "read by the server"},
    [SAMPLE_SERVED] = {'S', "32", "served"},
    [SAMPLE_CLOSED] = {'X', "0", "closed by the server"},
    [SAMPLE_CONNECTED] = {'C', "36", "connected"},
    [SAMPLE_ENDED] = {'.', "0", "ended"},
    [SAMPLE_FAILED] = {'!', "31", "failed"},
    [SAMPLE_CLOSING] = {'G', "0", "waits for the close"},
    [SAMPLE_PAUSING] = {'P', "0", "pauses"},
};

const struct sample_look sample_kinds[SAMPLE_KINDS] = {
    [SAMPLE_RUNNING] = {'#', "32", "on a CPU"},
    [SAMPLE_READY] = {'=', "31", "ready, no CPU"},
    [SAMPLE_ACCEPTS] = {'a', "35", "accept"},
    [SAMPLE_RECEIVES] = {'r', "36", "receive"},
    [SAMPLE_SENDS] = {'s', "34", "send"},
    [SAMPLE_DELAYS] = {'d', "32", "delay"},
    [SAMPLE_LOCKS] = {'l', "31", "lock"},
    [SAMPLE_CONDITIONS] = {'c', "35", "condition or semaphore"},
    [SAMPLE_JOINS] = {'j', "0", "wait for thread"},
    [SAMPLE_WATCHES] = {'e', "35", "event wait"},
    [SAMPLE_RINGS] = {'i', "35", "io_uring"},
    [SAMPLE_RECEIVES_LOCALLY] = {'x', "35", "UNIX socket"},
    [SAMPLE_PAUSES] = {'p', "0", "wait for signal"},
    [SAMPLE_REAPS] = {'w', "0", "wait for child"},
    [SAMPLE_OTHER] = {'o', "0", "other call"},
    [SAMPLE_SLEEPS] = {'?', "0", "waits"},
    [SAMPLE_STOPPED] = {'T', "31", "stopped"},
    [SAMPLE_ZOMBIE] = {'z', "31", "zombie"},
};

const char sample_wishes[SAMPLE_WISHES + 1] = "-cagp";

int
sample_appearance(const struct sample_client *client)
{
    bool is_accepted =
        client->place == SAMPLE_UNREAD || client->place == SAMPLE_READ;

    if (is_accepted && client->wish == SAMPLE_END)
        return SAMPLE_CLOSING;
    if (is_accepted && client->wish == SAMPLE_PAUSE)
        return SAMPLE_PAUSING;
    return (int)client->place;
}

bool
sample_waits_for_anybody(enum sample_kind kind)
{
    switch (kind) {
    case SAMPLE_ACCEPTS:
    case SAMPLE_RECEIVES:
    case SAMPLE_CONDITIONS:
    case SAMPLE_JOINS:
    case SAMPLE_WATCHES:
    case SAMPLE_RINGS:
    case SAMPLE_RECEIVES_LOCALLY:
    case SAMPLE_PAUSES:
    case SAMPLE_REAPS:
    case SAMPLE_ZOMBIE:
        return true;
    default:
        return false;
    }
}
