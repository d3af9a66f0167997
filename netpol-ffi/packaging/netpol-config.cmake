# find_package(netpol) gives netpol::netpol, the shared library, and netpol::netpol-static.

# This file is at share/netpol/cmake below the prefix, wherever that has been moved to.
get_filename_component(_netpol_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(_netpol_libdirs lib lib64)
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(PREPEND _netpol_libdirs "lib/${CMAKE_LIBRARY_ARCHITECTURE}")
endif()

# What is installed beside this file comes before what the system has.
find_path(netpol_INCLUDE_DIR netpol.h HINTS "${_netpol_prefix}/include")
find_library(netpol_LIBRARY netpol HINTS "${_netpol_prefix}" PATH_SUFFIXES ${_netpol_libdirs})
find_library(netpol_STATIC_LIBRARY libnetpol.a HINTS "${_netpol_prefix}" PATH_SUFFIXES ${_netpol_libdirs})
mark_as_advanced(netpol_INCLUDE_DIR netpol_LIBRARY netpol_STATIC_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(netpol
  REQUIRED_VARS netpol_LIBRARY netpol_INCLUDE_DIR
  VERSION_VAR netpol_VERSION)

if(netpol_FOUND AND NOT TARGET netpol::netpol)
  add_library(netpol::netpol SHARED IMPORTED)
  set_target_properties(netpol::netpol PROPERTIES
    IMPORTED_LOCATION "${netpol_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${netpol_INCLUDE_DIR}")
endif()
if(netpol_FOUND AND netpol_STATIC_LIBRARY AND NOT TARGET netpol::netpol-static)
  add_library(netpol::netpol-static STATIC IMPORTED)
  set_target_properties(netpol::netpol-static PROPERTIES
    IMPORTED_LOCATION "${netpol_STATIC_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${netpol_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "pthread;dl;m")
endif()
