// A value or an error, for code that expects failure and handles it.
#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

namespace base {

// Holds either a T or an E. Reading the side that is not there is a bug (asserted).
template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return *checked<0>(); }
  const T& value() const& { return *checked<0>(); }
  T&& value() && { return std::move(*checked<0>()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  E& error() & { return *checked<1>(); }
  const E& error() const& { return *checked<1>(); }
  E&& error() && { return std::move(*checked<1>()); }

 private:
  template <std::size_t I>
  auto* checked() {
    assert(state_.index() == I);
    return std::get_if<I>(&state_);
  }
  template <std::size_t I>
  const auto* checked() const {
    assert(state_.index() == I);
    return std::get_if<I>(&state_);
  }
  std::variant<T, E> state_;
};

// Success without a value, or an E.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  E& error() & { return *error_; }
  const E& error() const& { return *error_; }
  E&& error() && { return std::move(*error_); }

 private:
  std::optional<E> error_;
};

}  // namespace base
