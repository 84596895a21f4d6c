#include "plugin/support/outbox.hpp"

#include <functional>

#include "plugin/support/tasks.hpp"

namespace ansible_test {
namespace {

// As the host: one transaction of its own.
void as_host(World& world, const std::function<void(ansible::Context&)>& act) {
  MapTransaction txn(world.store, static_cast<std::uint64_t>(world.now_ms), 0);
  ansible::Context context{.txn = txn, .config = world.config, .now_ms = world.now_ms};
  context.node.id = world.node_id;
  context.caller = ansible::CallerKind::kHost;
  act(context);
  txn.commit();
}

json::object next(World& world, const std::string& cursor) {
  json::object reply;
  as_host(world,
          [&](ansible::Context& context) { reply = ansible::next_deliveries(context, cursor); });
  return reply;
}

}  // namespace

std::vector<json::object> due(World& world) {
  std::vector<json::object> out;
  std::string cursor;
  do {
    const json::object reply = next(world, cursor);
    for (const json::value& delivery : reply.at("deliveries").get_array()) {
      out.push_back(delivery.get_object());
    }
    cursor = text_of(reply, "cursor");
  } while (!cursor.empty());
  return out;
}

std::int64_t next_due_in(World& world) {
  const json::object reply = next(world, "");
  return reply.at("dueMs").is_null() ? -1
                                     : reply.at("dueMs").to_number<std::int64_t>() - world.now_ms;
}

void settle(World& world, std::string_view id, ansible::DeliveryOutcome outcome,
            std::string_view detail) {
  as_host(world, [&](ansible::Context& context) {
    ansible::settle_delivery(context, id, outcome, detail);
  });
}

std::vector<std::string> deliver_all(World& world, std::string_view agent) {
  std::vector<std::string> out;
  for (auto batch = due(world); !batch.empty(); batch = due(world)) {
    for (const json::object& delivery : batch) {
      if (text_of(delivery, "target") == agent) out.push_back(said(delivery));
      settle(world, text_of(delivery, "id"), ansible::DeliveryOutcome::kDelivered);
    }
  }
  return out;
}

std::string webhook(World& world, std::string_view agent) {
  return text_of(world.ok("ansible_set_agent_sink",
                          {{"agent_id", agent}, {"url", "http://127.0.0.1:9999/hook"}}),
                 "secret");
}

const json::object& body_of(const json::object& delivery) {
  return delivery.at("payload").at("body").get_object();
}

std::string said(const json::object& delivery) {
  const json::object& body = body_of(delivery);
  return body.contains("task") ? text_of(body.at("task").get_object(), "title")
                               : text_of(body.at("message").get_object(), "content");
}

}  // namespace ansible_test
