#include "core/transaction.hpp"

namespace ansible {

Rows collect(Transaction& txn, std::string_view first, std::string_view last, ScanOptions options) {
  Rows rows;
  txn.scan(first, last, options, [&](std::string_view key, std::string_view value) {
    rows.emplace_back(key, value);
    return true;
  });
  return rows;
}

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace ansible
