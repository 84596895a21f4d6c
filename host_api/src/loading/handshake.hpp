// What a host checks in a plugin's table before it calls anything in it.
#pragma once

#include "gateway/error.hpp"
#include "gateway/plugin_abi.h"

namespace gateway {

// Copies min(size, sizeof) of `table` into a zeroed struct and checks it against this host: ABI
// major and minors, size, hooks, texts, data formats. The texts still point into the library.
// Errors: no_table, abi_mismatch, bad_table.
// Thread rule: any.
Result<gw_plugin> shake_hands(const gw_plugin* table);

// `no_table`: the entry returned NULL.
Error no_table();

}  // namespace gateway
