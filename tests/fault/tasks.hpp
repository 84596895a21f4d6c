// Clients that carry tasks from delegation to completion and remember what they were told; and the audit that compares
// it with what the gateway has.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fault/drill.hpp"

namespace test {

// One task as its client sees it: so many of its steps are acknowledged, in order.
struct TaskStory {
  std::string agent;
  std::string title;  // nobody else's
  int updates = 1;
  std::string id;  // known once the delegation was acknowledged
  int acknowledged = 0;
  int asked = 0;  // steps that were asked for, answered or not

  int steps() const { return updates + 3; }
  bool done() const { return acknowledged == steps(); }
  std::string result() const { return "result of " + title; }
  std::string note(int update) const { return title + " update " + std::to_string(update); }
};

inline std::string tool_of(const TaskStory& story, int step) {
  if (step == 0) return "ansible_delegate_task";
  if (step == 1) return "ansible_claim_task";
  return step == story.steps() - 1 ? "ansible_complete_task" : "ansible_update_task";
}

// The arguments of a step, always the same with the same key.
inline std::string arguments_of(const TaskStory& story, int step) {
  base::json::object args;
  args["idempotency_key"] = story.title + " step " + std::to_string(step);
  args[step == 0 ? "from_agent" : "agentId"] = story.agent;
  if (step > 0) args["taskId"] = story.id;
  if (step == 0) {
    args["title"] = story.title;
    args["description"] = "described";
    args["assignedTo"] = story.agent;
  } else if (step == 1) {
    args["etaSeconds"] = 900;
  } else if (step == story.steps() - 1) {
    args["result"] = story.result();
  } else {
    args["status"] = "in_progress";
    args["note"] = story.note(step - 1);
  }
  return base::json::canonical(args);
}

enum class Answer {
  kDone,      // acknowledged
  kReplayed,  // acknowledged: it had been done before
  kUnknown,   // no answer, or one that says that it may be asked again
  kRefused,
};

struct Told {
  Answer answer = Answer::kUnknown;
  bool again = false;  // this step was asked for before
  std::string why;
};

// Asks for the next step of a story.
inline Told take_step(const Gateway& gateway, HttpClient& client, TaskStory& story) {
  const int step = story.acknowledged;
  const std::string tool = tool_of(story, step);
  Told told;
  told.why = tool + " of " + story.title + ": ";
  told.again = story.asked > step;
  story.asked = step + 1;
  const auto reply = gateway.try_invoke(client, tool, arguments_of(story, step));
  if (!reply) {
    told.why += "no answer";
    return told;
  }
  if (reply->status != 200) {
    const bool again = reply->status == 429 || reply->status == 503 || reply->status == 504;
    told.answer = again ? Answer::kUnknown : Answer::kRefused;
    told.why +=
        std::to_string(reply->status) + " " + reply->error_code + ": " + reply->error_message;
    return told;
  }
  if (base::json::find(reply->details, "error") != nullptr) {
    told.answer = Answer::kRefused;
    told.why += base::json::canonical(reply->details);
    return told;
  }
  if (step == 0) story.id = text_at(reply->details, "taskId");
  ++story.acknowledged;
  const bool replayed = base::json::find(reply->details, "idempotent") != nullptr;
  told.answer = replayed ? Answer::kReplayed : Answer::kDone;
  return told;
}

// Every task of the store, by id.
inline std::map<std::string, base::json::value> dump_tasks(const Gateway& gateway) {
  std::map<std::string, base::json::value> tasks;
  std::string cursor;
  do {
    base::json::object args{{"from_agent", "architect"}, {"limit", 100}};
    if (!cursor.empty()) args["cursor"] = cursor;
    const auto reply = gateway.invoke("ansible_dump_tasks", base::json::canonical(args));
    const auto* items = base::json::find(reply.details, "items");
    REQUIRE_MESSAGE(items != nullptr, reply.status << " " << reply.error_code << ": "
                                                   << reply.error_message << " "
                                                   << base::json::canonical(reply.details));
    for (const auto& item : items->as_array()) tasks[text_at(item, "id")] = item.at("value");
    cursor = text_at(reply.details, "nextCursor");
  } while (!cursor.empty());
  return tasks;
}

// What the timeline has to be: each step once, in order. "kind/status/note".
inline std::vector<std::string> expected_timeline(const TaskStory& story) {
  std::vector<std::string> lines;
  for (int step = 0; step < story.acknowledged; ++step) {
    if (step == 0) {
      lines.emplace_back("created/pending/");
    } else if (step == 1) {
      lines.emplace_back("ack_accepted/claimed/");
      lines.emplace_back("claimed/claimed/");
    } else if (step == story.steps() - 1) {
      lines.emplace_back("completed/completed/");
    } else {
      lines.push_back("status_update/in_progress/" + story.note(step - 1));
    }
  }
  return lines;
}

inline std::vector<std::string> timeline_of(const base::json::value& reply) {
  std::vector<std::string> lines;
  for (const auto& event : reply.at("timeline").as_array()) {
    lines.push_back(text_at(event, "kind") + "/" + text_at(event, "status") + "/" +
                    text_at(event, "note"));
  }
  return lines;
}

inline std::string status_after(const TaskStory& story) {
  if (story.done()) return "completed";
  constexpr const char* kStatuses[] = {"", "pending", "claimed", "in_progress"};
  return kStatuses[std::min(story.acknowledged, 3)];
}

// Document, log and number of updates of one task agree with what its client was told.
inline void audit_task(const Gateway& gateway, HttpClient& client, const TaskStory& story,
                       const base::json::value& document, Complaints& complaints) {
  const std::string args = base::json::canonical(base::json::object{{"taskId", story.id}});
  const auto reply = gateway.try_invoke(client, "ansible_task_timeline", args);
  if (!reply || base::json::find(reply->details, "timeline") == nullptr) {
    return complaints.add(story.title + ": its timeline cannot be read");
  }
  const auto lines = timeline_of(reply->details);
  if (lines != expected_timeline(story)) {
    std::string text = story.title + ": its timeline differs from what was acknowledged:";
    for (const std::string& line : lines) text += " " + line;
    complaints.add(text);
  }
  if (number_at(reply->details.at("metrics"), "updateCount") != story.acknowledged - 1) {
    complaints.add(story.title + ": another number of updates than was acknowledged");
  }
  // The claim, the updates and the completion; newest first.
  const auto* updates = base::json::find(document, "updates");
  const std::size_t kept = updates == nullptr ? 0 : updates->as_array().size();
  const bool same = text_at(document, "title") == story.title &&
                    text_at(document, "status") == status_after(story) &&
                    text_at(reply->details.at("task"), "status") == status_after(story) &&
                    text_at(document, "result") == (story.done() ? story.result() : "") &&
                    kept == static_cast<std::size_t>(story.acknowledged - 1);
  if (!same) complaints.add(story.title + ": torn: " + base::json::canonical(document));
}

// Every acknowledged step is there once, nothing else is, and the counters agree with the documents.
inline void audit(const Gateway& gateway, const std::vector<TaskStory>& stories) {
  Complaints complaints;
  const auto documents = dump_tasks(gateway);
  HttpClient client = gateway.client();
  std::map<std::string, std::int64_t> by_status;
  for (const auto& [id, document] : documents) ++by_status[text_at(document, "status")];
  for (const TaskStory& story : stories) {
    const auto document = documents.find(story.id);
    if (document == documents.end()) {
      complaints.add(story.title + " is lost");
    } else {
      audit_task(gateway, client, story, document->second, complaints);
    }
  }
  const auto delegated = std::count_if(documents.begin(), documents.end(), [](const auto& task) {
    return !text_at(task.second, "title").starts_with("Install skill ");  // of a capability
  });
  CHECK_MESSAGE(static_cast<std::size_t>(delegated) == stories.size(),
                "a task too many is a delegation done twice");
  const auto counters = gateway.invoke("ansible_status").details.at("tasksByStatus").as_object();
  std::map<std::string, std::int64_t> counted;
  for (const auto& counter : counters) {
    if (counter.value().as_int64() != 0) counted[counter.key()] = counter.value().as_int64();
  }
  CHECK(counted == by_status);
  const auto [status, check] = gateway.host("storage/check");
  CHECK(status == 200);
  CHECK_MESSAGE(check.at("result").at("ok").as_bool(), base::json::canonical(check));
  CHECK_MESSAGE(complaints.count() == 0, complaints.text());
}

}  // namespace test
