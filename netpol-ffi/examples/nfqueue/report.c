#include "report.h"

#include <stdio.h>

const char *report_kind(int32_t kind)
{
    static const char *const names[] = {
        [NETPOL_KIND_NAMESPACE] = "Namespace",
        [NETPOL_KIND_NODE] = "Node",
        [NETPOL_KIND_POD] = "Pod",
        [NETPOL_KIND_NETWORK_POLICY] = "NetworkPolicy",
        [NETPOL_KIND_CLUSTER_NETWORK_POLICY] = "ClusterNetworkPolicy",
        [NETPOL_KIND_ADMIN_NETWORK_POLICY] = "AdminNetworkPolicy",
        [NETPOL_KIND_BASELINE_ADMIN_NETWORK_POLICY] = "BaselineAdminNetworkPolicy",
    };

    return kind >= 0 && kind < (int32_t)(sizeof names / sizeof names[0]) && names[kind] != NULL ? names[kind]
                                                                                               : "object";
}

void report_print(netpol_report *report)
{
    netpol_str text = netpol_report_text(report);

    if (text.len > 0) {
        fprintf(stderr, "%.*s", (int)text.len, text.data);
    }
    netpol_report_free(report);
}

void report_status(const char *about, netpol_status status)
{
    netpol_str text = netpol_status_text(status);

    fprintf(stderr, "netpol-nfqueue: %s: %.*s\n", about, (int)text.len, text.data);
}
