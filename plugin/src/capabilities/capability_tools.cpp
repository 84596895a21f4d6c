#include <array>

#include "capabilities/publish.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::array<std::string_view, 4> kStatuses = {"canary", "active", "deprecated",
                                                       "disabled"};

constexpr Param kFrom = acting_agent("from_agent");
constexpr Param kCapabilityId = {.name = "capability_id",
                                 .type = kString,
                                 .description = "The capability",
                                 .required = true,
                                 .max_length = 160};

constexpr Param kPublish[] = {
    {.name = "manifest",
     .type = kObject,
     .description = "The whole manifest, version 1.0.0; instead of the flat arguments"},
    {.name = "capability_id", .type = kString, .description = "cap.<name>, of a-z 0-9 . _ -"},
    {.name = "version", .type = kString, .description = "Like 1.2.0 or 1.2.0-rc.1"},
    {.name = "owner_agent_id",
     .type = kString,
     .description = "The internal agent that executes it"},
    {.name = "delegation_skill_ref",
     .type = kObject,
     .description = "{name, version}: what those who delegate need"},
    {.name = "executor_skill_ref",
     .type = kObject,
     .description = "{name, version}: what the owner executes it with"},
    {.name = "contract_schema_ref",
     .type = kString,
     .description = "Schema of its input and output"},
    {.name = "default_eta_seconds",
     .type = kInteger,
     .description = "How long it usually takes (900)",
     .min = 30,
     .max = 86'400},
    {.name = "name", .type = kString, .description = "Shown name; none: the id", .max_length = 200},
    {.name = "status",
     .type = kString,
     .description = "active (routed to), deprecated or disabled (recorded only)"},
    {.name = "approval_artifact_id",
     .type = kString,
     .description = "What documents the approval; needed for riskClass high",
     .max_length = 300},
    {.name = "approved_by_agent",
     .type = kString,
     .description = "Who approved: the publisher or the gateway admin; none: who calls",
     .max_length = 100},
    {.name = "approval_note",
     .type = kString,
     .description = "Why it was approved",
     .max_length = 5'000},
    kFrom,
    kAgentToken,
};

constexpr Param kRollback[] = {
    kCapabilityId,
    {.name = "version",
     .type = kString,
     .description = "The version to go back to",
     .required = true,
     .max_length = 120},
    kFrom,
    kAgentToken,
};

constexpr Param kUnpublish[] = {kCapabilityId, kFrom, kAgentToken};

constexpr Param kEvidence[] = {
    kCapabilityId,
    {.name = "version",
     .type = kString,
     .description = "A version; none: the active one, else the latest",
     .max_length = 120},
    kFrom,
    kAgentToken,
};

constexpr Param kList[] = {
    {.name = "status",
     .type = kString,
     .description = "Only versions of this status, superseded ones too; none: what is current",
     .one_of = kStatuses},
    kFrom,
    kAgentToken,
};

constexpr Tool kTools[] = {
    {.name = "ansible_capability_publish",
     .description = "Publish a version of a capability through the gates G0 to G9",
     .params = kPublish,
     .handler = capability_publish},
    {.name = "ansible_capability_rollback",
     .description = "Make an earlier version of a capability the active one again",
     .params = kRollback,
     .handler = capability_rollback},
    {.name = "ansible_capability_unpublish",
     .description = "Withdraw a capability through the gates U0 to U4",
     .params = kUnpublish,
     .handler = capability_unpublish},
    {.name = "ansible_capability_lifecycle_evidence",
     .description = "Show what a version of a capability is: records, fingerprint, last pipeline",
     .params = kEvidence,
     .handler = capability_lifecycle_evidence,
     .read_only = true},
    {.name = "ansible_list_capabilities",
     .description = "List the published capabilities",
     .params = kList,
     .handler = list_capabilities,
     .read_only = true},
};

}  // namespace

std::span<const Tool> capability_tools() { return kTools; }

}  // namespace ansible
