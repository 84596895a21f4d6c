#include "execution/post.hpp"

#include <tuple>

namespace gateway {
namespace {

// Nothing that a step changes while it runs.
JobPtr what_to_tell(Job& job) {
  auto told = std::make_unique<Job>();
  told->request.request_id = job.request.request_id;
  told->request.name = job.request.name;
  told->done = std::move(job.done);
  std::tie(told->lease, told->reference) = job.held();
  told->metric_name = job.metric_name;
  told->hook = job.hook;
  told->flags = job.flags;
  told->step = job.step;
  return told;
}

}  // namespace

JobPtr Post::look(std::chrono::milliseconds since_last, const HookLimit& limit) {
  const std::lock_guard lock(mutex_);
  if (job_ == nullptr || abandoned_) return nullptr;
  if (!job_->host_writes.empty()) return nullptr;  // no hook runs, and no release is to blame
  if (seen_ != runs_) {
    seen_ = runs_;
    age_ = std::chrono::milliseconds(0);
    return nullptr;
  }
  age_ += since_last;
  if (age_ < limit.hard) return nullptr;
  if (!job_->cut.exchange(true)) cut_at_ = age_;
  if (age_ - cut_at_ < limit.grace) return nullptr;
  abandoned_ = true;
  return what_to_tell(*job_);
}

}  // namespace gateway
