#include "gateway/slot.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "table_plugin.hpp"

using gateway::Instance;
using gateway::ReleaseId;
using gateway::Slot;

namespace {

constexpr std::uint32_t kLong = 20'000;  // milliseconds; never used up when things work

std::unique_ptr<Instance> instance_of(const char* version) {
  auto instance = test::make(test::good_table(version));
  REQUIRE(instance.ok());
  return std::move(*instance);
}

std::string version_of(const Slot::Lease& lease) { return lease ? lease->release().version : ""; }

}  // namespace

TEST_CASE("An empty slot serves nobody") {
  Slot slot;
  CHECK(!slot.acquire());
  CHECK(!slot.parked());
  CHECK(!slot.exchange());
  CHECK(slot.wait_retired(0));
}

TEST_CASE("The active release is parked by the next one and retired by the one after") {
  std::mutex mutex;
  std::vector<std::string> gone;
  {
    Slot slot([&](const ReleaseId& release) {
      const std::lock_guard lock(mutex);
      gone.push_back(release.version);
    });
    slot.activate(instance_of("1.0.0"));
    slot.activate(instance_of("2.0.0"));
    CHECK(version_of(slot.acquire()) == "2.0.0");
    CHECK(version_of(slot.parked()) == "1.0.0");
    CHECK(test::living == 2);

    slot.activate(instance_of("3.0.0"));
    REQUIRE(slot.wait_retired(kLong));
    CHECK(gone == std::vector<std::string>{"1.0.0"});
    CHECK(test::living == 2);

    CHECK(slot.exchange());
    CHECK(version_of(slot.acquire()) == "2.0.0");
    CHECK(version_of(slot.parked()) == "3.0.0");
    CHECK(slot.exchange());
    CHECK(version_of(slot.acquire()) == "3.0.0");

    slot.drop_parked();
    REQUIRE(slot.wait_retired(kLong));
    CHECK(!slot.parked());
    CHECK(gone == std::vector<std::string>{"1.0.0", "2.0.0"});

    slot.clear();
    CHECK(!slot.acquire());
    REQUIRE(slot.wait_retired(kLong));
    CHECK(test::living == 0);
  }
  CHECK(gone.size() == 3);
}

TEST_CASE("A lease keeps a retired release alive until it is returned") {
  Slot slot;
  slot.activate(instance_of("1.0.0"));
  {
    const Slot::Lease lease = slot.acquire();
    slot.clear();
    CHECK(!slot.acquire());
    CHECK(!slot.wait_retired(1));
    CHECK(test::living == 1);
    CHECK(lease->release().version == "1.0.0");
  }
  CHECK(slot.wait_retired(kLong));
  CHECK(test::living == 0);
}

TEST_CASE("A slot that goes away waits for the last lease") {
  Slot::Lease lease;
  std::thread returner;
  {
    Slot slot;
    slot.activate(instance_of("1.0.0"));
    lease = slot.acquire();
    returner = std::thread([&lease] { lease = {}; });
  }
  CHECK(test::living == 0);
  returner.join();
}

TEST_CASE("No retirement runs on the thread of a call") {
  std::thread::id where;
  Slot slot([&](const ReleaseId&) { where = std::this_thread::get_id(); });
  slot.activate(instance_of("1.0.0"));
  Slot::Lease lease = slot.acquire();
  slot.clear();
  lease = {};
  REQUIRE(slot.wait_retired(kLong));
  CHECK(where != std::thread::id());
  CHECK(where != std::this_thread::get_id());
}

TEST_CASE("Callers on many threads always find a living release while it is switched") {
  constexpr int kCallers = 4;
  constexpr int kSwitches = 300;
  std::atomic<bool> stop{false};
  std::atomic<long> calls{0};
  std::atomic<long> bad{0};
  std::atomic<int> retired{0};
  {
    Slot slot([&](const ReleaseId&) { ++retired; });
    slot.activate(instance_of("1.0.0"));
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        while (!stop) {
          const Slot::Lease lease = slot.acquire();
          const bool alive = lease && *reinterpret_cast<const int*>(lease->handle()) == 7 &&
                             lease->release().build_id == "b1";
          if (!alive) ++bad;
          ++calls;
        }
      });
    }
    for (int i = 0; i < kSwitches || calls < 1000; ++i) {
      if (i % 3 == 2) {
        slot.exchange();
      } else {
        slot.activate(instance_of(i % 2 == 0 ? "2.0.0" : "3.0.0"));
      }
    }
    stop = true;
    for (std::thread& caller : callers) caller.join();
  }
  CHECK(bad == 0);
  CHECK(retired >= kSwitches / 2);
  CHECK(test::living == 0);
}
