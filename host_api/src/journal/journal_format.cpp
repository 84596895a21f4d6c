#include "journal/journal_format.hpp"

#include "store/crc32c.hpp"

namespace gateway::journal {
namespace {

wire::Writer writer(Frame frame) {
  wire::Writer out;
  out.number(frame);
  return out;
}

bool begins(wire::Reader& in, Frame frame) { return in.number<Frame>() == frame && !in.failed(); }

}  // namespace

std::string framed(std::string_view payload) {
  wire::Writer head;
  head.number(static_cast<std::uint32_t>(payload.size())).number(crc32c(payload));
  std::string bytes = head.bytes();
  bytes += payload;
  return bytes;
}

std::string header_payload(const Header& header) {
  wire::Writer out = writer(Frame::kHeader);
  out.text(header.plugin).text(header.node_id).text(header.config_json);
  out.number(header.at_ms).number(header.sequence).number(header.data_format);
  return out.bytes();
}

std::string rows_payload(const std::vector<Write>& rows) {
  wire::Writer out = writer(Frame::kRows);
  wire::write_rows(out, rows);
  return out.bytes();
}

std::string begin_payload() { return writer(Frame::kBegin).bytes(); }

std::string step_payload(const StepInput& input, const StepResult& result) {
  wire::Writer out = writer(Frame::kStep);
  out.number(result.status);
  wire::write_question(out, wire::question_of(input, result));
  return out.bytes();
}

std::string end_payload(std::string_view reason) {
  wire::Writer out = writer(Frame::kEnd);
  out.text(reason);
  return out.bytes();
}

Frame frame_of(std::string_view payload) { return wire::Reader(payload).number<Frame>(); }

bool read_header(std::string_view payload, Header& header) {
  wire::Reader in(payload);
  if (!begins(in, Frame::kHeader)) return false;
  header.plugin = in.text();
  header.node_id = in.text();
  header.config_json = in.text();
  header.at_ms = in.number<std::int64_t>();
  header.sequence = in.number<std::uint64_t>();
  header.data_format = in.number<std::uint32_t>();
  return in.done();
}

bool read_rows(std::string_view payload, std::vector<Write>& rows) {
  wire::Reader in(payload);
  return begins(in, Frame::kRows) && wire::read_rows(in, rows);
}

bool read_step(std::string_view payload, RecordedStep& step) {
  wire::Reader in(payload);
  if (!begins(in, Frame::kStep)) return false;
  step.status = in.number<gw_status>();
  wire::read_question(in, step.question);
  return in.done();
}

bool read_end(std::string_view payload, std::string& reason) {
  wire::Reader in(payload);
  if (!begins(in, Frame::kEnd)) return false;
  reason = in.text();
  return in.done();
}

}  // namespace gateway::journal
