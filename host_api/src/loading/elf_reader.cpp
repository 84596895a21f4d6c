#include "loading/elf_reader.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "loading/text.hpp"

namespace gateway {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
#else
#error "name this machine's e_machine here"
#endif

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "aarch64";
    case EM_386:
      return "x86 (32-bit)";
    case EM_ARM:
      return "arm (32-bit)";
    case EM_RISCV:
      return "risc-v";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    default:
      return fmt::format("machine {}", machine);
  }
}

bool inside(std::uint64_t size, std::uint64_t offset, std::uint64_t length) {
  return offset <= size && length <= size - offset;
}

class ElfReader {
 public:
  ElfReader(std::string_view file, const std::string& name) : file_(file), name_(name) {}

  Result<ElfFacts> run() {
    for (const auto step :
         {&ElfReader::read_header, &ElfReader::read_segments, &ElfReader::read_dynamic}) {
      if (auto done = (this->*step)(); !done.ok()) return done.error();
    }
    ElfFacts facts;
    if (auto done = read_needed(facts.needed); !done.ok()) return done.error();
    if (auto done = read_exports(facts.exports); !done.ok()) return done.error();
    return facts;
  }

 private:
  // The T at `offset`, if it lies inside the file. Copied: a hostile offset need not be aligned.
  template <class T>
  std::optional<T> at(std::uint64_t offset) const {
    if (!inside(file_.size(), offset, sizeof(T))) return std::nullopt;
    T out;
    std::memcpy(&out, file_.data() + offset, sizeof(T));
    return out;
  }

  Error truncated(std::string_view what, std::uint64_t needs) const {
    return {"truncated_library",
            fmt::format("{} is truncated: {}\n  expected at least {} bytes, got {}\n"
                        "  copy it again, and let the copy finish",
                        name_, what, needs, file_.size())};
  }

  Error bad(std::string_view what) const {
    return {"bad_library",
            fmt::format("{} is damaged: {}\n  build it again, or copy it again", name_, what)};
  }

  Error not_a_library(std::string_view got) const {
    return {"not_a_library", fmt::format("{} is not a shared library\n  expected an ELF shared "
                                         "library (.so), got {}",
                                         name_, got)};
  }

  Result<void> read_header() {
    if (file_.empty()) {
      return Error{"empty_file", fmt::format("{} is empty (0 bytes)\n  expected an ELF shared "
                                             "library (.so); copy it again",
                                             name_)};
    }
    if (file_.substr(0, SELFMAG) != std::string_view(ELFMAG, SELFMAG)) {
      return not_a_library(
          fmt::format("a file that begins with \"{}\"", printable(file_.substr(0, 16), 16)));
    }
    const auto header = at<Elf64_Ehdr>(0);
    if (!header) return truncated("its header is cut off", sizeof(Elf64_Ehdr));
    header_ = *header;
    const bool right_class =
        header_.e_ident[EI_CLASS] == ELFCLASS64 && header_.e_ident[EI_DATA] == ELFDATA2LSB;
    if (!right_class || header_.e_machine != kMachine) {
      return Error{"wrong_machine",
                   fmt::format("{} is built for another machine\n  expected {}, got {}{}\n"
                               "  build the plugin for this machine",
                               name_, machine_name(kMachine), machine_name(header_.e_machine),
                               right_class ? "" : " (not 64-bit little-endian)")};
    }
    if (header_.e_type != ET_DYN) {
      return not_a_library(header_.e_type == ET_REL ? "an object file (.o): link it with -shared"
                           : header_.e_type == ET_EXEC
                               ? "a program"
                               : fmt::format("ELF type {}", header_.e_type));
    }
    return {};
  }

  Result<void> read_segments() {
    if (header_.e_phentsize != sizeof(Elf64_Phdr) || header_.e_phnum == 0 ||
        header_.e_phnum == PN_XNUM) {
      return bad("its program headers have an unknown form");
    }
    for (std::uint64_t i = 0; i < header_.e_phnum; ++i) {
      const std::uint64_t offset = i * sizeof(Elf64_Phdr);
      const auto segment =
          header_.e_phoff > file_.size() ? std::nullopt : at<Elf64_Phdr>(header_.e_phoff + offset);
      if (!segment) return truncated("its program headers are cut off", end_of_headers());
      if (!inside(file_.size(), segment->p_offset, segment->p_filesz)) {
        return truncated(fmt::format("segment {} lies beyond its end", i),
                         saturated_end(segment->p_offset, segment->p_filesz));
      }
      if (segment->p_type == PT_LOAD && segment->p_filesz > segment->p_memsz) {
        return bad(fmt::format("segment {} is larger in the file than in memory", i));
      }
      segments_.push_back(*segment);
    }
    return check_sections();
  }

  // Section headers are not needed to run; but they end the file, so a cut shows here first.
  Result<void> check_sections() const {
    if (header_.e_shoff == 0) return {};
    const std::uint64_t size = std::uint64_t{header_.e_shnum} * header_.e_shentsize;
    if (inside(file_.size(), header_.e_shoff, size)) return {};
    return truncated("its section headers are cut off", saturated_end(header_.e_shoff, size));
  }

  std::uint64_t end_of_headers() const {
    return saturated_end(header_.e_phoff, std::uint64_t{header_.e_phnum} * sizeof(Elf64_Phdr));
  }

  static std::uint64_t saturated_end(std::uint64_t offset, std::uint64_t size) {
    return offset > UINT64_MAX - size ? UINT64_MAX : offset + size;
  }

  Result<void> read_dynamic() {
    const auto dynamic = std::find_if(segments_.begin(), segments_.end(),
                                      [](const auto& s) { return s.p_type == PT_DYNAMIC; });
    if (dynamic == segments_.end()) return not_a_library("an ELF file without dynamic section");
    for (std::uint64_t at_byte = 0; at_byte + sizeof(Elf64_Dyn) <= dynamic->p_filesz;
         at_byte += sizeof(Elf64_Dyn)) {
      const auto entry = at<Elf64_Dyn>(dynamic->p_offset + at_byte);
      if (!entry || entry->d_tag == DT_NULL) break;
      dynamic_.push_back(*entry);
    }
    if ((tag(DT_FLAGS_1).value_or(0) & DF_1_PIE) != 0) return not_a_library("a program");
    const auto strings = file_offset(tag(DT_STRTAB));
    const auto size = tag(DT_STRSZ);
    if (!strings || !size || !inside(file_.size(), *strings, *size)) {
      return bad("its string table lies outside the file");
    }
    strings_ = file_.substr(*strings, *size);
    return {};
  }

  // Of two entries the dynamic linker takes the later one.
  std::optional<std::uint64_t> tag(std::int64_t wanted) const {
    const auto entry = std::find_if(dynamic_.rbegin(), dynamic_.rend(),
                                    [&](const Elf64_Dyn& d) { return d.d_tag == wanted; });
    if (entry == dynamic_.rend()) return std::nullopt;
    return entry->d_un.d_val;
  }

  // Where the byte at address `address` lies in the file.
  std::optional<std::uint64_t> file_offset(std::optional<std::uint64_t> address) const {
    if (!address) return std::nullopt;
    for (const Elf64_Phdr& s : segments_) {
      if (s.p_type != PT_LOAD || *address < s.p_vaddr) continue;
      const std::uint64_t into = *address - s.p_vaddr;
      if (into < s.p_filesz) return s.p_offset + into;
    }
    return std::nullopt;
  }

  std::optional<std::string> string_at(std::uint64_t offset) const {
    if (offset >= strings_.size()) return std::nullopt;
    const std::size_t end = strings_.find('\0', offset);
    if (end == std::string_view::npos) return std::nullopt;
    return std::string(strings_.substr(offset, end - offset));
  }

  Result<void> read_needed(std::vector<std::string>& out) const {
    for (const Elf64_Dyn& entry : dynamic_) {
      const bool loads =
          entry.d_tag == DT_NEEDED || entry.d_tag == DT_FILTER || entry.d_tag == DT_AUXILIARY;
      if (!loads) continue;
      auto needed = string_at(entry.d_un.d_val);
      if (!needed) return bad("the name of a needed library lies outside its string table");
      out.push_back(std::move(*needed));
    }
    return {};
  }

  Result<void> read_exports(std::vector<std::string>& out) const {
    const auto symbols = file_offset(tag(DT_SYMTAB));
    const auto count = symbol_count();
    const bool sized = tag(DT_SYMENT).value_or(sizeof(Elf64_Sym)) == sizeof(Elf64_Sym);
    if (!symbols || !count || !sized ||
        !inside(file_.size(), *symbols, *count * sizeof(Elf64_Sym))) {
      return bad("its symbol table lies outside the file");
    }
    for (std::uint64_t i = 1; i < *count; ++i) {
      const Elf64_Sym symbol = *at<Elf64_Sym>(*symbols + i * sizeof(Elf64_Sym));
      if (!is_export(symbol)) continue;
      auto name = string_at(symbol.st_name);
      if (!name) return bad("the name of a symbol lies outside its string table");
      out.push_back(std::move(*name));
    }
    return {};
  }

  static bool is_export(const Elf64_Sym& symbol) {
    const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    return symbol.st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol.st_info) != STB_LOCAL &&
           (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
  }

  // The dynamic section does not say how many symbols there are; the hash tables do. The dynamic
  // linker finds symbols through them alone, so what they do not reach is not exported.
  std::optional<std::uint64_t> symbol_count() const {
    const auto gnu = gnu_hash_count();
    const auto old = old_hash_count();
    if (!gnu && !old) return std::nullopt;
    const std::uint64_t count = std::max(gnu.value_or(0), old.value_or(0));
    if (count > file_.size() / sizeof(Elf64_Sym)) return std::nullopt;
    return count;
  }

  std::optional<std::uint64_t> old_hash_count() const {
    const auto table = file_offset(tag(DT_HASH));
    if (!table) return std::nullopt;
    return at<std::uint32_t>(*table + sizeof(std::uint32_t));  // nchain
  }

  std::optional<std::uint64_t> gnu_hash_count() const {
    const auto table = file_offset(tag(DT_GNU_HASH));
    if (!table) return std::nullopt;
    struct Head {
      std::uint32_t buckets, first_symbol, bloom_words, bloom_shift;
    };
    const auto head = at<Head>(*table);
    if (!head) return std::nullopt;
    const std::uint64_t buckets =
        *table + sizeof(Head) + std::uint64_t{head->bloom_words} * sizeof(std::uint64_t);
    const std::uint64_t buckets_size = std::uint64_t{head->buckets} * sizeof(std::uint32_t);
    if (!inside(file_.size(), buckets, buckets_size)) return std::nullopt;
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < head->buckets; ++i) {
      last = std::max<std::uint64_t>(last, *at<std::uint32_t>(buckets + i * sizeof(std::uint32_t)));
    }
    if (last < head->first_symbol) return head->first_symbol;  // no symbol is hashed
    const std::uint64_t chains = buckets + buckets_size;
    for (;; ++last) {  // the chain's last symbol has its lowest bit set
      const auto link =
          at<std::uint32_t>(chains + (last - head->first_symbol) * sizeof(std::uint32_t));
      if (!link) return std::nullopt;
      if ((*link & 1) != 0) return last + 1;
    }
  }

  const std::string_view file_;
  const std::string& name_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Dyn> dynamic_;
  std::string_view strings_;
};

}  // namespace

Result<ElfFacts> read_elf(std::string_view file, const std::string& name) {
  return ElfReader(file, name).run();
}

}  // namespace gateway
