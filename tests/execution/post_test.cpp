#include "execution/post.hpp"

#include <doctest/doctest.h>

using namespace gateway;

TEST_CASE("a write of the host's own is no hook: it is not given up, however long it is kept") {
  Post post;
  auto job = std::make_unique<Job>();
  job->host_writes = {{"key", "value"}};
  post.begin(std::move(job));
  for (int look = 0; look < 5; ++look) {
    CHECK(post.look(std::chrono::hours(1), HookLimit{}) == nullptr);
  }
  CHECK(post.end() != nullptr);
}
