/* Texts that are read before they are applied, as a program does that follows a directory. */

#include "check.h"

static const char two[] =
    "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n"
    "---\n"
    "# An object knows where it begins.\n"
    "apiVersion: networking.k8s.io/v1\n"
    "kind: NetworkPolicy\n"
    "metadata: {name: deny, namespace: shop}\n"
    "spec: {podSelector: {}}\n";

static const char unnamed[] =
    "{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}\n";

static const char broken[] =
    "apiVersion: networking.k8s.io/v1\n"
    "kind: NetworkPolicy\n"
    "metadata: {name: deny, namespace: shop}\n"
    "spec: {podSelectors: {}}\n";

static netpol_manifest *read_text(const netpol_cluster *cluster, const char *text)
{
    netpol_manifest *manifest = NULL;

    CHECK(netpol_manifest_read(cluster, netpol_str_of("a.yaml"), netpol_str_of(text), &manifest) ==
          NETPOL_STATUS_OK);
    return manifest;
}

int main(void)
{
    netpol_cluster *cluster = NULL;
    netpol_engine *engine = NULL;
    netpol_manifest *manifest;
    netpol_report *report = NULL;
    netpol_diagnostic diagnostic;
    netpol_object object;
    bool existed = false;

    CHECK(netpol_cluster_new(NULL, &cluster) == NETPOL_STATUS_OK);
    manifest = read_text(cluster, two);
    CHECK(netpol_manifest_count(manifest) == 2);
    CHECK(netpol_manifest_at(manifest, 0, &object) == NETPOL_STATUS_OK);
    CHECK(object.kind == NETPOL_KIND_NAMESPACE && object.line == 1);
    CHECK(is_text(object.namespace_, "") && is_text(object.name, "shop"));
    CHECK(netpol_manifest_at(manifest, 1, &object) == NETPOL_STATUS_OK);
    CHECK(object.kind == NETPOL_KIND_NETWORK_POLICY && object.line == 4);
    CHECK(is_text(object.namespace_, "shop") && is_text(object.name, "deny"));
    CHECK(netpol_manifest_at(manifest, 2, &object) == NETPOL_STATUS_INVALID_LENGTH);

    /* Reading applied nothing; the manifest can be applied as often as one likes. */
    CHECK(netpol_cluster_delete(cluster, object.kind, object.namespace_, object.name, &existed) ==
          NETPOL_STATUS_OK);
    CHECK(!existed);
    CHECK(netpol_cluster_apply_manifest(cluster, manifest, 2, &report) ==
          NETPOL_STATUS_INVALID_VALUE);
    CHECK(netpol_cluster_apply_manifest(cluster, manifest, NETPOL_ADMISSION_CREATE, &report) ==
          NETPOL_STATUS_OK);
    CHECK(netpol_cluster_apply_manifest(cluster, manifest, NETPOL_ADMISSION_CREATE, NULL) ==
          NETPOL_STATUS_OK);
    netpol_report_free(report);
    CHECK(netpol_cluster_publish(cluster, &engine, NULL) == NETPOL_STATUS_OK);
    netpol_engine_free(engine);
    CHECK(netpol_cluster_delete(cluster, object.kind, object.namespace_, object.name, &existed) ==
          NETPOL_STATUS_OK);
    CHECK(existed);
    netpol_manifest_free(manifest);

    manifest = read_text(cluster, unnamed);
    CHECK(netpol_manifest_count(manifest) == 1);
    CHECK(netpol_manifest_at(manifest, 0, &object) == NETPOL_STATUS_OK);
    CHECK(object.kind == NETPOL_KIND_POD && is_text(object.name, "web-*"));
    netpol_manifest_free(manifest);

    /* What is wrong is told when it is applied. */
    manifest = read_text(cluster, broken);
    CHECK(netpol_manifest_count(manifest) == 1);
    CHECK(netpol_cluster_apply_manifest(cluster, manifest, NETPOL_ADMISSION_CREATE, &report) ==
          NETPOL_STATUS_REFUSED);
    CHECK(netpol_report_at(report, 0, &diagnostic) == NETPOL_STATUS_OK);
    CHECK(diagnostic.line == 4 && diagnostic.column == 8 && is_text(diagnostic.source, "a.yaml"));
    netpol_report_free(report);
    netpol_manifest_free(manifest);
    netpol_cluster_free(cluster);
    return 0;
}
