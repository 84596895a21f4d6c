#include "daemon/event_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

namespace gateway_app {

namespace asio = boost::asio;

struct EventLoop::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::list<asio::signal_set> signals;

  void await(asio::signal_set& set, const std::function<void(int)>& handler) {
    set.async_wait([this, &set, handler](const boost::system::error_code& ec, int number) {
      if (ec) return;
      handler(number);
      await(set, handler);
    });
  }
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run(const std::function<void(const char*)>& on_bug) {
  for (;;) {
    try {
      impl_->context.run();
      return;
    } catch (const std::exception& bug) {
      if (on_bug) on_bug(bug.what());
    }
  }
}
void EventLoop::stop() { impl_->context.stop(); }
void EventLoop::post(std::function<void()> work) { asio::post(impl_->context, std::move(work)); }
asio::io_context& EventLoop::context() { return impl_->context; }

void EventLoop::after(std::chrono::milliseconds delay, std::function<void()> work) {
  auto timer = std::make_shared<asio::steady_timer>(impl_->context, delay);
  timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& ec) {
    if (!ec) work();
  });
}

void EventLoop::on_signals(const std::vector<int>& numbers, std::function<void(int)> handler) {
  asio::signal_set& set = impl_->signals.emplace_back(impl_->context);
  for (const int number : numbers) set.add(number);
  impl_->await(set, handler);
}

}  // namespace gateway_app
