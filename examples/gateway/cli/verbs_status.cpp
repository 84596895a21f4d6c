// openclaw ansible status, nodes
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/json_text.hpp"
#include "cli/tool_help.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

constexpr std::size_t kShownTasks = 5;
constexpr std::size_t kShownMessages = 3;
constexpr std::size_t kShownAgents = 8;

struct StatusFlags {
  bool full = false;
  int stale_after = 300;
};

// Everything that status shows, in the shape scripts read (reference 11).
struct Overview {
  json::object status;
  json::object coordination;
  json::value lock_sweep;  // null where the plugin does not know it
  json::object agents;
  json::object unread;
};

// The parts come from several tools; the first failure ends it.
Reply collect(Session& session, int stale_after, Overview& out) {
  Reply reply = session.invoke("ansible_status", {{"staleAfterSeconds", stale_after}});
  if (!reply.ok()) return reply;
  out.status = std::move(reply.body);
  reply = session.invoke("ansible_get_coordination", {});
  if (!reply.ok()) return reply;
  out.coordination = std::move(reply.body);
  reply = session.invoke("ansible_list_agents", {});
  if (!reply.ok()) return reply;
  out.agents = std::move(reply.body);
  reply = session.invoke("ansible_read_messages", {{"limit", kShownMessages}});
  if (!reply.ok()) return reply;
  out.unread = std::move(reply.body);
  const Reply locks = session.invoke("ansible_lock_sweep_status", {});
  if (locks.ok()) out.lock_sweep = locks.body;
  return reply;
}

void show_nodes(Printer& print, const json::object& status) {
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : array_in(status, "nodes")) {
    if (!item.is_object()) continue;
    const json::object& node = item.get_object();
    const std::string age = text_of(node, "ageSeconds");
    rows.push_back({"  " + text_of(node, "id"), text_of(node, "status"),
                    bool_of(node, "reachable") ? "reachable" : "not reachable",
                    age.empty() ? "never seen" : "seen " + age + " s ago",
                    text_of(node, "currentFocus")});
  }
  print.table(rows);
}

void show_tasks(Printer& print, const json::object& status) {
  const json::array tasks = array_in(status, "pendingTasks");
  print.line("Pending tasks: " + std::to_string(int_of(status, "pendingTotal")));
  for (std::size_t i = 0; i < std::min(tasks.size(), kShownTasks); ++i) {
    if (!tasks[i].is_object()) continue;
    const json::object& task = tasks[i].get_object();
    print.line("  \u25cb [" + text_of(task, "id") + "] " + text_of(task, "title") + " \u2192 " +
               text_of(task, "assignedTo"));
  }
}

void show_messages(Printer& print, const Overview& all) {
  print.line("Unread messages: " + std::to_string(int_of(all.status, "unreadMessages")));
  for (const json::value& item : array_in(all.unread, "messages")) {
    if (!item.is_object()) continue;
    const json::object& m = item.get_object();
    print.line("  * " + text_of(m, "from") + ": " + text_of(m, "content").substr(0, 200));
  }
}

void show_agents(Printer& print, const Overview& all) {
  const json::array agents = array_in(all.agents, "agents");
  print.line("Agents: " + std::to_string(agents.size()));
  for (std::size_t i = 0; i < std::min(agents.size(), kShownAgents); ++i) {
    if (!agents[i].is_object()) continue;
    const json::object& agent = agents[i].get_object();
    print.line("  " + text_of(agent, "id") + " (" + text_of(agent, "type") + ", " +
               text_of(agent, "gateway", "-") + ")");
  }
}

void show_lock_sweep(Printer& print, const json::object& locks) {
  const json::object config = object_in(locks, "config");
  print.line(std::string("Lock sweep: ") + (bool_of(locks, "enabled") ? "on" : "off") + ", every " +
             text_of(config, "everySeconds") + " s, stale after " +
             text_of(config, "staleSeconds") + " s");
  const auto counts = [](const json::object& of) {
    return "found=" + text_of(of, "found") + " removed=" + text_of(of, "removed") +
           " kept=" + text_of(of, "kept") + " errors=" + text_of(of, "errors");
  };
  const json::object last = object_in(locks, "lastStatus");
  if (!last.empty()) {
    print.field("last run", local_time(int_of(last, "at")) + ", " + counts(last));
    print.field("where", text_of(last, "rootDir"));
  }
  const json::object totals = object_in(locks, "totals");
  print.field("since start", "runs=" + text_of(totals, "runs") + ' ' + counts(totals));
}

void show(Printer& print, const Overview& all, bool full) {
  const json::object plugin = object_in(all.status, "plugin");
  print.heading("Ansible on " + text_of(all.status, "myId"));
  print.field("plugin", text_of(plugin, "version") + " (build " + text_of(plugin, "buildId") + ")");
  print.field("coordinator", text_of(all.coordination, "coordinator", "none nominated"));
  print.field("admin", text_of(all.coordination, "effectiveAdminAgentId"));
  const json::object bounds = object_in(all.coordination, "backpressure");
  print.field("backpressure", "maxConcurrent=" + text_of(bounds, "maxConcurrent") +
                                  " maxQueueDepth=" + text_of(bounds, "maxQueueDepth") +
                                  " retryBudget=" + text_of(bounds, "retryBudget"));
  const auto duration = [&](std::string_view name, std::int64_t unit, const char* word) {
    return std::to_string(int_of(all.coordination, name) / unit) + ' ' + word;
  };
  print.field("retention",
              "closed tasks " + duration("retentionClosedTaskSeconds", 86'400, "days") +
                  ", pruned every " + duration("retentionPruneEverySeconds", 3'600, "hours"));
  print.field("delegation policy", text_of(all.coordination, "delegationPolicyVersion"));
  print.line("Nodes:");
  show_nodes(print, all.status);
  print.line("SLA policy:");
  show_sla_policy(print, object_in(all.status, "sla"));
  show_tasks(print, all.status);
  show_messages(print, all);
  if (!full) return;
  show_agents(print, all);
  if (all.lock_sweep.is_object()) show_lock_sweep(print, all.lock_sweep.get_object());
}

int run_status(Session& session, Printer& print, const StatusFlags& flags) {
  Overview all;
  const Reply reply = collect(session, flags.stale_after, all);
  if (!reply.ok()) return print.fail(reply);
  if (print.json()) {
    print.document(json::object{{"status", all.status},
                                {"coordination", all.coordination},
                                {"lockSweep", all.lock_sweep},
                                {"agents", all.agents},
                                {"unreadPreview", all.unread}});
  } else {
    show(print, all, flags.full);
  }
  return kExitOk;
}

int run_nodes(Session& session, Printer& print) {
  const Reply reply = session.invoke("ansible_status", {});
  if (!reply.ok()) return print.fail(reply);
  if (print.json()) {
    print.document(json::object{{"nodes", array_in(reply.body, "nodes")}});
    return kExitOk;
  }
  print.heading("Nodes");
  show_nodes(print, reply.body);
  return kExitOk;
}

}  // namespace

void add_status_verbs(CLI::App& root, CommandLine& line) {
  CLI::App& status = subcommand(root, "ansible status", tool_help("ansible_status"));
  auto flags = std::make_shared<StatusFlags>();
  status.add_flag("--full", flags->full, "Also agents and the lock sweep");
  status.add_option("--stale-after", flags->stale_after,
                    arg_help("ansible_status", "staleAfterSeconds"));
  add_output_flags(status, line);
  status.callback([&line, flags] {
    line.action = [flags](Session& s, Printer& p) { return run_status(s, p, *flags); };
  });

  CLI::App& nodes = subcommand(root, "ansible nodes", "Nodes and when they were last seen");
  add_output_flags(nodes, line);
  nodes.callback([&line] { line.action = run_nodes; });
}

}  // namespace gateway_app
