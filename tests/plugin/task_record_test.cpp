#include "records/task.hpp"

#include <doctest/doctest.h>

using ansible::Task;
using ansible::TaskStatus;
namespace json = base::json;

namespace {

Task full_task() {
  Task task;
  task.id = "id";
  task.title = "Grüße \"x\"";
  task.description = "d";
  task.status = TaskStatus::kInProgress;
  task.created_by_agent = "alice";
  task.created_by_node = "node-a";
  task.created_at = 1;
  task.assignees = {"bob", "carol"};
  task.requires_ = {"cap"};
  task.claimed_by_agent = "bob";
  task.claimed_by_node = "node-b";
  task.claimed_at = 2;
  task.completed_at = 3;
  task.result = "";
  task.context = "c";
  task.intent = "i";
  task.skill_required = "s";
  task.priority = "low";
  task.updated_at = 4;
  task.updates = {{5, "bob", "claimed", "n"}, {6, "bob", "pending", std::nullopt}};
  task.metadata = {{"k", {{"deep", {1, 2.5, nullptr}}}}};
  task.routing_mode = "capability";
  task.default_eta_seconds = 7;
  task.ack = {{"state", "accepted"}};
  task.failure = {{"failureClass", "timeout"}};
  task.retry = {{"retryBudget", 3}};
  task.backpressure = {{"maxConcurrent", 6}};
  task.sla_seconds = {.accept = 8, .progress = std::nullopt, .complete = 9};
  task.deadline_at = 10;
  task.claim_lease_seconds = 11;
  task.lease_expires_at = 12;
  task.audit_seq = 13;
  return task;
}

}  // namespace

TEST_CASE("a stored task is read back with every member") {
  const std::string stored = json::canonical(to_json(full_task()));
  const auto parsed = json::parse(stored);
  REQUIRE(parsed.ok());
  const Task back = ansible::task_from_json(parsed->as_object());
  CHECK(json::canonical(to_json(back)) == stored);
  CHECK(back.status == TaskStatus::kInProgress);
  CHECK(back.assignees == std::vector<std::string>{"bob", "carol"});
  CHECK(back.result == "");
  CHECK(back.updates.size() == 2);
  CHECK(back.updates[1].note == std::nullopt);
  CHECK(back.sla_seconds.accept == 8);
  CHECK(back.sla_seconds.progress == std::nullopt);
  CHECK(back.lease_expires_at == 12);
  CHECK(back.audit_seq == 13);
  CHECK(back.metadata == full_task().metadata);
}

TEST_CASE("an empty or strange document reads as a pending task instead of failing") {
  const Task empty = ansible::task_from_json({});
  CHECK(empty.status == TaskStatus::kPending);
  CHECK(empty.priority == "normal");
  const Task strange = ansible::task_from_json(
      {{"status", "unheard of"}, {"updates", "none"}, {"createdAt", "now"}, {"ansible", 5}});
  CHECK(strange.status == TaskStatus::kPending);
  CHECK(strange.updates.empty());
}

TEST_CASE("status names go both ways") {
  for (const TaskStatus status :
       {TaskStatus::kPending, TaskStatus::kClaimed, TaskStatus::kInProgress, TaskStatus::kCompleted,
        TaskStatus::kFailed}) {
    CHECK(ansible::task_status(to_text(status)) == status);
  }
  CHECK(ansible::task_status("Pending") == std::nullopt);
}
