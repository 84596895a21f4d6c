// Waiting items, one turn per client.
#pragma once

#include <cstddef>
#include <deque>
#include <iterator>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace gateway {

// Round robin over clients; first in, first out within a client. Not synchronised.
template <class T>
class FairQueue {
 public:
  void push(const std::string& client, T item) {
    auto [entry, fresh] = lanes_.try_emplace(client);
    if (fresh) entry->second = turns_.insert(turns_.end(), Lane{client, {}});
    entry->second->items.push_back(std::move(item));
    ++size_;
  }

  // The next item in turn. The queue must not be empty.
  T pop() {
    const auto lane = turns_.begin();
    T item = std::move(lane->items.front());
    lane->items.pop_front();
    if (lane->items.empty()) {
      drop(lane);
    } else {
      turns_.splice(turns_.end(), turns_, lane);
    }
    --size_;
    return item;
  }

  // Makes room for one more item of `client` by taking away the newest item of the client that has
  // the most waiting, unless `client` has as many itself. False: nothing to take; `out` is
  // untouched.
  bool push_out(const std::string& client, T& out) {
    const auto own = lanes_.find(client);
    const std::size_t own_size = own == lanes_.end() ? 0 : own->second->items.size();
    auto longest = turns_.end();
    for (auto lane = turns_.begin(); lane != turns_.end(); ++lane) {
      if (longest == turns_.end() || lane->items.size() > longest->items.size()) longest = lane;
    }
    if (longest == turns_.end() || longest->items.size() <= own_size + 1) return false;
    out = std::move(longest->items.back());
    longest->items.pop_back();
    --size_;
    return true;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  struct Lane {
    std::string client;
    std::deque<T> items;
  };
  using Turn = typename std::list<Lane>::iterator;

  void drop(Turn lane) {
    lanes_.erase(lane->client);
    turns_.erase(lane);
  }

  std::list<Lane> turns_;  // clients with something waiting; the front is next
  std::unordered_map<std::string, Turn> lanes_;
  std::size_t size_ = 0;
};

}  // namespace gateway
