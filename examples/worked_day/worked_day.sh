#!/usr/bin/env bash
# A working day of three agents on one gateway, over HTTP, from a signed capability to its withdrawal.
#
#   examples/worked_day/worked_day.sh [--bin DIR]
#
#   --bin DIR   where openclaw and its neighbours are (default: build/bin of this repository)
#   --help      this text
#
# nora owns the capability `cap.site-release`, paul plans the work and asks for it, vera is the
# gateway's admin and the one who is told when something is late. Everything happens in a directory
# that is removed at the end. Needs curl, jq and openssl.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$here/../../build/bin
while [ $# -gt 0 ]; do
  case $1 in
    --bin) bin=${2:?--bin needs a directory}; shift ;;
    --help | -h) sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "worked_day.sh: unknown option $1; try --help" >&2; exit 2 ;;
  esac
  shift
done
bin=$(cd "$bin" && pwd)
# shellcheck source=gateway.sh
. "$here/gateway.sh"

open_gateway

chapter 'Morning: everybody gets a name and a token'

operator ansible_register_agent '{"agent_id": "nora", "type": "internal"}'
nora=$(member agent_token)
operator ansible_register_agent '{"agent_id": "paul", "type": "internal"}'
paul=$(member agent_token)
operator ansible_issue_agent_token '{"agent_id": "vera"}'
vera=$(member agent_token)

chapter 'nora signs the contract of her capability and publishes it'

as_nora() { call "$nora" "$@"; }
as_paul() { call "$paul" "$@"; }
as_vera() { call "$vera" "$@"; }

signed_manifest 1.0.0 >"$work/manifest.json"
as_nora ansible_capability_publish "$(jq -n --slurpfile m "$work/manifest.json" \
  '{manifest: $m[0], approval_artifact_id: "CHANGE-17", approved_by_agent: "nora"}')"
expect '.provenanceVerification.mode == "signed"'
expect '.capability.status == "active"'
expect 'all(.publishPipeline[]; .status != "failed")'

chapter 'paul asks for a release, naming no one: the capability finds its owner'

as_paul ansible_delegate_task '{
  "title": "Release the site", "description": "Version 7, as agreed on Monday",
  "requires": ["cap.site-release"], "idempotency_key": "release-7"}'
expect '.assignedTo == "nora"'
task=$(member taskId)

chapter 'It is high risk: nora may not begin before somebody else has approved it'

claim=$(jq -n --arg id "$task" '{taskId: $id, etaSeconds: 1800, requested_version: "1.0.0",
  planSummary: "freeze, build, switch, watch", idempotency_key: "claim-7"}')
refused as_nora approval_required ansible_claim_task "$claim"
as_paul ansible_approve_task "$(jq -n --arg id "$task" \
  '{taskId: $id, approval_artifact_id: "CHANGE-18", note: "the board said yes"}')"
as_nora ansible_claim_task "$claim"
expect '.accepted.versionNegotiation.resolvedVersion == "1.0.0"'
expect '.accepted.approvalSatisfied'

chapter 'The network stumbles, nora asks again: the same claim, not a second one'

as_nora ansible_claim_task "$claim"
expect '.idempotent'

chapter 'Work, progress, and the result'

as_nora ansible_update_task "$(jq -n --arg id "$task" \
  '{taskId: $id, status: "in_progress", note: "built, switching now", notify: true}')"
as_nora ansible_complete_task "$(jq -n --arg id "$task" \
  '{taskId: $id, result: "version 7 serves everybody", idempotency_key: "done-7"}')"
as_paul ansible_read_messages '{}'
expect '[.messages[].content] | any(test("version 7 serves everybody"))'

chapter 'After lunch: a small task that nobody picks up in time'

as_paul ansible_delegate_task '{
  "title": "Water the plants", "description": "The ones by the window",
  "assignedTo": "nora", "sla": {"acceptSlaSeconds": 1}}'
late=$(member taskId)
until_late "$late"
operator ansible_sla_sweep '{"record_only": false, "max_messages": 3}'
expect '.breachCount == 1 and .escalationsWritten >= 1'
as_paul ansible_read_messages '{}'
expect '[.messages[].content] | any(test("Water the plants"))'
as_paul ansible_cancel_task "$(jq -n --arg id "$late" '{taskId: $id, reason: "it rained"}')"

chapter 'Evening: the capability is withdrawn, and the day can be read from the log'

refused as_paul not_authorized ansible_capability_unpublish '{"capability_id": "cap.site-release"}'
as_nora ansible_capability_unpublish '{"capability_id": "cap.site-release"}'
expect '.capability.status == "disabled"'
refused as_paul capability_unavailable ansible_delegate_task '{
  "title": "Release again", "description": "Version 8", "requires": ["cap.site-release"]}'
as_vera ansible_task_timeline "$(jq -n --arg id "$task" '{taskId: $id}')"
expect '[.timeline[].kind] == ["created", "approved", "ack_accepted",
  "claimed", "status_update", "completed"]'

chapter 'A good day'
