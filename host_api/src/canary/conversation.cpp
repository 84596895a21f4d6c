#include "canary/conversation.hpp"

#include "loading/library.hpp"
#include "loading/proof_report.hpp"

namespace gateway {
namespace {

using wire::Kind;

ReceivedInstance refuse(ProverConversation& gateway, const Error& error) {
  gateway.tell(wire::Writer(Kind::kRefused).text(error.code).text(error.message).bytes());
  return {nullptr, kExitRefused};
}

}  // namespace

ReceivedInstance receive_candidate(ProverConversation& gateway, const std::string& library) {
  if (!gateway.listen()) return {nullptr, kExitTrouble};
  wire::Reader setup = gateway.reader();
  const bool understood = setup.kind() == Kind::kSetup;
  const std::string config = setup.text();
  if (!understood || !setup.done()) return {nullptr, kExitTrouble};

  auto loaded = Library::open(library, [](const Library::Closed&) {});
  if (!loaded) return refuse(gateway, loaded.error());
  const gw_plugin* table = (*loaded)->table();
  auto instance = Instance::create(table, {}, config, std::move(*loaded));
  if (!instance) return refuse(gateway, instance.error());
  if (!gateway.tell(wire::Writer(Kind::kReady).bytes())) return {nullptr, kExitProved};
  return {std::move(*instance), kExitProved};
}

}  // namespace gateway
