// Agents, their invites, gateway admins and nodes from the command line (reference 8, WHO-8, WHO-10).
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;

namespace {

// The word after `label` in a command's output.
std::string word_after(const std::string& out, const std::string& label) {
  const std::size_t at = out.find(label);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + label.size();
  return out.substr(begin, out.find_first_of(" \n", begin) - begin);
}

mode_t mode_of(const std::string& path) {
  struct stat st {};
  return stat(path.c_str(), &st) == 0 ? st.st_mode & 0777 : 0;
}

}  // namespace

TEST_CASE("WHO-10: an invite and its acceptance, from the command line") {
  const Installation gw;
  gw.start();
  const std::string invite = gw.ok("openclaw ansible agent invite --id outside --ttl-minutes 30");
  const std::string token = word_after(invite, "invite token: ");
  CHECK(token.starts_with("ait_"));
  gw.ok("openclaw ansible agent invites", "outside");
  const std::string accepted = gw.ok("openclaw ansible agent accept --invite-token " + token);
  const std::string agent_token = word_after(accepted, "export OPENCLAW_ANSIBLE_TOKEN=");
  CHECK(agent_token.starts_with("at_"));
  gw.refused("openclaw ansible agent accept --invite-token " + token, 4, "invite_token");
  CHECK(gw.ok("openclaw ansible agent invites").find("outside") == std::string::npos);
  gw.ok("openclaw ansible agent invites --all", "used");
  gw.ok("openclaw ansible messages --token " + agent_token);
  gw.refused("openclaw ansible agent invite --id more --token " + agent_token, 4, "needs an admin");
  gw.ok("openclaw ansible agent invite --id more --as admin");
  gw.ok("openclaw ansible agent list", "Registered Agents");
}

TEST_CASE("WHO-8: a token goes into a file that only its owner reads, and is then not shown") {
  const Installation gw;
  gw.start();
  const std::string invite =
      text_of(gw.document("openclaw ansible agent invite --id outside"), "invite_token");
  const std::string file = gw.file("secrets/outside.token");
  const std::string out = gw.ok("openclaw ansible agent accept --invite-token " + invite +
                                " --write-token-file " + file);
  CHECK(out.find("at_") == std::string::npos);
  CHECK(out.find(file) != std::string::npos);
  CHECK(mode_of(file) == 0600);
  CHECK(mode_of(gw.file("secrets")) == 0700);
  gw.ok("openclaw ansible messages --token $(cat " + file + ")");
  // A place that cannot be written costs no token.
  const std::string before = test::read_file(file);
  gw.refused("openclaw ansible agent token-issue --id outside --write-token-file " +
                 gw.file("openclaw.json/x"),
             1, "cannot write");
  gw.refused("openclaw ansible agent token-issue --id nobody --write-token-file " + file, 1,
             "not registered");
  CHECK(test::read_file(file) == before);
  gw.ok("openclaw ansible messages --token $(cat " + file + ")");
  gw.ok("openclaw ansible agent token-issue --id outside --write-token-file " + file);
  CHECK(test::read_file(file) != before);
  CHECK(gw.shell("ls " + gw.file("secrets")).out == "outside.token\n");
}

TEST_CASE("WHO-10: gateway admins from the command line") {
  const Installation gw;
  gw.start();
  gw.agent("boss");
  gw.ok("openclaw ansible admin list", "No explicit gateway admin");
  gw.ok("openclaw ansible admin seed --dry-run", "candidates=1 seeded=0");
  gw.ok("openclaw ansible admin list", "No explicit gateway admin");
  gw.ok("openclaw ansible admin seed --agent boss", "candidates=1 seeded=1");
  CHECK(gw.ok("openclaw ansible admin list", "Gateway Admins").find("node-e2e \u2192 boss") !=
        std::string::npos);
  gw.refused("openclaw ansible admin set --gateway node-e2e --agent architect --as architect", 4,
             "needs an admin");
  gw.ok("openclaw ansible admin set --gateway node-e2e --agent architect --as admin", "architect");
  gw.refused("openclaw ansible admin set --gateway nowhere --agent boss", 1, "no node");
  CHECK(gw.document("openclaw ansible admin list").at("total") == 1);
}

TEST_CASE("WHO-10: where agents live, and who is disabled, from the command line") {
  const Installation gw;
  gw.start();
  gw.ok("openclaw ansible agent register --id old --type internal --gateway Node_E2E-host");
  gw.ok("openclaw ansible agent normalize --dry-run", "candidates=1 changed=0");
  gw.ok("openclaw ansible agent normalize", "Node_E2E-host \u2192 node-e2e");
  gw.ok("openclaw ansible agent rebind --id old --gateway node-e2e", "already lives");
  gw.refused("openclaw ansible agent rebind --id old --gateway nowhere", 1, "no node");
  gw.ok("openclaw ansible agent disable --id old --reason retired", "disabled");
  gw.refused("openclaw ansible agent invite --id old", 1, "internal");
  gw.ok("openclaw gateway restart", "gateway is up");
  gw.ok("openclaw ansible agent list", "disabled retired");
  gw.ok("openclaw ansible agent enable --id old", "enabled");
}

TEST_CASE("COO-4: nodes are invited, admitted and revoked from the command line") {
  const Installation gw;
  gw.start();
  gw.refused("openclaw ansible bootstrap", 1, "already has nodes");
  const std::string invite = word_after(gw.ok("openclaw ansible invite -t edge"), "token: ");
  CHECK(invite.size() == 32);
  const std::string ticket = word_after(
      gw.ok("openclaw ansible ws-ticket --token " + invite + " --node node-b --ttl-seconds 60"),
      "ticket: ");
  REQUIRE(gw.invoke("ansible_consume_ws_ticket", {{"ticket", ticket}, {"node_id", "node-b"}})
              .contains("success"));
  gw.ok("openclaw ansible nodes", "node-b");
  gw.ok("openclaw ansible revoke -n node-b --reason lost", "revoked");
  CHECK(gw.ok("openclaw ansible nodes").find("node-b") == std::string::npos);
  gw.refused("openclaw ansible revoke --node node-b", 1, "no node");
  gw.refused("openclaw ansible join -t nonsense", 4, "invite");
  const std::string own =
      word_after(gw.ok("openclaw ansible invite -t backbone --node node-e2e"), "token: ");
  gw.ok("openclaw ansible join -t " + own, "joined as backbone");
  gw.refused("openclaw ansible ws-ticket --node node-b", 2, "--help");
}
