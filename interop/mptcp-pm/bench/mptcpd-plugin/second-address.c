/*
 * The least that a path manager can do, for mptcpd: one more subflow for each connection that this
 * host opened, from the address in SECOND_ADDRESS to the peer's, as soon as it is established.
 *
 * cc -O2 -shared -fPIC second-address.c -lmptcpd -o second-address.so
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <mptcpd/path_manager.h>
#include <mptcpd/plugin.h>

#define NAME "second_address"

/* An id that the initial subflow doesn't have. */
#define LOCAL_ID 1

static struct sockaddr_in second;

static void established(mptcpd_token_t token, struct sockaddr const *local,
                        struct sockaddr const *remote, bool server_side, struct mptcpd_pm *pm)
{
        (void)local;
        if (!server_side && remote->sa_family == AF_INET)
                (void)mptcpd_pm_add_subflow(pm, token, LOCAL_ID, 0,
                                            (struct sockaddr const *)&second, remote, false);
}

static struct mptcpd_plugin_ops const ops = {.connection_established = established};

static int begin(struct mptcpd_pm *pm)
{
        char const *const address = getenv("SECOND_ADDRESS");

        (void)pm;
        memset(&second, 0, sizeof(second));
        second.sin_family = AF_INET;
        if (address == NULL || inet_pton(AF_INET, address, &second.sin_addr) != 1)
                return -1;
        return mptcpd_plugin_register_ops(NAME, &ops) ? 0 : -1;
}

static void end(struct mptcpd_pm *pm)
{
        (void)pm;
}

MPTCPD_PLUGIN_DEFINE(second_address, "One more subflow, from another address",
                     MPTCPD_PLUGIN_PRIORITY_HIGH, begin, end)
