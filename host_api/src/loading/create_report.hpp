// What a plugin says about its configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway {

struct CreateReport {
  std::vector<std::string> errors;    // "/sla/every: expected ..., got ...; message"
  std::vector<std::string> warnings;  // the same
};

// Reads {"errors": [{path, expected, got, message}], "warnings": [...]}. Text that is not such a
// report becomes one error of its own words, so that nothing the plugin said is lost.
CreateReport read_create_report(std::string_view report);

}  // namespace gateway
