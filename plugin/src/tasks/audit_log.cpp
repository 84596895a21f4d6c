#include "tasks/audit_log.hpp"

#include <algorithm>
#include <utility>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

AuditRecord audit_from_json(const json::object& from) {
  return {.at = int_field(from, "at").value_or(0),
          .kind = text_field(from, "kind").value_or(""),
          .by_agent = text_field(from, "byAgentId"),
          .by_node = text_field(from, "byNodeId"),
          .status = text_field(from, "status"),
          .note = text_field(from, "note"),
          .metadata = object_field(from, "metadata")};
}

}  // namespace

json::object to_json(const AuditRecord& record) {
  json::object out{{"at", record.at}, {"kind", record.kind}};
  set_field(out, "byAgentId", record.by_agent);
  set_field(out, "byNodeId", record.by_node);
  set_field(out, "status", record.status);
  set_field(out, "note", record.note);
  if (!record.metadata.empty()) out["metadata"] = record.metadata;
  return out;
}

json::object shown_audit(const AuditRecord& record, const std::string& task_id, std::uint64_t seq) {
  json::object out = to_json(record);
  out["taskId"] = task_id;
  out["seq"] = seq;
  out["time"] = iso_time(record.at);
  return out;
}

void append_audit(Context& context, Task& task, AuditRecord record) {
  record.at = context.now_ms;
  const std::uint64_t seq = task.audit_seq++;
  write_audit(context.txn, task.id, seq, record);
}

void write_audit(Transaction& txn, std::string_view task_id, std::uint64_t seq,
                 const AuditRecord& record) {
  txn.put(key::audit(task_id, seq), json::canonical(to_json(record)));
  txn.put(key::audit_time(record.at, task_id, seq), record.by_agent.value_or(""));
}

std::uint64_t next_audit_number(Transaction& txn, std::string_view task_id) {
  const std::string first = key::audit(task_id, 0);
  const std::string prefix = first.substr(0, first.rfind('/') + 1);
  const Rows last = collect(txn, prefix, prefix_end(prefix), {.reverse = true, .limit = 1});
  return last.empty() ? 0 : std::stoull(key::last_part(last.front().first)) + 1;
}

std::optional<AuditRecord> load_audit(Transaction& txn, std::string_view audit_key) {
  const auto stored = txn.get(audit_key);
  if (!stored) return std::nullopt;
  return audit_from_json(parse_document(audit_key, *stored));
}

std::vector<AuditRecord> audit_of(Transaction& txn, std::string_view task_id, std::size_t limit) {
  const std::string first = key::audit(task_id, 0);
  const std::string prefix = first.substr(0, first.rfind('/') + 1);
  std::vector<AuditRecord> records;
  txn.scan(prefix, prefix_end(prefix), {.reverse = true, .limit = limit},
           [&](std::string_view at, std::string_view value) {
             records.push_back(audit_from_json(parse_document(at, value)));
             return true;
           });
  std::reverse(records.begin(), records.end());
  return records;
}

}  // namespace ansible
