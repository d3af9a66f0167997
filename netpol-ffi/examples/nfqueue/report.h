/* What the library has to say, for people. */

#ifndef REPORT_H
#define REPORT_H

#include "netpol.h"

/* How the API spells a kind that manifests mostly have; `object` for the others. */
const char *report_kind(int32_t kind);

/* Prints a report as it is, errors and warnings with their lines, and frees it. */
void report_print(netpol_report *report);

/* Prints how a call ended. */
void report_status(const char *about, netpol_status status);

#endif
