#include <doctest/doctest.h>

#include "core/nested_view.hpp"
#include "plugin/support/map_transaction.hpp"

using namespace ansible;
using namespace ansible_test;

namespace {

std::string rows(Transaction& txn, ScanOptions options) {
  std::string out;
  for (const auto& [key, value] : collect(txn, "a", "z", options)) out += key + '=' + value + ' ';
  return out;
}

}  // namespace

TEST_CASE("CAP-2: what a nested view writes is seen inside it and nowhere else before it merges") {
  Store store{{"b", "1"}, {"c", "2"}, {"e", "3"}};
  MapTransaction outer(store, 1, 0);
  NestedView nested(outer);
  nested.put("a", "new");
  nested.put("c", "changed");
  nested.erase("e");
  CHECK(nested.get("c") == "changed");
  CHECK_FALSE(nested.get("e"));
  CHECK(nested.get("b") == "1");
  CHECK(rows(nested, {}) == "a=new b=1 c=changed ");
  CHECK(rows(nested, {.limit = 2}) == "a=new b=1 ");
  CHECK(rows(nested, {.reverse = true, .limit = 2}) == "c=changed b=1 ");
  CHECK(rows(outer, {}) == "b=1 c=2 e=3 ");

  nested.merge();
  CHECK(rows(outer, {}) == "a=new b=1 c=changed ");
}

TEST_CASE("CAP-2: a nested view that is dropped leaves nothing behind") {
  Store store{{"b", "1"}};
  MapTransaction outer(store, 1, 0);
  {
    NestedView nested(outer);
    nested.put("b", "2");
    nested.erase("c");
  }
  CHECK(rows(outer, {}) == "b=1 ");
}
