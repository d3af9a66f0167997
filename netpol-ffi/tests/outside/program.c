/* A program that knows nothing of the tree the library was built in. */

#include <netpol.h>
#include <stdio.h>

int main(void)
{
    netpol_cluster *cluster = NULL;
    netpol_engine *engine = NULL;
    netpol_packet packet = {0};
    uint8_t verdict = NETPOL_VERDICT_DENY;

    packet.family = 4;
    if (netpol_cluster_new(NULL, &cluster) != NETPOL_STATUS_OK ||
        netpol_cluster_publish(cluster, &engine, NULL) != NETPOL_STATUS_OK ||
        netpol_engine_decide(engine, &packet, &verdict) != NETPOL_STATUS_OK) {
        return 1;
    }
    netpol_engine_free(engine);
    netpol_cluster_free(cluster);
    printf("%.*s %d\n", (int)netpol_version().len, netpol_version().data, verdict);
    return verdict == NETPOL_VERDICT_ALLOW ? 0 : 1;
}
