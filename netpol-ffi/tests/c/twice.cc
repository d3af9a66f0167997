// The header can be included twice, and from C++.

#include "netpol.h"
#include "netpol.h"

int main()
{
    netpol_packet packet = {};
    packet.family = 4;
    return netpol_abi_version() == NETPOL_ABI_VERSION && netpol_version().len > 0 &&
                   sizeof(packet) == 48
               ? 0
               : 1;
}
