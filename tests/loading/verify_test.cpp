#include "loading/verify.hpp"

#include <doctest/doctest.h>
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "files.hpp"
#include "loading/elf_reader.hpp"
#include "support/temp_dir.hpp"
#include "table_plugin.hpp"

using gateway::read_elf;
using gateway::verify_library;
using test::bad_plugin;
using test::contains;

namespace {

// `bytes` with a field of the ELF header replaced.
template <class T>
std::string patched(std::string bytes, std::size_t offset, T value) {
  REQUIRE(offset + sizeof value <= bytes.size());
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  return bytes;
}

}  // namespace

TEST_CASE("A plugin made as plugins are is accepted, in C and in C++") {
  const struct {
    std::string path;
    const char* needs;
  } plugins[] = {{bad_plugin("hook_throws"), "libstdc++.so.6"}, {ECHO_PLUGIN, "libc.so.6"}};
  for (const auto& plugin : plugins) {
    CAPTURE(plugin.path);
    const auto verified = verify_library(plugin.path);
    if (!verified.ok()) FAIL(verified.error().message);
    const auto facts = read_elf(test::read_bytes(plugin.path), plugin.path);
    REQUIRE(facts.ok());
    CHECK(facts->exports == std::vector<std::string>{GW_PLUGIN_ENTRY});
    CHECK(std::count(facts->needed.begin(), facts->needed.end(), plugin.needs) == 1);
  }
}

TEST_CASE("Each file that is no usable library is refused by its own name and reason") {
  const test::TempDir dir;
  const std::string good = test::read_bytes(bad_plugin("good"));
  struct Case {
    const char* name;
    std::string bytes;
    const char* code;
    std::vector<const char*> words;
  };
  const Case cases[] = {
      {"empty.so", "", "empty_file", {"empty.so is empty (0 bytes)"}},
      {"text.so",
       "#!/bin/sh\necho hi\n",
       "not_a_library",
       {"text.so is not a shared library", "begins with \"#!/bin/sh"}},
      {"short.so", good.substr(0, 5), "truncated_library", {"header is cut off", "got 5"}},
      {"half.so",
       good.substr(0, good.size() / 2),
       "truncated_library",
       {"half.so is truncated", "expected at least", "copy it again"}},
      {"nearly.so",
       good.substr(0, good.size() - 1),
       "truncated_library",
       {"section headers are cut off"}},
      {"arm.so",
       patched<std::uint16_t>(good, offsetof(Elf64_Ehdr, e_machine), EM_ARM),
       "wrong_machine",
       {"arm.so is built for another machine", "got arm (32-bit)"}},
      {"narrow.so",
       patched<unsigned char>(good, EI_CLASS, ELFCLASS32),
       "wrong_machine",
       {"not 64-bit"}},
      {"object.so",
       patched<std::uint16_t>(good, offsetof(Elf64_Ehdr, e_type), ET_REL),
       "not_a_library",
       {"an object file (.o): link it with -shared"}},
      {"no_segments.so",
       patched<std::uint16_t>(good, offsetof(Elf64_Ehdr, e_phnum), 0),
       "bad_library",
       {"no_segments.so is damaged"}},
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.name));
    const auto verified = verify_library(test::write_bytes(dir / c.name, c.bytes));
    REQUIRE(!verified.ok());
    CAPTURE(verified.error().message);
    CHECK(verified.error().code == c.code);
    for (const char* word : c.words) CHECK(contains(verified.error().message, word));
  }
}

TEST_CASE("A program is no library") {
  const auto verified = verify_library(PROVER);
  REQUIRE(!verified.ok());
  CHECK(verified.error().code == "not_a_library");
  CHECK(contains(verified.error().message, "got a program"));
}

TEST_CASE("Another dependency, another symbol and a missing entry are named") {
  const auto dependency = verify_library(bad_plugin("extra_dependency"));
  REQUIRE(!dependency.ok());
  CHECK(dependency.error().code == "extra_dependency");
  CHECK(contains(dependency.error().message, "extra_dependency.so needs libcrypto.so.3\n"));
  CHECK(contains(dependency.error().message, "a plugin may need only: libc, libm"));

  const auto symbol = verify_library(bad_plugin("extra_symbol"));
  REQUIRE(!symbol.ok());
  CHECK(symbol.error().code == "extra_symbols");
  CHECK(contains(symbol.error().message, "exports more than its entry: also_exported\n"));

  const auto entry = verify_library(bad_plugin("missing_entry"), "my-plugin.so");
  REQUIRE(!entry.ok());
  CHECK(entry.error().code == "no_entry");
  CHECK(contains(entry.error().message, "my-plugin.so lacks the entry gateway_plugin_entry_v1"));
}

TEST_CASE("A file that is not there is an error of its own") {
  CHECK(verify_library(bad_plugin("none")).error().code == "not_found");
}

TEST_CASE("However short a library is cut, it is refused") {
  const std::string good = test::read_bytes(bad_plugin("good"));
  REQUIRE(read_elf(good, "whole").ok());
  for (std::size_t size = 0; size < good.size(); size += size < 1024 ? 1 : 37) {
    const std::string cut = good.substr(0, size);
    if (read_elf(cut, "cut").ok()) FAIL("accepted at " << size << " of " << good.size());
  }
}

// What the sanitizers judge: no field of a hostile file leads outside it.
TEST_CASE("No damaged field makes the reader leave the file") {
  const std::string good = test::read_bytes(bad_plugin("good"));
  // Headers, hash tables, symbols, strings and the dynamic section are at both ends of the loaded
  // part.
  Elf64_Ehdr header;
  std::memcpy(&header, good.data(), sizeof header);
  std::size_t dynamic = 0;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, good.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_DYNAMIC) dynamic = segment.p_offset;
  }
  REQUIRE(dynamic != 0);
  std::size_t tried = 0;
  std::size_t refused = 0;
  const auto spoil = [&](std::size_t from, std::size_t size) {
    for (std::size_t at = from; at < from + size && at < good.size(); ++at) {
      for (const unsigned char value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        std::string bytes = good;
        bytes[at] = static_cast<char>(value);
        ++tried;
        if (!read_elf(bytes, "spoilt").ok()) ++refused;
      }
    }
  };
  spoil(0, 1500);
  spoil(dynamic, 500);
  CHECK(tried > 9000);
  CHECK(refused > 100);
}
