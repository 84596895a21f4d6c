// The form of a journal's file: a line that names it, then frames, each with its size and checksum:
//
//     header, rows..., begin, step..., end
//
// The rows are the snapshot. `end` says why the file ends; a file whose gateway died has none, and perhaps a torn frame
// instead. Numbers are in the machine's own order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "canary/wire.hpp"
#include "execution/transition.hpp"
#include "gateway/engine.hpp"

namespace gateway::journal {

inline constexpr std::string_view kMagic = "gateway-journal 1\n";

enum class Frame : std::uint8_t { kHeader = 1, kRows, kBegin, kStep, kEnd };

// What a file was recorded under. The configuration may hold secrets, as the rows and the steps do.
struct Header {
  std::string plugin;  // the slot
  std::string node_id;
  std::string config_json;        // as passed to create
  std::int64_t at_ms = 0;         // Unix milliseconds
  std::uint64_t sequence = 0;     // the newest commit that the snapshot contains
  std::uint32_t data_format = 0;  // of what is stored; 0: nothing was yet
};

// One step of a call as the plugin was given it, and how it ended.
struct RecordedStep {
  wire::Question question;
  gw_status status = GW_INTERNAL;
};

// A frame around `payload`: as it stands in the file.
std::string framed(std::string_view payload);
inline constexpr std::size_t kFrameHead =
    2 * sizeof(std::uint32_t);  // size and CRC-32C of the payload
inline constexpr std::size_t kMaxFrame = 32u << 20;

// Payloads. Each begins with its Frame.
std::string header_payload(const Header& header);
std::string rows_payload(const std::vector<Write>& rows);
std::string begin_payload();
std::string step_payload(const StepInput& input, const StepResult& result);
std::string end_payload(std::string_view reason);

// The kind of a payload, and what follows it. False: it is something else, or does not read to its end.
Frame frame_of(std::string_view payload);
bool read_header(std::string_view payload, Header& header);
bool read_rows(std::string_view payload, std::vector<Write>& rows);  // appends
bool read_step(std::string_view payload, RecordedStep& step);
bool read_end(std::string_view payload, std::string& reason);

}  // namespace gateway::journal
